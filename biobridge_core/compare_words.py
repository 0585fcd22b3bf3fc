"""Comparisons in plain words, the same on the page and in a report. Plain text: whoever shows it escapes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from biobridge_core.report.text import number
from biobridge_core.types import HitStatus, Relation

if TYPE_CHECKING:
    from biobridge_core.alignment import Alignment
    from biobridge_core.compare import Direction, JointHit, Member, Moved, Pair, Signature, Variant

#: Singular and plural of a modality.
Words = Callable[[str], tuple[str, str]]

_LARGE = 0.5  #: of the usual distance to the nearest other protein, from which on a shift may mean something
_CHANGES = 12  #: named one by one
_VOICES = {
    "bridge": ("The bridge alone", "What the trained network says from the input itself, without its memory."),
    "neighbours": ("Nearest neighbours' vote", "The most similar entities of the graph vote with their own links."),
    "embedding": ("Graph embedding", "TransE, a second model that knows the links alone and nothing of the input."),
}


def counted(value: int, words: tuple[str, str]) -> str:
    """``1 disease``, ``12 345 diseases``."""
    return f"{number(value)} {words[0] if value == 1 else words[1]}"


def pair_rows(pair: Pair, words: Words, relations: Mapping[str, Relation]) -> list[tuple[str, str, list[str]]]:
    """Where each end stands when the other is asked: label, what it means, and a cell for each way."""
    rows = [
        (
            "Rank",
            "Its place among all entities of its kind; 1 is best.",
            [
                f"{number(way.hit.rank)} of {counted(way.n_candidates, words(way.hit.entity.modality))}"
                for way in pair.ways
            ],
        ),
        ("Above", "Share of its kind that scores lower.", [_percent(way.hit.percentile) for way in pair.ways]),
        (
            "Chance that the graph holds this link",
            "Calibrated on links that were held back; none for a known link, a rank far down or a route.",
            [_chance(way) for way in pair.ways],
        ),
        (
            "Relation",
            "The relation that fits best, or the route.",
            [_relation(way, relations) for way in pair.ways],
        ),
    ]
    for name, (label, meaning) in _VOICES.items():
        rows.append((label, meaning, [_voice(way, name) for way in pair.ways]))
    return rows


def status(pair: Pair) -> HitStatus:
    """Whether a pair is linked in the graph, only proposed, or of one kind."""
    return HitStatus.KNOWN if pair.known else pair.ways[0].hit.status if pair.ways else HitStatus.PREDICTED


def member(seen: Member) -> str:
    """How one of several sees a hit: ``● 12`` for a known link, ``○ 340`` for a predicted one."""
    return f"{'●' if seen.known else '○'} {number(seen.rank)}"


def linked(hit: JointHit) -> str:
    """How many of those asked together the graph links to a hit."""
    return f"{sum(seen.known for seen in hit.members)} of {len(hit.members)}"


def against(hit: JointHit) -> str:
    """What a hit shows although it is said to be absent; empty where nothing speaks against it."""
    told = [f"{seen.finding.name}{f' ({seen.often})' if seen.often else ''}" for seen in hit.against]
    verb = "is" if len(told) == 1 else "are"
    return f"shows {' and '.join(told)}, which {verb} said to be absent" if told else ""


def together(found: Signature, words: Words) -> tuple[str, str, str]:
    """What several point at: the sentence before its best hit, the hit's name, and the sentence after."""
    n = len(found.queries)
    before = "Together they point first at" if n > 1 else "It points first at"
    known = sum(seen.known for seen in found.hits[0].members)
    whole = "both of them" if n == 2 else f"all {n} of them"
    to = whole if known == n else f"{known} of the {n}" if known else "none of them"
    share = f", which the graph links to {to}" if n > 1 else ""
    return before, found.hits[0].entity.name, f"{share}; {counted(found.n_candidates, words(found.to))} ranked."


def stays(found: Variant, name: str, words: Words) -> str:
    """How many of the best hits of a wild type are among the best of the mutant."""
    kept = "All" if found.shared == found.k else "None" if not found.shared else number(found.shared)
    stay = "stays" if found.shared == 1 else "stay"
    return f"{kept} of the best {found.k} {words(found.to)[1]} of {name} {stay} among the best {found.k} of the mutant."


def shift(found: Variant) -> tuple[str, str, str]:
    """How far a mutant's vector is moved; what that means, to be stressed (may be empty); and the rest of it."""
    ratio = found.shift / max(found.usual, 1e-9)
    size = f"{100 * ratio:.2g} %" if ratio < 1 else f"{ratio:.2g} times"
    measured = (
        f"The change moves the protein's vector by {found.shift:.2g} (1 − cosine): {size} of the usual distance "
        f"between a known protein and the nearest other one ({found.usual:.2g})."
    )
    if ratio < _LARGE:
        return (
            measured,
            "So small a shift means little",
            ": the models were not made to tell single changes apart, and hits that move by it are mostly noise. "
            "Nothing here says whether a variant causes disease.",
        )
    return (
        measured,
        "",
        f"{found.nearer:.0f} % of known proteins have a nearer neighbour, so to the models this is another protein. "
        "That says nothing of whether a variant causes disease.",
    )


def identity(found: Alignment) -> str:
    """How alike two sequences are."""
    share = 100 * found.identity
    shown = f"{share:.2f}" if 99 <= share < 100 else f"{share:.3g}"
    return f"{shown} % identical ({number(found.same)} of {number(found.columns)} positions)"


def changes(found: Alignment) -> str:
    """Which residues differ, the first of them by name."""
    if not found.n_changes:
        return "There is no difference."
    named = ", ".join(str(change) for change in found.changes[:_CHANGES])
    more = f" and {number(found.n_changes - _CHANGES)} more" if found.n_changes > _CHANGES else ""
    return f"Changes: {named}{more}."


def moved(hit: Moved) -> str:
    """By how many ranks a hit moved from wild type to mutant."""
    by = hit.ranks[0] - hit.ranks[1]
    return "=" if by == 0 else f"{'▲' if by > 0 else '▼'} {number(abs(by))}"


def score(hit: Moved) -> str:
    """The score for the mutant over that for the wild type."""
    wild, mutant = hit.scores
    return f"× {mutant / wild:.3g}" if wild > 0 else f"{mutant:+.2g}"


def _percent(value: float) -> str:
    return f"{value:.2f} %" if value > 99 else f"{value:.0f} %"


def _chance(way: Direction) -> str:
    hit = way.hit
    if hit.probability is None:
        return "known" if hit.status is HitStatus.KNOWN else "–"
    return f"{100 * hit.probability:.2g} %" + ("" if hit.confident else " (not confident)")


def _relation(way: Direction, relations: Mapping[str, Relation]) -> str:
    if way.hit.route:
        return f"over {way.hit.route}"
    relation = relations.get(way.hit.relation)
    return relation.label if relation is not None else "alike, no link meant"


def _voice(way: Direction, name: str) -> str:
    heard = way.why.agreement
    if heard is None:
        return "–"
    voice = next((voice for voice in heard.voices if voice.name == name), None)
    if voice is None or voice.percentile is None:
        return "nothing to say"
    return f"above {_percent(voice.percentile)}"
