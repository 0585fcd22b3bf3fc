"""The page of drawn molecules on a small graph: addresses, the box, what is calculated, bad input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from samples import ASPIRIN
from streamlit.testing.v1 import AppTest

from biobridge_core.chem.depict import svg, weights_svg
from biobridge_core.describe import Facts
from biobridge_core.drawn import Drawn
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.lookup import Lookup
from biobridge_core.shapes import Shapes
from biobridge_core.types import Entity, Query
from ui import draw_admet, draw_sheet, service, sketch

ROOT = Path(__file__).resolve().parents[2]
Opener = Callable[..., AppTest]


class Small:
    """Real names, chemistry and predictions over the made-up hits of the small service."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        super().__init__()
        self._lookup, self.facts, self.drawn = Lookup(graph), Facts(graph), Drawn(graph)
        self.shapes = Shapes(ROOT / "no such folder", torch.device("cpu"), "http://127.0.0.1:9")
        self.known = graph

    def interpret(self, text: str, modality: str) -> Query:
        return self._lookup.interpret(text, modality)

    def entity(self, curie: str) -> Entity:
        return self.known.entity(curie)

    def depict(self, smiles: str, width: int = 220, height: int = 150, dark: bool = False) -> str:
        return svg(smiles, width, height, dark)

    def depict_weights(self, smiles: str, weights: tuple[float, ...], w: int, h: int, dark: bool = False) -> str:
        return weights_svg(smiles, weights, w, h, dark)


@pytest.fixture
def page(fake, monkeypatch: pytest.MonkeyPatch, small_graph: KnowledgeGraph) -> Opener:  # type: ignore[no-untyped-def]
    made = type("SmallService", (Small, type(fake)), {})(small_graph)
    monkeypatch.setattr(service, "open_service", lambda progress: made)

    def opened(params: Mapping[str, str] | None = None) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in (params or {}).items():
            app.query_params[name] = value
        app.switch_page("pages/draw.py")
        app.run()
        assert not app.exception
        return app

    return opened


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def aspirin_id(graph: KnowledgeGraph) -> str:
    row = next(row for row in graph.rows("drug") if graph.inputs([int(row)])[0] == ASPIRIN)
    return graph.ids[int(row)]


def test_nothing_drawn_yet_says_what_to_do(page: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = page()
    assert "Draw on the canvas, paste a SMILES or load a known drug" in words_of(app)
    assert {"Gefitinib", "A quinazoline", "Rhodanine"} <= {button.label for button in app.button}


def test_a_smiles_in_the_address_is_answered_whole(page: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = page({"smiles": ASPIRIN})
    shown, said = html_of(app), words_of(app)
    assert "C9H8O4" in shown
    assert "180.2 g/mol" in shown
    assert "▲ phenol ester" in shown  # BRENK
    assert "PAINS alerts</b> none found" in shown
    assert "this molecule" in said
    assert "Human Intestinal Absorption" in shown  # ADMET below the targets
    assert "2\u2009845 approved drugs" in said
    assert "Known drugs most like it" in [s.value for s in app.subheader]


def test_a_known_drug_is_loaded_by_its_id_or_its_name(page: Opener, small_graph: KnowledgeGraph) -> None:
    curie = aspirin_id(small_graph)
    app = page({"q": curie})
    assert "C9H8O4" in html_of(app)
    app.text_input(key="draw box").input("CCO")
    next(button for button in app.button if button.label == "Load").click().run()
    assert not app.exception
    assert "C2H6O" in html_of(app)
    app.text_input(key="draw box").input(small_graph.entity(curie).name)
    next(button for button in app.button if button.label == "Load").click().run()
    assert "C9H8O4" in html_of(app)


def test_a_salt_is_taken_off_and_said(page: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = page({"smiles": "CC(C)NCC(O)COc1cccc2ccccc12.Cl"})
    assert "Salt removed" in words_of(app)
    assert "C16H21NO2" in html_of(app)


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("[CH3]", "this is a radical"),
        ("*CC*", "a fragment or a polymer"),
        ("[Na+].[Cl-]", "is a mineral, not an organic molecule"),
        ("CC(=O)Oc1ccccc1C(=O)O.CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "two molecules of similar size"),
        ("C" * 300, "at most 200 can be read"),
        ("C1CC", "is not a SMILES that can be read"),
        ("C(C)(C)(C)(C)C", "has more bonds than its charge allows"),
        ("[H][H]", "holds no atom but hydrogen"),
        ("<script>alert(1)</script>", "is not a SMILES that can be read"),
    ],
)
def test_what_is_no_molecule_gets_a_clear_message(page: Opener, smiles: str, words: str) -> None:
    app = page({"smiles": smiles})
    assert words in "\n".join(error.value for error in app.error).replace("\\", "")
    assert "bb-facts" not in html_of(app).replace(draw_sheet.CSS, "")
    assert "<script>" not in html_of(app)


def test_a_metal_complex_is_read_whole_and_said(page: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = page({"smiles": "CN[Pt](N)(Cl)Cl"})
    assert "Metal complex kept whole: Pt" in words_of(app)
    assert "bb-facts" in html_of(app)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("UniProtKB:P04637", "is a protein, no molecule"),
        ("imatinbib", "No drug is called “imatinbib”"),
        ("[CH3]", "this is a radical"),
        ("*CC*", "a fragment or a polymer"),
    ],
)
def test_what_is_typed_and_no_molecule_leaves_the_canvas(page: Opener, text: str, words: str) -> None:
    app = page({"smiles": "CCO"})
    app.text_input(key="draw box").input(text)
    next(button for button in app.button if button.label == "Load").click().run()
    assert not app.exception
    assert words in "\n".join(warning.value for warning in app.warning).replace("\\", "")
    assert "C2H6O" in html_of(app)


def test_a_reference_is_named_and_the_differences_counted(page: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = page({"smiles": ASPIRIN})
    app.text_input(key="draw reference").input("OC(=O)c1ccccc1O").run()
    assert "Shares **10 of 13** heavy atoms with **the reference**" in words_of(app)


def test_what_the_canvas_sends_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, wanted in (
        (None, None), ("CCO", None), ({"smiles": 3, "version": 1}, None), ({"smiles": "CCO"}, None),
        ({"smiles": " CCO ", "version": 2}, sketch.Edit("CCO", 2)),
    ):  # fmt: skip
        monkeypatch.setattr(sketch.st, "session_state", {"canvas": value})
        assert sketch.edit("canvas") == wanted


def test_predictions_are_worded_with_units_and_weak_models_are_marked(small_graph: KnowledgeGraph) -> None:
    report = Drawn(small_graph).admet.report(ASPIRIN)
    by_key = {p.endpoint.key: p for p in report.predictions}
    assert draw_admet.value(by_key["HIA_Hou"]).endswith(" %")
    assert draw_admet.value(by_key["Half_Life_Obach"]).endswith(" h")
    assert draw_admet.weak(by_key["Half_Life_Obach"])
    assert not draw_admet.weak(by_key["Solubility_AqSolDB"])
    table = draw_admet.rows(report)
    assert table.count("<tr>") == 41 + 1
    assert "△ R² −2.39" in table
