"""The page of an entity on a small graph: sections by kind, known against predicted, structures, bad input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from helix import pdb
from samples import ASPIRIN, TP53
from streamlit.testing.v1 import AppTest

from biobridge_core.chem.depict import svg
from biobridge_core.describe import Facts
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.lookup import Lookup
from biobridge_core.shapes import Shapes
from biobridge_core.types import Attribution, Entity, InputKind, Resolution
from ui import service, viewers
from ui.entity import plain

ROOT = Path(__file__).resolve().parents[2]
Opener = Callable[..., AppTest]


class Small:
    """Real names, facts and shapes of the small graph, over the made-up hits of the small service."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        super().__init__()
        import torch

        self._graph, self._lookup = graph, Lookup(graph)
        self.facts, self.shapes = (
            Facts(graph),
            Shapes(ROOT / "no such folder", torch.device("cpu"), "http://127.0.0.1:9"),
        )

    @property
    def graph(self) -> KnowledgeGraph:
        return self._graph

    def find(self, text: str, progress: object = None) -> Resolution:
        return self._lookup.find(text)

    def entity(self, curie: str) -> Entity:
        return self._graph.entity(curie)

    def depict(self, smiles: str, width: int = 220, height: int = 150, dark: bool = False) -> str:
        return svg(smiles, width, height, dark)

    def depict_weights(self, smiles: str, weights: object, width: int, height: int, dark: bool = False) -> str:
        return svg(smiles, width, height, dark)

    def attribute(self, query, tail, relation=None, progress=None) -> Attribution:
        self.calls.append((f"attribute {tail}", 0))
        text = TP53 if query.modality == "protein" else ASPIRIN
        kind = InputKind.SEQUENCE if query.modality == "protein" else InputKind.SMILES
        spans = tuple((i, i + 1) for i in range(len(text)))
        values = tuple(0.1 if i == 4 else 0.0 for i in range(len(text)))
        return Attribution(kind, "r", text, tuple(text), spans, values, 0.4, "By hiding.", 0.9)


