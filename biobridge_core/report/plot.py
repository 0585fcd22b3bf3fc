"""A plot of hits as SVG, drawn here so that the file needs no script."""

from __future__ import annotations

import math
from collections.abc import Sequence

from biobridge_core.report.text import number, t
from biobridge_core.types import Hit, HitStatus

_WIDTH, _HEIGHT = 680, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 40
_FLOOR = 1e-6  #: shares of belief below it are drawn on it
_STYLE = {
    HitStatus.KNOWN: 'fill="#0b6b75" stroke="#0b6b75"',
    HitStatus.PREDICTED: 'fill="#ffffff" stroke="#b04a00" stroke-width="1.6"',
    HitStatus.SIMILAR: 'fill="#ffffff" stroke="#5f6b76" stroke-width="1.6"',
}


def scores(hits: Sequence[Hit], n_candidates: int, what: str) -> str:
    """Score of each hit against its rank, both on logarithmic axes (cosines on a plain one); known ones are filled.

    Parameters
    ----------
    hits
        In any order.
    n_candidates
        How many entities were ranked: the end of the axis.
    what
        Plural of the kind, for the title that a screen reader says.

    Returns
    -------
    str
        An ``<svg>`` element; empty without hits.
    """
    if not hits:
        return ""
    cosine = all(hit.status is HitStatus.SIMILAR for hit in hits)
    decades = max(1, math.ceil(math.log10(max(n_candidates, 2))))

    def across(rank: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(math.log10(max(rank, 1)) / decades, 1.0)

    def height(score: float) -> float:
        share = max(score, 0.0) if cosine else 1 - math.log10(max(min(score, 1.0), _FLOOR)) / math.log10(_FLOOR)
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - min(share, 1.0))

    marks = [
        f'<circle cx="{across(hit.rank):.1f}" cy="{height(hit.score):.1f}" r="4.2" {_STYLE[hit.status]}>'
        f"<title>{t(hit.entity.name)} ({hit.status.value}), rank {hit.rank}</title></circle>"
        for hit in sorted(hits, key=lambda hit: hit.status is HitStatus.KNOWN)
    ]
    ticks = [_tick_x(across(10**p), number(10**p)) for p in range(decades + 1)]
    levels = (0.0, 0.25, 0.5, 0.75, 1.0) if cosine else (1e-6, 1e-4, 1e-2, 1.0)
    ticks += [_tick_y(height(level), f"{level:g}" if cosine or level >= 0.01 else f"{level:.0e}") for level in levels]
    name = "cosine of the frozen vectors" if cosine else "score (share of belief)"
    titles = (
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 4}" text-anchor="middle">rank (1 is best)</text>'
        f'<text x="12" y="{(_TOP + _HEIGHT - _BOTTOM) / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {(_TOP + _HEIGHT - _BOTTOM) / 2})">{name}</text>'
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Score against rank of {t(what)}; '
        f'known links are filled, predicted ones outlined">{"".join(ticks)}{titles}{"".join(marks)}</svg>'
    )


def _tick_x(x: float, label: str) -> str:
    foot = _HEIGHT - _BOTTOM
    return (
        f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{foot}" class="grid"/>'
        f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle">{label}</text>'
    )


def _tick_y(y: float, label: str) -> str:
    return (
        f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" class="grid"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    )
