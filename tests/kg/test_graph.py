import numpy as np
import pandas as pd
import pytest

from biobridge_core.errors import ArtifactError, GraphError, UnknownEntityError
from biobridge_core.kg.graph import KnowledgeGraph, pack_input, unpack_input
from biobridge_core.types import InputKind


def test_rows_are_contiguous_per_modality_and_sorted_by_id(graph):
    assert graph.n_entities == 11
    assert graph.ids[:4] == ["UniProtKB:P1", "UniProtKB:P2", "GtoPdb:1", "GtoPdb:2"]
    for modality in graph.modalities:
        rows = graph.rows(modality)
        assert [graph.modality(row) for row in rows] == [modality] * len(rows)
        assert [graph.ids[row] for row in rows] == sorted(graph.ids[row] for row in rows)
    assert sum(len(graph.rows(modality)) for modality in graph.modalities) == graph.n_entities


def test_entity_is_what_the_table_said_whatever_the_row_order(make_graph, entity_table, triple_table):
    one = make_graph(entity_table, triple_table)
    other = make_graph(entity_table.sample(frac=1, random_state=3), triple_table.sample(frac=1, random_state=4))
    assert other.digest == one.digest
    for row in entity_table.to_dict("records"):
        entity = other.entity(row["id"])
        assert (entity.name, entity.full_name, entity.input) == (row["name"], row["full_name"], row["input"])
        assert entity.definition == row["definition"]
        assert list(entity.synonyms) == row["synonyms"]
        assert list(entity.flags) == row["flags"]
        assert entity.input_kind == InputKind(row["input_kind"])
        assert entity == other.entity(other.row(row["id"]))


def test_digest_sees_every_change(make_graph, entity_table, triple_table):
    digests = {make_graph(entity_table, triple_table).digest}
    for column, value in (("definition", "other"), ("name", "other"), ("input", "MKK"), ("synonyms", ["other"])):
        table = entity_table.copy()
        table.at[8, column] = value
        digests.add(make_graph(table, triple_table).digest)
    for column in ("evidence", "value"):
        table = triple_table.copy()
        table.loc[0, column] = "other"
        digests.add(make_graph(entity_table, table).digest)
    digests.add(make_graph(entity_table, triple_table.iloc[1:]).digest)
    assert len(digests) == 8


def test_edges_are_unique_and_inverses_are_flipped(graph):
    pairs = graph.edges("protein_associated_with_disease")  # stated by two sources
    assert pairs.tolist() == [[graph.row("UniProtKB:P2"), graph.row("MONDO:2")]]
    assert graph.edges("protein_associated_with_disease_inverse").tolist() == pairs[:, ::-1].tolist()
    assert pairs.dtype == np.int32
    assert graph.edges("drug_blocks_protein").shape == (0, 2)
    with pytest.raises(GraphError, match="drug_cures_disease"):
        graph.edges("drug_cures_disease")


def test_known_reads_both_directions_and_leaves_hierarchies_out(graph):
    egfr, drug = graph.row("UniProtKB:P2"), graph.row("GtoPdb:1")
    from_drug = graph.known(drug, "protein")
    assert {link.relation for link in from_drug[egfr]} == {"drug_inhibits_protein", "drug_binds_protein"}
    back = graph.known(egfr, "drug")[drug]
    assert {link.relation for link in back} == {"drug_inhibits_protein_inverse", "drug_binds_protein_inverse"}
    assert {(link.head, link.tail) for link in back} == {("UniProtKB:P2", "GtoPdb:1")}
    assert {link.value for link in back} == {"pIC50 8.7", ""}
    assert [link.source for link in graph.known(egfr, "disease")[graph.row("MONDO:2")]] == ["a", "b"]
    assert graph.known(graph.row("MONDO:2"), "disease") == {}
    assert graph.known(egfr, "phenotype") == {}
    assert graph.known_rows(egfr, "drug").tolist() == [drug]


def test_known_agrees_with_the_triples_for_every_entity_and_modality(graph):
    flat = [name for name in graph.forward_names if not graph.relations[name].hierarchical]
    for row in range(graph.n_entities):
        for modality in graph.modalities:
            expected = set()
            for name in flat:
                for relation in (name, graph.relations[name].inverse):
                    if graph.relations[relation].tail == modality:
                        expected |= {(relation, tail) for head, tail in graph.edges(relation).tolist() if head == row}
            found = {(link.relation, tail) for tail, links in graph.known(row, modality).items() for link in links}
            assert found == expected


def test_relations_between(graph):
    assert {relation.name for relation in graph.relations_between("protein", "disease")} == {
        "protein_associated_with_disease"
    }
    assert graph.relations_between("disease", "disease") == []
    both = {relation.name for relation in graph.relations_between("disease", "disease", hierarchical=True)}
    assert both == {"disease_is_a", "disease_is_a_inverse"}


def test_every_inverse_points_back(graph):
    for relation in graph.relations.values():
        back = graph.relations[relation.inverse]
        assert (back.inverse, back.head, back.tail) == (relation.name, relation.tail, relation.head)
        assert back.forward is not relation.forward


