"""Likeness of inputs by what they literally share, against sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from biobridge_core.bridge.pieces import PieceSpace
from biobridge_core.errors import InputError
from biobridge_core.types import InputKind


def test_words_weigh_by_their_rarity() -> None:
    # "red" and "blue" in two of four each, "fox" in three, pairs in one each and so dropped
    space = PieceSpace(InputKind.TEXT, ["red fox", "blue fox", "red dog fox", "blue cat"])
    rare, common = math.log(4 / 2), math.log(4 / 3)
    long = math.hypot(rare, common)
    expected = np.array([
        [1, common**2 / long**2, 1, 0],
        [common**2 / long**2, 1, common**2 / long**2, rare / long],
        [1, common**2 / long**2, 1, 0],
        [0, rare / long, 0, 1],
    ])  # fmt: skip
    np.testing.assert_allclose(space.likeness(space.matrix), expected, atol=1e-6)


def test_neighbouring_words_count_beside_single_ones() -> None:
    space = PieceSpace(InputKind.TEXT, ["a b", "a b", "b a", "c d"])
    alone, pair = math.log(4 / 3), math.log(4 / 2)
    both = math.sqrt(2 * alone**2 + pair**2)
    assert space.likeness(space.matrix)[0] == pytest.approx([1, 1, math.sqrt(2) * alone / both, 0], abs=1e-6)


def test_sequences_share_stretches_of_four_residues() -> None:
    # ABCD and BCDE in the first two, KLMN in the last two; nothing runs over the end of a sequence into the next
    space = PieceSpace(InputKind.SEQUENCE, ["ABCDE", "ABCDEF", "KLMN", "PKLMN"])
    np.testing.assert_allclose(
        space.likeness(space.matrix), [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], atol=1e-6
    )
    across = PieceSpace(InputKind.SEQUENCE, ["ABCD", "EFGH", "DEFG", "CDEF"])
    assert across.matrix.nnz == 0


@pytest.mark.parametrize("kind", [InputKind.SEQUENCE, InputKind.TEXT])
def test_what_is_cut_all_at_once_is_what_a_loop_cuts(kind: InputKind) -> None:
    rng = np.random.default_rng(0)
    letters = list("ACDEFGHIKLMNPQRSTVWYX") if kind is InputKind.SEQUENCE else ["ab ", "c ", "d"]
    inputs = ["".join(rng.choice(letters, rng.integers(0, 60))) for _ in range(80)]
    if kind is InputKind.SEQUENCE:
        sets = [{text[i : i + 4] for i in range(len(text) - 3)} for text in inputs]
    else:
        sets = [{*text.split(), *map(" ".join, zip(text.split(), text.split()[1:], strict=False))} for text in inputs]
    having = {piece: sum(piece in s for s in sets) for piece in set().union(*sets)}
    weights = [{p: math.log(80 / having[p]) for p in s if having[p] > 1} for s in sets]
    dots = np.array([[sum(w * other[p] for p, w in one.items() if p in other) for other in weights] for one in weights])
    length = np.sqrt(np.maximum(np.diag(dots), 1e-24))
    space = PieceSpace(kind, inputs)
    np.testing.assert_allclose(space.likeness(space.matrix), dots / np.outer(length, length), atol=1e-5)


def test_molecules_share_substructures_and_common_ones_count_too() -> None:
    space = PieceSpace(InputKind.SMILES, ["CCO", "CCCO", "CCN", "c1ccccc1"])
    likeness = space.likeness(space.matrix)
    assert likeness[0, 1] > likeness[0, 2] > 0
    assert likeness[0, 3] == 0
    with pytest.raises(InputError, match="not a SMILES"):
        space.unit(["not a molecule"])


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (InputKind.SEQUENCE, ["MEEPQSDPSV", "EEPQSDPSVE", "MRPSGTAGAA", "RPSGTAGAAL"]),
        (InputKind.SMILES, ["CCO", "CCCO", "CCN", "CCCN"]),
        (InputKind.TEXT, ["red fox", "red dog", "blue fox", "blue dog"]),
    ],
)
def test_an_input_that_is_there_is_most_like_itself(kind: InputKind, inputs: list[str]) -> None:
    space = PieceSpace(kind, inputs)
    unit = space.unit(inputs)
    assert abs(unit - space.matrix).max() < 1e-7
    likeness = space.likeness(unit)
    assert np.diag(likeness) == pytest.approx(np.ones(4), abs=1e-6)
    assert likeness.max() < 1 + 1e-6  # another may share all that it shares with anything, none may be nearer


@pytest.mark.parametrize("kind", [InputKind.SEQUENCE, InputKind.TEXT])
def test_what_has_no_known_piece_is_like_nothing(kind: InputKind) -> None:
    space = PieceSpace(kind, ["AAAAA BBBBB", "AAAAA CCCCC"])
    found = space.likeness(space.unit(["", "?", "é@@@@", "zq"]))
    assert found.shape == (4, 2)
    assert not found.any()


def test_no_inputs_at_all() -> None:
    for kind in (InputKind.SEQUENCE, InputKind.TEXT):
        space = PieceSpace(kind, [])
        assert space.likeness(space.unit(["AAAA"])).shape == (1, 0)
