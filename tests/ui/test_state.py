"""Addresses: what is written reads back as the same question; nothing in one can break the page."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from biobridge_core.types import Query, QueryKind, Resolution
from ui import state, theme

ASKS = st.builds(
    state.Ask,
    q=st.just("CC(=O)Oc1ccccc1C(=O)O"),
    sense=st.sampled_from(["", "smiles", "disease"]),
    to=st.sampled_from(["", "protein", "biological_process"]),
    show=st.sampled_from(state.Show),
    k=st.integers(1, state.MAX_SHOWN),
)


@given(ASKS)
def test_an_address_reads_back(ask):
    query = Query(ask.q, QueryKind.SMILES, "drug", ask.q)
    assert state.from_address(state.to_address(ask, query)) == (ask, ())


@given(st.dictionaries(st.sampled_from(["q", "as", "to", "show", "k", "other"]), st.text(max_size=40)))
def test_any_address_gives_bounded_values_and_short_messages(params):
    ask, problems = state.from_address(params)
    assert 1 <= ask.k <= state.MAX_SHOWN
    assert all(len(problem) < 300 for problem in problems)
    if (
        params.get("k", "20").strip() not in map(str, range(1, state.MAX_SHOWN + 1))
        and not params["k"].strip().isdigit()
    ):
        assert problems


def test_readings_put_the_chosen_one_first_and_none_twice():
    a, b = (Query("x", QueryKind.TEXT, name, "x") for name in ("disease", "phenotype"))
    assert state.readings(Resolution("x", b, (a, b))) == (b, a)
    assert state.readings(Resolution("x", None, (a, b))) == (a, b)


@given(st.text(max_size=400))
def test_foreign_text_is_inert_in_markdown(text):
    shown = theme.plain(text, 80)
    assert "\n" not in shown
    assert len(theme.shorten(text, 80)) <= 80
    for sign in "`*_[]<>#|~$!":
        assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c == sign)


@given(st.text(alphabet=string.ascii_letters + string.digits + " ,.-", max_size=60))
def test_plain_words_stay_as_they_are(text):
    assert theme.plain(text) == " ".join(text.split())


def test_numbers():
    assert theme.number(1234567) == "1\u2009234\u2009567"
    assert theme.counted(0, "gene", "genes") == "no genes"
    assert theme.counted(1, "gene", "genes") == "1 gene"
    assert [theme.percent(share) for share in (1.0, 0.9951, 0.131, 0.0004)] == ["100 %", "100 %", "13 %", "<0.1 %"]
    assert theme.words("therapeutic_class") == ("therapeutic class", "therapeutic classes")
