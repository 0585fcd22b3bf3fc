"""What decides whether the design benchmark is honest: what is hidden, what decoys are, how novelty is counted."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from bridge.conftest import MODALITIES, _entity, _relations

from biobridge_core.chem.properties import properties
from biobridge_core.chem.traits import packed
from biobridge_core.design.background import Background
from biobridge_core.design.moses import Moses
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.types import InputKind

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
#: name -> SMILES; some share a scaffold, two are forms of one
DRUGS = {
    "gefitinib": "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1",
    "erlotinib": "COCCOc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OCCOC",
    "AG-1478": "COc1cc2ncnc(Nc3cccc(Cl)c3)c2cc1OC",
    "lapatinib": "CS(=O)(=O)CCNCc1ccc(-c2ccc3ncnc(Nc4ccc(OCc5cccc(F)c5)c(Cl)c4)c3c2)o1",
    "osimertinib": "COc1cc(N(C)CCN(C)C)c(NC(=O)C=C)cc1Nc1nccc(-c2cn(C)c3ccccc23)n1",
    "S-ibuprofen": "CC(C)Cc1ccc(cc1)[C@H](C)C(=O)O",
    "R-ibuprofen": "CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O",
    "warfarin": "CC(=O)CC(c1ccccc1)c1c(O)c2ccccc2oc1=O",
    "haloperidol": "OC1(CCN(CCCC(=O)c2ccc(F)cc2)CC1)c1ccc(Cl)cc1",
    "sildenafil": "CCCc1nn(C)c2c1nc([nH]c2=O)-c1cc(ccc1OCC)S(=O)(=O)N1CCN(C)CC1",
    "metformin": "CN(C)C(=N)NC(N)=N",
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
}


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        names = ("cases", "world", "judging", "enrichment", "figures", "methods", "run")
        shadowed = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "design"}
        for name in shadowed:  # tests/design has the same name
            del sys.modules[name]
        yield {name: importlib.import_module(f"design.{name}") for name in names}
        for name in [name for name in sys.modules if name.split(".")[0] == "design"]:
            del sys.modules[name]
        sys.modules.update(shadowed)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    """Two proteins; all drugs inhibit the first, half of them the second too."""
    ids = {name: f"drug:{number:02d}" for number, name in enumerate(DRUGS)}
    entities = [_entity(ids[name], "drug", InputKind.SMILES, text) for name, text in DRUGS.items()]
    for row, name in zip(entities, DRUGS, strict=True):
        row["name"] = name
    entities += [
        _entity(f"protein:{n}", "protein", InputKind.SEQUENCE, seed * 30) for n, seed in ((0, "MKTAY"), (1, "GHLWC"))
    ]
    entities += [_entity("process:0", "process", InputKind.TEXT, "a process")]
    triples = [(id_, "drug_inhibits_protein", "protein:0") for id_ in ids.values()]
    triples += [(id_, "drug_blocks_protein", "protein:1") for id_ in list(ids.values())[::2]]
    triples += [("protein:0", "protein_in_process", "process:0"), ("protein:1", "protein_in_process", "process:0")]
    frame = pd.DataFrame(
        [(*t, "toy", "", "") for t in triples], columns=["head", "relation", "tail", "source", "evidence", "value"]
    )
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    return KnowledgeGraph.from_tables(
        pd.DataFrame(entities)[list(ENTITY_COLUMNS)], frame[list(TRIPLE_COLUMNS)], MODALITIES, _relations(), {"toy": source}
    )  # fmt: skip


def hidden_of(parts: dict[str, ModuleType], graph: KnowledgeGraph) -> tuple[object, set[str], set[int]]:
    ligands = parts["cases"].Ligands(graph)
    hidden: set[str] = set()
    parts["cases"].hide(ligands.of[graph.row("protein:0")], ligands.scaffolds, hidden, set(), Random("1"))
    return ligands, hidden, ligands.rows_of(hidden)


def test_scaffolds_are_hidden_whole_and_about_half_of_them(parts: dict[str, ModuleType], graph: KnowledgeGraph) -> None:
    for seed in range(10):
        ligands = parts["cases"].Ligands(graph)
        mine, hidden, parted = ligands.of[graph.row("protein:0")], set[str](), set[str]()
        parts["cases"].hide(mine, ligands.scaffolds, hidden, parted, Random(seed))
        assert 3 <= len(hidden) <= (len(mine) + 1) // 2
        assert not {ligands.scaffolds[b] for b in hidden} & {ligands.scaffolds[b] for b in mine - hidden}
        before = set(hidden)
        second = ligands.of[graph.row("protein:1")]
        parts["cases"].hide(second, ligands.scaffolds, hidden, parted, Random(seed))
        assert hidden == before, "what was left visible for one protein is not hidden for another"


def test_every_form_of_a_hidden_molecule_goes(parts: dict[str, ModuleType], graph: KnowledgeGraph) -> None:
    ligands = parts["cases"].Ligands(graph)
    block = properties(DRUGS["S-ibuprofen"]).inchikey[:14]
    names = {graph.names[row] for row in ligands.rows_of([block])}
    assert names == {"S-ibuprofen", "R-ibuprofen"}


def test_hidden_molecules_are_in_no_part_of_the_world(parts: dict[str, ModuleType], graph: KnowledgeGraph) -> None:
    ligands, hidden, rows = hidden_of(parts, graph)
    gone = {graph.ids[row] for row in rows}
    assert gone
    reduced = parts["world"].without(graph, {}, gone)
    assert not gone & set(reduced.graph.ids), "graph"
    for protein in ("protein:0", "protein:1"):  # evidence of the target, and of every other
        linked = {reduced.graph.ids[row] for row in reduced.graph.known(reduced.graph.row(protein), "drug")}
        assert linked
        assert not linked & gone
    split = shipped(reduced.graph, seed=0, links=0.1, entities=0.1)
    assert split.training.train["drug_inhibits_protein"].max() < reduced.graph.n_entities, (
        "rows are those of the cut graph"
    )
    drugs = reduced.graph.rows("drug")
    background = Background.of(
        [(reduced.graph.ids[r], reduced.graph.names[r], reduced.graph.inputs([r])[0]) for r in drugs],
        lambda _m, _d: None,
    )
    blocks = {properties(known.smiles).inchikey[:14] for known in background.molecules}
    assert not blocks & hidden, "fragments"
    sample = list(DRUGS.values())
    moses = Moses(tuple(sample), np.stack([np.frombuffer(packed(text), dtype=np.uint64) for text in sample]))
    left = parts["world"].visible_moses(moses, {block: ligands.smiles[block] for block in hidden})
    assert {properties(text).inchikey[:14] for text in left.smiles} == {
        properties(text).inchikey[:14] for text in sample
    } - hidden, "MOSES, no more and no less"
    assert len(left.bits) == len(left.smiles)


def test_decoys_bind_something_else_look_alike_on_paper_and_are_unlike(parts: dict[str, ModuleType]) -> None:
    enrichment, cases = parts["enrichment"], parts["cases"]
    smiles = {properties(text).inchikey[:14]: text for text in DRUGS.values()}
    block = {name: properties(text).inchikey[:14] for name, text in DRUGS.items()}
    told = {key: properties(text) for key, text in smiles.items()}
    case = cases.Case("EGFR", "protein:0", "proteins", (block["gefitinib"],), (block["erlotinib"], block["AG-1478"]))
    pool = dict(smiles)
    found = enrichment.decoys(case, pool, {*case.hidden, *case.visible}, told, smiles)[block["gefitinib"]]
    assert not set(found) & {*case.hidden, *case.visible}
    assert block["lapatinib"] not in found
    for other in found:
        for name, width in enrichment.WINDOW.items():
            assert abs(getattr(told[other], name) - getattr(told[block["gefitinib"]], name)) <= width
    twin = "COc1cc2c(cc1OC)c(ncn2)Nc1ccc(Br)cc1"  # alike to the visible ones: no decoy whatever its properties
    key = properties(twin).inchikey[:14]
    loose = cases.Case("EGFR", "protein:0", "proteins", (block["AG-1478"],), (block["erlotinib"], block["gefitinib"]))
    smiles[key], told[key] = twin, properties(twin)
    assert enrichment.matched(told[key], told[block["AG-1478"]]) or True
    assert key not in enrichment.decoys(loose, {key: twin}, set(), told, smiles)[block["AG-1478"]]


def test_auroc_counts_ties_half(parts: dict[str, ModuleType]) -> None:
    assert parts["enrichment"].auroc([3, 2], [1, 0]) == 1.0
    assert parts["enrichment"].auroc([1, 1], [1, 1]) == 0.5
    assert parts["enrichment"].auroc([0, 2], [1]) == 0.5


def test_novelty_counts_forms_of_what_was_seen_and_finding_again_is_new(parts: dict[str, ModuleType]) -> None:
    seen = {properties(DRUGS["S-ibuprofen"]).inchikey[:14], properties(DRUGS["aspirin"]).inchikey[:14]}
    hidden = [DRUGS["gefitinib"]]
    blocks = [properties(hidden[0]).inchikey[:14]]
    candidates = [
        DRUGS["gefitinib"],
        "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
        "CC(=O)Oc1ccccc1C(=O)[O-].[Na+]",
        "c1ccccc1CC(=O)NC",
        "not one",
    ]
    told = parts["judging"].judge(candidates, hidden, seen, blocks, 5)
    assert told["validity"] == 0.8
    assert told["uniqueness"] == 1.0
    assert told["novelty"] == 0.5, "ibuprofen without stereo and the salt of aspirin were seen; the hidden one is new"
    assert told["again"] == 1
    assert told["best"] == pytest.approx(1.0)
    assert told["mean_best"] == pytest.approx(1.0)
    twice = parts["judging"].judge(["CCOc1ccccc1", "c1ccccc1OCC"], hidden, seen, blocks, 200)
    assert twice["uniqueness"] == 0.5
    assert twice["given"] == 0.01
    assert twice["diversity"] == pytest.approx(0.0, abs=1e-6)


def test_the_rival_is_the_best_and_the_interval_is_paired(parts: dict[str, ModuleType]) -> None:
    rows = [
        {"kind": "proteins", "case": case, "method": method, "seed": 1, "best": base + gain, "mean_best": base + gain}
        for case, base in (("A", 0.2), ("B", 0.5), ("C", 0.7))
        for method, gain in (("ours", 0.1), ("without retrieval", 0.0), ("unguided sample of MOSES", -0.1))
    ]
    full = [row | dict.fromkeys(("validity", "uniqueness", "novelty", "diversity", "seconds"), 1.0) for row in rows]
    head = parts["figures"].headline(full, [])
    assert head["mean_best_similarity_best_other"] == pytest.approx(0.4667, abs=1e-4)
    assert head["difference_low_95"] == pytest.approx(0.1), "targets differ much, the difference does not"
    assert head["share_tanimoto06_ours"] == pytest.approx(2 / 3, abs=1e-4)
    assert "enrichment_auroc" not in head


def test_answers_are_kept_under_what_decided_them(parts: dict[str, ModuleType]) -> None:
    codes = {
        parts["run"].code(name) for name in ("ours", "unguided sample of MOSES", "CReM mutation of visible ligands")
    }
    assert len(codes) == 3


def test_proteins_that_are_alike_are_told(parts: dict[str, ModuleType]) -> None:
    one = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"
    other = one[:30] + "AAAAA" + one[30:]
    assert parts["cases"].identity(one, other) > 0.9
    assert parts["cases"].identity(one, one[::-1]) < 0.4
