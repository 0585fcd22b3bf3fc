"""What the page of an entity reads from the graph, on a small graph and on the shipped one."""

from __future__ import annotations

import pytest

from biobridge_core.describe import Facts, affinity, evidence_words, frequency
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.kg.graph import KnowledgeGraph


@pytest.fixture(scope="module")
def graph(bundle_folder) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg", verify=False)


@pytest.fixture(scope="module")
def facts(graph) -> Facts:
    return Facts(graph)


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("obligate (100 %)", 1.0),
        ("very frequent (80–99 %)", 0.9),
        ("frequent (30–79 %)", 0.55),
        ("occasional (5–29 %)", 0.17),
        ("very rare (1–4 %)", 0.025),
        ("3/4", 4 / 6),
        ("1/1", 2 / 3),
        ("98/98", 99 / 100),
        ("1/4; 1/4", 3 / 10),
        ("45%", 0.45),
        ("7.5%", 0.075),
        ("2/2; frequent (30–79 %)", 3 / 4),
        ("", None),
        ("0/0", None),
    ],
)
def test_a_frequency_is_a_share_of_patients(value, share):
    assert frequency(value) == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(
    ("value", "strength"),
    [
        ("pIC50 7.3", 7.3),
        ("pKi 7.7 (7–8.2)", 7.7),
        ("pKi <5.0", 5.0),
        ("pKd 6; pIC50 8.1", 8.1),
        ("", None),
        ("1/4", None),
    ],
)
def test_an_affinity_is_a_number(value, strength):
    assert affinity(value) == strength


def test_evidence_codes_are_spelt_out_and_other_evidence_is_left():
    assert evidence_words("IBA|IDA") == "direct assay; ancestor in the family tree"
    assert evidence_words("PCS PMID:1") == "PCS PMID:1"


def test_counts_and_links_agree_with_the_graph(facts, graph):
    row = graph.row("UniProtKB:P35498")
    counts = facts.counts("UniProtKB:P35498")
    assert counts == {m: len(graph.known(row, m)) for m in graph.modalities if graph.known(row, m)}
    for modality, count in counts.items():
        found = facts.links("UniProtKB:P35498", modality, limit=5)
        assert found.total == count
        assert len(found.links) == min(count, 5)
        assert all(link.sources and link.relation.head == "protein" for link in found.links)


def test_links_come_best_supported_first(facts):
    drugs = facts.links("UniProtKB:P00533", "drug").links
    strength = [max((affinity(v) or 0 for v in link.values), default=0) for link in drugs]
    assert strength == sorted(strength, reverse=True)
    signs = facts.links("MONDO:0100135", "phenotype").links
    often = [max((frequency(v) or 0 for v in link.values), default=0) for link in signs]
    assert often == sorted(often, reverse=True)
    assert len(often) > 20


def test_a_wider_term_holds_what_its_kinds_hold(facts):
    own = facts.links("GO:0006915", "protein", limit=10_000)
    all_of = facts.links("GO:0006915", "protein", limit=10_000, narrower=True)
    assert {link.entity.id for link in own.links} < {link.entity.id for link in all_of.links}
    assert all_of.total == len(all_of.links)


def test_the_place_of_a_term_is_a_chain_of_is_a(facts, graph):
    place = facts.position("HP:0001250")
    names = [entity.name for entity in place.path]
    assert (names[0], names[-1]) == ("Phenotypic abnormality", "Seizure")
    edges = {tuple(pair) for pair in graph.edges("phenotype_is_a").tolist()}
    for above, below in zip(place.path, place.path[1:], strict=False):
        assert (graph.row(below.id), graph.row(above.id)) in edges
    assert place.n_children == len(place.children)
    assert all((graph.row(child.id), graph.row("HP:0001250")) in edges for child in place.children)
    assert place.n_below >= place.n_children
    assert place.n_above >= len(place.path) - 1


def test_a_protein_has_no_place(facts):
    assert facts.position("UniProtKB:P35498") is None


def test_a_root_is_its_own_path(facts):
    root = facts.position("HP:0001250").path[0]
    place = facts.position(root.id)
    assert [entity.id for entity in place.path] == [root.id]
    assert place.n_above == 0


def test_two_links_compose_and_name_what_they_share(facts, graph):
    total, found = facts.composed("GtoPdb:4920", "protein", "disease")
    assert total == len(found) > 0
    for each in found:
        for middle in each.via:
            assert graph.row(middle.id) in graph.known_rows(graph.row("GtoPdb:4920"), "protein")
            assert graph.row(each.entity.id) in graph.known_rows(graph.row(middle.id), "disease")
    assert [len(each.via) for each in found] == sorted((len(each.via) for each in found), reverse=True)


def test_similar_molecules_by_pieces(small_graph):
    facts = Facts(small_graph)
    told = []
    erlotinib = small_graph.entity("GtoPdb:4920")
    found = facts.similar_molecules(erlotinib.input, 5, lambda words, done: told.append(done))
    assert told, "the first time takes long and says so"
    assert erlotinib.id not in {entity.id for entity, _ in found}
    values = [value for _, value in found]
    assert values == sorted(values, reverse=True)
    assert all(0 <= value < 1 for value in values)
    changed = facts.similar_molecules(erlotinib.input + "C", 1)
    assert changed[0][0].id == erlotinib.id
    assert changed[0][1] > 0.7
    from rdkit import Chem, DataStructs
    from rdkit.Chem import rdFingerprintGenerator

    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048).GetFingerprint
    one, two = (make(Chem.MolFromSmiles(s)) for s in (erlotinib.input + "C", erlotinib.input))
    assert changed[0][1] == pytest.approx(DataStructs.TanimotoSimilarity(one, two))


def test_what_is_not_there_is_refused(facts):
    for ask in (facts.counts, facts.position):
        with pytest.raises(UnknownEntityError):
            ask("MADE:UP")
    with pytest.raises(InputError):
        facts.similar_molecules("no molecule")
