from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import TP53

from biobridge_core import alignment
from biobridge_core.alignment import align, mutate
from biobridge_core.errors import InputError

RESIDUES = st.text("ACDEFGHIKLMNPQRSTVWY", min_size=1, max_size=60)


def test_what_differs_is_numbered_as_in_the_first_sequence() -> None:
    found = align(TP53, TP53[:1] + "K" + TP53[2:30] + "AAA" + TP53[30:60] + TP53[63:])
    assert [str(change) for change in found.changes] == ["E2K", "3 inserted after 30", "61–63 left out"]
    assert found.n_changes == 3
    assert found.columns == len(TP53) + 3
    assert found.same == len(TP53) - 4
    assert found.identity == pytest.approx(found.same / found.columns)


@given(RESIDUES)
def test_a_sequence_is_identical_to_itself(sequence: str) -> None:
    found = align(sequence, sequence)
    assert found.identity == 1.0
    assert not found.changes


@given(RESIDUES, RESIDUES)
def test_the_changes_lead_from_one_to_the_other(one: str, other: str) -> None:
    letters = list(one)
    for change in reversed(align(one, other).changes):
        at = change.position - 1 if change.before else change.position
        assert "".join(letters[at : at + len(change.before)]) == change.before
        letters[at : at + len(change.before)] = change.after
    assert "".join(letters) == other


@given(RESIDUES, RESIDUES)
def test_so_do_those_of_sequences_too_long_to_be_aligned(one: str, other: str) -> None:
    letters = list(one)
    for change in reversed(alignment._by_edits(one, other).changes):
        at = change.position - 1 if change.before else change.position
        letters[at : at + len(change.before)] = change.after
    assert "".join(letters) == other


def test_rare_residues_and_giants() -> None:
    assert align("MKUXO" * 4, "MKUXO" * 4).identity == 1.0
    giant = "ACDEFGHIKL" * 1000
    found = align(giant, giant[:5000] + "W" + giant[5001:])
    assert found.n_changes == 1
    assert "too long" in found.method


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ("E2K", "MKEPQ"),
        ("p.Glu2Lys", "MKEPQ"),
        ("p.(Glu2Lys)", "MKEPQ"),
        ("E2K P4A", "MKEAQ"),
        ("E2K;P4A", "MKEAQ"),
        ("P4*", "MEE"),
        ("p.Pro4Ter", "MEE"),
        ("P4del", "MEEQ"),
        ("E2=", "MEEPQ"),
    ],
)
def test_a_change_is_made(change: str, made: str) -> None:
    assert mutate("MEEPQ", change) == made


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("", "no change"),
        ("nonsense", "no change that can be read"),
        ("K2E", "has E at position 2, not K"),
        ("E9K", "no position 9"),
        ("E0K", "no position 0"),
        ("p.Gxx2Lys", "no amino acid"),
        ("E2fs", "no change that can be read"),
        ("<script>", "no change that can be read"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_the_way_out(change: str, word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        mutate("MEEPQ", change, "TP53")
    assert caught.value.hint