def test_with_triples_keeps_entities_and_drops_links(graph):
    keep = graph.relation_of_triple != graph.forward_names.index("drug_inhibits_protein")
    part = graph.with_triples(keep)
    assert part.ids == graph.ids
    assert part.n_triples == graph.n_triples - 1
    assert part.digest != graph.digest
    assert len(part.edges("drug_inhibits_protein")) == 0
    with pytest.raises(GraphError, match="shape"):
        graph.with_triples(keep[1:])


def test_saved_graph_is_the_same_and_reproducible(graph, tmp_path):
    graph.save(tmp_path / "one", meta={"seconds": 1}, inputs={"package": "abc"})
    graph.save(tmp_path / "two", meta={"seconds": 2})
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    for name in files:
        if name != "manifest.json":
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    loaded = KnowledgeGraph.load(tmp_path / "one")
    assert loaded.digest == graph.digest
    assert loaded.sources == graph.sources
    assert loaded.relations == graph.relations
    assert loaded.modalities == graph.modalities
    assert [loaded.entity(row) for row in range(11)] == [graph.entity(row) for row in range(11)]
    assert loaded.inputs(range(11)) == graph.inputs(range(11))
    pd.testing.assert_frame_equal(loaded.triples, graph.triples)
    row = graph.row("UniProtKB:P2")
    assert loaded.known(row, "disease") == graph.known(row, "disease")


@pytest.mark.parametrize(
    "name", ["entities.parquet", "details.parquet", "sequences.parquet", "triples.parquet", "relations.json"]
)
def test_damage_is_named(graph, tmp_path, name):
    graph.save(tmp_path / "kg")
    path = tmp_path / "kg" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=name):
        KnowledgeGraph.load(tmp_path / "kg")
    path.unlink()
    with pytest.raises(ArtifactError, match=name):
        KnowledgeGraph.load(tmp_path / "kg")


def test_graph_that_is_replaced_while_in_use_is_not_mixed_with_the_new_one(graph, tmp_path):
    graph.save(tmp_path / "kg")
    loaded = KnowledgeGraph.load(tmp_path / "kg")
    graph.with_triples(graph.heads > 0).save(tmp_path / "kg")
    with pytest.raises(ArtifactError, match="anew"):
        loaded.entity(0)


def test_unknown_ids_rows_and_modalities(graph):
    with pytest.raises(UnknownEntityError, match="UniProtKB:Q0"):
        graph.entity("UniProtKB:Q0")
    with pytest.raises(UnknownEntityError, match="row 11"):
        graph.entity(11)
    with pytest.raises(UnknownEntityError, match="row -1"):
        graph.entity(-1)
    with pytest.raises(GraphError, match="mood"):
        graph.rows("mood")
    assert "UniProtKB:P1" in graph
    assert "UniProtKB:Q0" not in graph


def test_tables_that_do_not_fit_are_refused(make_graph, entity_table, triple_table):
    with pytest.raises(GraphError, match="twice"):
        make_graph(pd.concat([entity_table, entity_table.iloc[[3]]]), triple_table)
    dangling = triple_table.copy()
    dangling.loc[0, "tail"] = "GO:404"
    with pytest.raises(GraphError, match="GO:404"):
        make_graph(entity_table, dangling)
    with pytest.raises(GraphError, match="evidence"):
        make_graph(entity_table, triple_table.drop(columns="evidence"))
    with pytest.raises(GraphError, match="mood"):
        make_graph(entity_table.assign(modality="mood"), triple_table)
    with pytest.raises(GraphError, match="drug_cures_disease"):
        make_graph(entity_table, triple_table.assign(relation="drug_cures_disease"))
    with pytest.raises(GraphError, match="control"):
        make_graph(entity_table.assign(name="a\x01b"), triple_table)
    with pytest.raises(GraphError, match="list"):
        make_graph(entity_table.assign(synonyms="a, b"), triple_table)


@pytest.mark.parametrize(
    ("text", "name", "definition"),
    [
        ("apoptosis. A death of cells.", "apoptosis", "A death of cells."),
        ("apoptosis. An apoptosis of cells.", "apoptosis", "An apoptosis of cells."),
        ("a. a.", "a", "a."),
        ("something else", "apoptosis", "A death."),
        ("only a name.", "only a name", ""),
        ("", "", ""),
    ],
)
def test_packed_inputs_come_back(text, name, definition):
    assert unpack_input(pack_input(text, name, definition), name, definition) == text


@pytest.mark.bundle
def test_real_graph_opens_fast_and_answers(bundle_folder):
    import time

    began = time.perf_counter()
    graph = KnowledgeGraph.load(bundle_folder / "kg")
    assert time.perf_counter() - began < 5  # 0.3 s where nothing else runs
    tp53 = graph.entity("UniProtKB:P04637")
    assert (tp53.name, tp53.full_name, len(tp53.input)) == ("TP53", "tumor protein p53", 393)
    found = graph.known(graph.row("UniProtKB:P04637"), "biological_process")
    assert graph.row("GO:0000122") in found  # negative regulation of transcription by RNA polymerase II
    assert len(graph.inputs(graph.rows("disease"))) == len(graph.rows("disease"))
