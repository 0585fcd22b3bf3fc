from __future__ import annotations

from biobridge_core.relative import relative
from biobridge_core.types import Entity, InputKind

WILD = "MVHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQ"
KNOWN = Entity("UniProtKB:P68871", "protein", "HBB", input_kind=InputKind.SEQUENCE, input=WILD)


def test_an_exchange_is_named_in_the_numbering_of_the_known_one() -> None:
    found = relative(WILD[:6] + "V" + WILD[7:], KNOWN)
    assert (found.changes, found.n_changes, found.exchanges) == (("E7V",), 1, True)
    assert str(found) == "97.5 % identical (E7V)"


def test_a_loss_is_no_exchange_and_many_changes_are_counted() -> None:
    assert not relative(WILD[:10] + WILD[14:], KNOWN).exchanges
    far = relative("W" * len(WILD), KNOWN)
    assert far.changes == ()
    assert "places differ" in str(far)