@pytest.fixture
def small(fake, monkeypatch: pytest.MonkeyPatch, small_graph: KnowledgeGraph):
    made = type("SmallService", (Small, type(fake)), {})(small_graph)
    monkeypatch.setattr(service, "open_service", lambda progress: made)
    return made


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What every viewer on the page was given."""
    given: list[dict[str, object]] = []
    monkeypatch.setattr(viewers, "_component", lambda: lambda **told: given.append(told))
    return given


@pytest.fixture
def open_page(small, shown: list[dict[str, object]]) -> Opener:
    def opened(q: str = "", params: Mapping[str, str] | None = None) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in ({"q": q} if q else dict(params or {})).items():
            app.query_params[name] = value
        return app.switch_page("pages/entity.py").run()

    return opened


def tables(app: AppTest):
    return [element.value for element in app.dataframe]


def all_words(app: AppTest, words_of: Callable[[AppTest], str]) -> str:
    more = [e.value for e in (*app.subheader, *app.get("html"))] if hasattr(app, "get") else []
    return words_of(app) + "\n".join(str(getattr(e, "body", e)) for e in app.get("html")) + "\n".join(map(str, more))


def test_without_a_question_three_things_to_try(open_page, words_of):
    app = open_page()
    assert not app.exception
    assert "Three things to try" in words_of(app)
    assert [b.label for b in app.button if b.label in {"Gene SCN1A", "Imatinib", "Dravet syndrome"}] == [
        "Gene SCN1A", "Imatinib", "Dravet syndrome",
    ]  # fmt: skip


def test_a_protein_has_its_sequence_its_links_and_their_sources(open_page, words_of, shown):
    app = open_page("UniProtKB:P04637")
    assert not app.exception
    said = all_words(app, words_of)
    assert app.subheader[0].value == "TP53"
    assert "https://www.uniprot.org/uniprotkb/P04637" in said
    assert "TP53 (tumor protein p53) is a human protein" in said
    assert "**● Known** · 1 disease in the graph" in said
    assert "**○ Predicted**" in said
    known = tables(app)[0]
    assert list(known["name"]) == ["Li-Fraumeni syndrome"]
    assert list(known["source"]) == ["HPO"]
    assert shown[0]["sequence"] == TP53
    assert shown[0]["model"] == ""
    predicted = tables(app)[1]
    assert set(predicted["status"]) == {"○ predicted"}
    assert dict(app.query_params) == {"q": ["UniProtKB:P04637"]} or app.query_params["q"] == "UniProtKB:P04637"


def test_evidence_is_spelt_out(open_page):
    app = open_page("UniProtKB:P04637")
    app.segmented_control[0].set_value("biological_process").run()
    known = tables(app)[0]
    assert list(known["evidence"]) == ["direct assay"]
    assert list(known["how"]) == ["takes part in"]


def test_a_molecule_has_properties_targets_compositions_and_likes(open_page, words_of, shown):
    app = open_page("GtoPdb:4920")
    assert not app.exception
    metrics = {m.label: m.value for m in app.metric}
    assert metrics["Formula"] == "C22H24ClFN4O3"
    assert metrics["Weight"] == "446.9 g/mol"
    assert metrics["Rule of five"] == "kept"
    said = all_words(app, words_of)
    assert "drug → therapeutic class → disease** · 1 disease" in said
    assert "drug → protein → disease** · none" in said
    assert [given["kind"] for given in shown] == ["molecule"]
    assert "V2000" in str(shown[0]["model"])
    assert "Similar" not in said
    by_name = [t for t in tables(app) if "alike" in t]
    assert len(by_name) == 1
    app.segmented_control[1].set_value("pieces").run()
    like = next(t for t in tables(app) if "alike" in t)
    assert list(like["name"]) == ["aspirin"]


def test_a_disease_has_signs_definition_and_plain_words(open_page, words_of):
    app = open_page("MONDO:0018875")
    assert not app.exception
    said = all_words(app, words_of)
    assert "A cancer syndrome." in said
    assert "Li-Fraumeni syndrome is a disease" in said
    assert "Many people with it (30 to 79 of 100) have: Neoplasm." in said
    assert "It is linked to 1 gene: TP53." in said
    assert [s.value for s in app.subheader][1:] == ["Signs and symptoms", "Genes, drugs and more"]
    assert list(tables(app)[0]["value"]) == ["frequent"]


@pytest.mark.parametrize("curie", ["HP:0001250", "GO:0006915", "GO:0003677", "GO:0005634", "ATC:L01EB"])
def test_every_other_kind_opens(open_page, curie, small_graph):
    app = open_page(curie)
    assert not app.exception
    assert not app.error
    assert app.subheader[0].value == small_graph.entity(curie).name


def test_a_raw_sequence_and_a_raw_molecule_work(open_page, words_of, shown):
    app = open_page("MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDI")
    assert not app.exception
    assert "Not in the graph itself" in words_of(app)
    assert shown[-1]["sequence"] == "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDI"
    assert "● Known" not in words_of(app)
    app = open_page("CCOc1ccccc1C(N)=O")
    assert not app.exception
    assert {m.label: m.value for m in app.metric}["Formula"] == "C9H11NO2"


@pytest.mark.parametrize(
    ("q", "said"),
    [("UniProtKB:Q00000", "no entity"), ("CC(=O)Oc1ccccc1C(=O", "SMILES"), ("MEEPQSDPSVEPPLSQETFSDJWKLLPENNVLSP", "no residues"), ("?", "no letter")],
)  # fmt: skip
def test_bad_input_gets_words_and_the_page_lives_on(open_page, q, said):
    app = open_page(q)
    assert not app.exception
    assert any(said in error.value for error in app.error)
    app.chat_input[0].set_value("UniProtKB:P04637").run()
    assert app.subheader[0].value == "TP53"


def test_an_uploaded_structure_is_drawn_beside_the_sequence(open_page, words_of, shown):
    app = open_page("UniProtKB:P04637")
    app.file_uploader[0].set_value(
        ("mine.pdb", pdb(TP53[10:50], first=11, head="TITLE  ALPHAFOLD").encode(), "text/plain")
    )
    app.run()
    assert not app.exception
    given = shown[-1]
    assert given["places"] == [{"chain": "A", "shift": 0}]
    assert given["confidence"] is True
    assert "mine.pdb (uploaded file): 1 protein chain, 160 atoms." in words_of(app)
    next(b for b in app.button if b.label == "Remove structure").click().run()
    assert shown[-1]["model"] == ""


@pytest.mark.parametrize(
    ("data", "said"), [(b"ATOM  broken\n" * 30, "30 of 30 atom lines"), (b"", "empty"), (b"\0\1", "binary"), (b"PK\3\4", "compressed")]
)  # fmt: skip
def test_a_broken_structure_is_said_and_the_page_lives_on(open_page, shown, data, said):
    app = open_page("UniProtKB:P04637")
    app.file_uploader[0].set_value(("x.pdb", data, "text/plain"))
    app.run()
    assert not app.exception
    assert any(said in error.value for error in app.error), [e.value for e in app.error]
    assert shown[-1]["sequence"] == TP53
    assert shown[-1]["model"] == ""


def test_nothing_is_sent_before_a_person_agrees(open_page, small, monkeypatch):
    asked = []
    monkeypatch.setattr(type(small.shapes), "from_alphafold", lambda self, accession: asked.append(accession))
    app = open_page("UniProtKB:P04637")
    fetch = next(b for b in app.button if b.label == "Fetch the model")
    assert fetch.disabled
    assert asked == []


def test_no_network_is_said(open_page):
    app = open_page("UniProtKB:P04637")
    next(c for c in app.checkbox if "P04637" in c.label).check().run()
    next(b for b in app.button if b.label == "Fetch the model").click().run()
    assert not app.exception
    assert any("could not be reached" in error.value for error in app.error)


def test_folding_says_what_it_lacks(open_page, words_of):
    assert "needs a GPU" in words_of(open_page("UniProtKB:P04637"))


def test_residues_that_carry_a_score_colour_the_sequence(open_page, small, shown, words_of):
    app = open_page("UniProtKB:P04637")
    next(b for b in app.button if b.label == "Rank them").click().run()
    next(b for b in app.button if b.label == "Measure the residues").click().run()
    assert not app.exception
    values = shown[-1]["values"]
    assert isinstance(values, list)
    assert (len(values), values[4]) == (len(TP53), 0.1)
    assert "Residues that carry it most: 5." in words_of(app)
    assert "Spearman 0.90" in words_of(app)
    next(b for b in app.button if b.label == "No colours").click().run()
    assert shown[-1]["values"] is None


def test_foreign_names_do_nothing(small_graph, open_page, monkeypatch):
    odd = "<script>alert(1)</script> **b** [x](https://e.org) :red[y]"
    row = small_graph.row("MONDO:0018875")
    monkeypatch.setitem(small_graph.names, row, odd) if isinstance(small_graph.names, dict) else None
    names = list(small_graph.names)
    names[row] = odd
    monkeypatch.setattr(small_graph, "names", names)
    monkeypatch.setattr(small_graph, "_entities", {})
    app = open_page("MONDO:0018875")
    assert not app.exception
    assert "\\<script\\>" in app.subheader[0].value
    for element in app.get("html"):
        assert "<script>alert" not in str(element)


@pytest.mark.parametrize(
    ("names", "total", "said"),
    [
        (["a"], 1, "a"),
        (["a", "b"], 2, "a and b"),
        (["a", "b", "c"], 3, "a, b and c"),
        (["a", "b"], 9, "a, b and 7 more"),
        (["a, with b", "c"], 3, "a, with b; c; 1 more"),
    ],
)
def test_lists_read_well(names, total, said):
    assert plain.listed(names, total) == said
