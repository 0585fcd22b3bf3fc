"""The panel on why: known and predicted, every state, and nothing foreign that acts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from biobridge_core.errors import InputError
from biobridge_core.types import (
    Agreement,
    Attribution,
    Edge,
    Entity,
    Hit,
    HitStatus,
    InputKind,
    Likeness,
    Neighbour,
    Part,
    Path,
    Query,
    QueryKind,
    Voice,
    Why,
)
from ui import service, why_input, why_parts

ODD = "<img src=x onerror=alert(1)> **bold** [x](https://example.org)"
GENE = Entity("TEST:1", "protein", "GENE1")
OTHER = Entity("TEST:2", "protein", ODD, input_kind=InputKind.SEQUENCE)
DISEASE = Entity("TEST:9", "disease", "a disease")
QUERY = Query("GENE1", QueryKind.ENTITY, "protein", "TEST:1", "GENE1")
EDGE = Edge(GENE, DISEASE, "protein_associated_with_disease", "is associated with", ("s · PCS · OMIM:1",))


def _why(*, known: bool = False, empty: bool = False) -> Why:
    path = Path((Edge(GENE, OTHER, "r", "binds", ("s · x",)), Edge(OTHER, DISEASE, "r", "is linked to", ())), (7,), 0.4)
    voter = Neighbour(OTHER, False, ((Likeness.CONTENT, 0.5), (Likeness.PROFILE, 0.9)), 0.75, ("s · <b>",))
    voices = (Voice("bridge", 99.9), Voice("neighbours", 40.0), Voice("embedding", None, "It has not seen this."))
    return Why(
        query=QUERY,
        hit=DISEASE,
        relation="protein_associated_with_disease",
        answer=f"Predicted because of {ODD}.",
        known=(EDGE,) if known else (),
        paths=() if empty else (path,),
        starts=(),
        neighbours=() if empty else (voter,),
        n_neighbours=0 if empty else 3,
        parts=(Part("bridge", 1.0), Part("memory", 3.0), Part("popularity", -0.5)),
        agreement=None if empty else Agreement(voices, "They disagree."),
        notes=("No relation.",) if empty else (),
        seconds=0.12,
    )


def _attribution(kind: InputKind = InputKind.SEQUENCE) -> Attribution:
    text = "MKTW" * 20 if kind is InputKind.SEQUENCE else "a child with seizures"
    units = tuple(text) if kind is InputKind.SEQUENCE else tuple(text.split())
    values = tuple(0.1 if unit in "Wseizures" else -0.02 for unit in units)
    spans = tuple((i, i + 1) for i in range(len(units)))
    return Attribution(kind, "r", text, units, spans, values, 0.31, "Windows were left out.", 0.93, (), 1.0)


class _Bridge:
    """Explains and attributes as told to."""

    def __init__(self, found: Why, fails: Exception | None = None) -> None:
        self.found, self.fails, self.asked = found, fails, 0
        self.graph = type("Graph", (), {"sources": {"s": type("Source", (), {"name": "Source <One>"})()}})()

    def why(self, query: Query, tail: str, progress: Callable[[str, float], None] | None = None) -> Why:
        self.asked += 1
        if self.fails:
            raise self.fails
        return self.found

    def attribute(
        self, query: Query, tail: str, relation: str | None = None, progress: Callable[[str, float], None] | None = None
    ) -> Attribution:
        if self.fails:
            raise self.fails
        if progress is not None:
            progress("Reading", 0.5)
        return _attribution()

    def entity(self, curie: str) -> Entity:
        return OTHER


def _page() -> None:
    import streamlit as st

    from ui import why

    given = st.session_state["given"]
    why.panel(given["bridge"], given["query"], given["hit"])


def _opened(bridge: _Bridge, status: HitStatus = HitStatus.PREDICTED) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60)
    hit = Hit(DISEASE, 1, 0.5, 99.0, status, "protein_associated_with_disease")
    app.session_state["given"] = {"bridge": bridge, "query": QUERY, "hit": hit}
    return app.run()


def _html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def _said(app: AppTest) -> str:
    return "\n".join(e.value for kind in (app.markdown, app.caption) for e in kind)


def test_the_answer_comes_first_and_predicted_is_said() -> None:
    app = _opened(_Bridge(_why()))
    assert not app.exception
    first = app.markdown[0].value
    assert "○ predicted" in first
    assert "Predicted because of" in first
    assert "They disagree." in _said(app)
    assert "1 of 3 voters, 75 %" in _said(app)
    assert "speak against it" in _said(app)


def test_a_known_link_shows_filled_mark_and_its_sources() -> None:
    app = _opened(_Bridge(_why(known=True)))
    assert "● known" in app.markdown[0].value
    assert "Source &lt;One&gt; · PCS · OMIM:1" in _html(app)


def test_foreign_names_do_nothing() -> None:
    app = _opened(_Bridge(_why(known=True)))
    assert "<img src=x" not in _html(app)
    assert "&lt;img src=x" in _html(app)
    assert "**bold**" not in app.markdown[0].value
    assert r"\*\*bold\*\*" in app.markdown[0].value
    assert '"s · <b>"' not in _html(app)


def test_nothing_found_is_said_in_words() -> None:
    app = _opened(_Bridge(_why(empty=True)))
    said = _said(app)
    assert said.count("No evidence found") == 2
    assert "No relation." in said


def test_an_error_is_told_and_the_page_lives() -> None:
    app = _opened(_Bridge(_why(), fails=InputError("It is refused.", "Do this.")))
    assert "It is refused." in app.error[0].value
    assert "Do this." in app.error[0].value
    assert not app.exception


def test_the_explanation_is_asked_for_once() -> None:
    bridge = _Bridge(_why())
    app = _opened(bridge)
    app.run()
    assert bridge.asked == 1


def test_residues_are_measured_on_demand() -> None:
    bridge = _Bridge(_why())
    app = _opened(bridge)
    assert "bb-seq" not in _html(app)
    assert [button.label for button in app.button] == ["Measure the residues"]
    app.button[0].click().run()
    assert not app.exception
    assert not app.button
    html = _html(app)
    assert html.count('class="bb-line"') == 2  # 80 letters, 60 a line
    assert html.count('class="bb-ten"') == 8
    assert 'aria-label="Residues that carry it most: 4, 8, 12.' in html
    assert "Spearman correlation of 0.93" in _said(app)


def test_a_measurement_that_fails_can_be_asked_again() -> None:
    bridge = _Bridge(_why())
    app = _opened(bridge)
    bridge.fails = InputError("Too long.", "Ask with one domain.")
    app.button[0].click().run()
    assert "Too long." in app.error[0].value
    assert [button.label for button in app.button] == ["Measure the residues again"]
    bridge.fails = None
    app.button[0].click().run()
    assert "bb-seq" in _html(app)


@pytest.mark.parametrize(
    ("percentile", "words"), [(99.999, "first"), (99.5, "top 0.5 %"), (75.0, "top 25 %"), (20.0, "lower half")]
)
def test_a_percentile_is_told_as_a_place(percentile: float, words: str) -> None:
    assert words in why_parts.voices([Voice("bridge", percentile)])


def test_residues_are_named_as_stretches() -> None:
    values = (0.0, 0.3, 0.4, 0.1, -0.2, -0.3, 0.0, 0.9, 0.0, 0.0)
    found = Attribution(InputKind.SEQUENCE, "r", "M" * 10, ("M",) * 10, (), values, 0.4, "", None)
    assert "most: 8. Against it: 5–6." in why_input.in_words(found)


def test_words_and_atoms_have_a_text_of_their_own() -> None:
    assert "“seizures”" in why_input.in_words(_attribution(InputKind.TEXT))
    atoms = Attribution(InputKind.SMILES, "r", "", ("C", "[C@@H]", "n", "Cl"), (), (0.1, 0.2, 0.3, -0.1), 0.4, "", None)
    assert "N3, C2, C1" in why_input.in_words(atoms)
    assert "Against it: Cl4" in why_input.in_words(atoms)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "get", lambda: None)
    st.cache_resource.clear()
