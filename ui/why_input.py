"""What in the input carries the bridge's part of a score: coloured residues or words, or a drawing of the molecule."""

from __future__ import annotations

import base64
import re
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Attribution, InputKind, Query, QueryKind, Why
from ui import service, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from biobridge_core.service import BridgeService

_UNITS = {InputKind.SEQUENCE: "residues", InputKind.SMILES: "atoms", InputKind.TEXT: "words"}
_LINE, _GROUP = 60, 10
_NAMED = 5  #: units that the text alternative names
_DRAWN = (420, 300)
_KEPT = 12  #: attributions kept a visitor
_SYMBOL = re.compile(r"Br|Cl|Si|[A-Za-z]")

_CSS = """
.bb-seq {font-family: ui-monospace, monospace; font-size: .86rem; line-height: 1.55; white-space: nowrap;
  overflow-x: auto; padding-bottom: .3rem;}
.bb-seq .bb-at {display: inline-block; width: 3.2rem; text-align: right; padding-right: .6rem; opacity: .7;}
.bb-seq .bb-ten {display: inline-block; margin-right: .55rem;}
.bb-words {line-height: 1.9;}
.bb-words b, .bb-seq b {font-weight: 400; border-radius: 2px;}
.bb-up {background: color-mix(in srgb, light-dark(#C24E00, #F0843C) var(--by), transparent);}
.bb-down {background: color-mix(in srgb, light-dark(#0072B2, #56B4E9) var(--by), transparent);}
.bb-key {font-size: .82rem; opacity: .9;} .bb-key b {font-weight: 400; padding: 0 .4rem; border-radius: 2px;}
@media (max-width: 640px) {.bb-seq {white-space: normal;} .bb-seq .bb-line {display: block; margin-bottom: .3rem;}}
"""


def section(bridge: BridgeService, query: Query, found: Why) -> None:
    """A button that measures it, then the picture; nothing where no content of the input was scored."""
    if not found.relation and found.hit.modality != query.modality:
        return  # reached over other kinds: the bridge has no cosine of its own with the hit
    kind = _kind(bridge, query)
    units = _UNITS[kind]
    st.markdown(
        f"**Which {units} carry it?**",
        help=f"How much the bridge's own cosine between query and hit falls when some {units} are hidden from the "
        "foundation model. This is the part that comes from the input; the votes of neighbours are not in it.",
    )
    key = (query, found.hit.id)
    kept: dict[tuple[Query, str], Attribution] = st.session_state.setdefault("attributed", {})
    wanted, label = f"measure {found.hit.id}", f"Measure the {units}"
    if key not in kept and not st.session_state.get(wanted):
        _button(label, wanted)
        return
    if key not in kept:
        with service.caught(otherwise=partial(_button, f"{label} again", wanted)):
            kept[key] = _measured(bridge, query, found, units)
            while len(kept) > _KEPT:
                kept.pop(next(iter(kept)))
    st.session_state.pop(wanted, None)
    if key in kept:
        show(bridge, kept[key])


def _button(label: str, wanted: str) -> None:
    st.button(label, icon=":material/biotech:", key=f"button {wanted}", on_click=_want, args=(wanted,))


def _want(wanted: str) -> None:
    st.session_state[wanted] = True


def _measured(bridge: BridgeService, query: Query, found: Why, units: str) -> Attribution:
    bar = st.progress(0.0, f"Hiding {units} …")
    try:
        return bridge.attribute(query, found.hit.id, found.relation or None, partial(_tell, bar))
    finally:
        bar.empty()


def _tell(bar: DeltaGenerator, message: str, done: float) -> None:
    bar.progress(min(max(done, 0.0), 1.0), theme.plain(message, 120))


def _kind(bridge: BridgeService, query: Query) -> InputKind:
    if query.kind is QueryKind.ENTITY:
        return bridge.entity(query.value).input_kind
    return InputKind(query.kind.value)


def show(bridge: BridgeService, found: Attribution) -> None:
    """The picture with its key, its words and how it was measured."""
    st.html(f"<style>{_CSS}</style>{_key(found)}")
    if found.kind is InputKind.SEQUENCE:
        st.html(sequence(found))
    elif found.kind is InputKind.TEXT:
        st.html(_words(found))
    else:
        _molecule(bridge, found)
    st.caption(theme.plain(in_words(found), 600))
    told = [found.method, *found.notes]
    if found.agreement is not None:
        told.append(
            f"On held benchmarks, what is shown agrees with hiding every window in turn at a Spearman correlation of "
            f"{found.agreement:.2f}."
        )
    st.caption(theme.plain(" ".join(told), 900))


def in_words(found: Attribution) -> str:
    """The same as text: the units, or stretches of residues, that count most on either side."""
    unit = _UNITS[found.kind]
    most, least = _named(found, 1), _named(found, -1)
    carry = f"{unit.capitalize()} that carry it most: {most}." if most else f"No {unit} carry it."
    against = f" Against it: {least}." if least else ""
    return f"{carry}{against} The cosine that is explained is {found.cosine:.2f}."


def _named(found: Attribution, sign: int) -> str:
    """The units that count most for (1) or against (-1) the score."""
    sizes = [sign * value for value in found.values]
    if found.kind is InputKind.SEQUENCE:
        return ", ".join(_stretch(first, last) for first, last in _stretches(sizes))
    places = sorted(range(len(sizes)), key=lambda place: -sizes[place])[:_NAMED]
    places = [place for place in places if sizes[place] > 0]
    if found.kind is InputKind.TEXT:
        return ", ".join(f"“{found.units[place]}”" for place in places)
    return ", ".join(f"{_symbol(found.units[place])}{place + 1}" for place in places)


def _stretches(sizes: Sequence[float]) -> list[tuple[int, int]]:
    """Up to three runs of residues, first and last, at half of the highest value or more; highest first."""
    least, runs = max(sizes, default=0.0) / 2, list[tuple[int, int]]()
    for place, size in enumerate(sizes):
        if size <= 0 or size < least:
            continue
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return sorted(runs, key=lambda run: -max(sizes[run[0] : run[1] + 1]))[:3]


def _stretch(first: int, last: int) -> str:
    return f"{first + 1}–{last + 1}" if last > first else f"{first + 1}"


def _symbol(unit: str) -> str:
    """A residue's letter, or the element of an atom as the SMILES writes it."""
    found = _SYMBOL.search(unit)
    return found.group().capitalize() if found else unit


def sequence(found: Attribution) -> str:
    """Letters, 60 a line in groups of 10, coloured by value."""
    scale = _scale(found)
    lines = []
    for start in range(0, len(found.units), _LINE):
        groups = []
        for first in range(start, min(start + _LINE, len(found.units)), _GROUP):
            letters = "".join(
                _coloured(found.units[place], found.values[place], scale, f"{found.units[place]}{place + 1}")
                for place in range(first, min(first + _GROUP, start + _LINE, len(found.units)))
            )
            groups.append(f'<span class="bb-ten">{letters}</span>')
        lines.append(f'<div class="bb-line"><span class="bb-at">{start + 1}</span>{"".join(groups)}</div>')
    alternative = escape(in_words(found), quote=True)
    return f'<div class="bb-seq" role="img" tabindex="0" aria-label="{alternative}">{"".join(lines)}</div>'


def _words(found: Attribution) -> str:
    scale = _scale(found)
    words = " ".join(_coloured(word, value, scale, word) for word, value in zip(found.units, found.values, strict=True))
    return f'<div class="bb-words">{words}</div>'


def _molecule(bridge: BridgeService, found: Attribution) -> None:
    svg = bridge.depict_weights(found.text, found.values, *_DRAWN, dark=st.context.theme.type == "dark")
    data = base64.b64encode(svg.encode()).decode()
    alt = escape(in_words(found), quote=True)
    st.html(f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" style="max-width:100%">')


def _coloured(text: str, value: float, scale: float, title: str) -> str:
    share = round(85 * min(abs(value) / scale, 1.0))
    if share < 4:
        return f'<b title="{escape(title, quote=True)}">{escape(text)}</b>'
    side = "up" if value > 0 else "down"
    told = f"{escape(title, quote=True)}: {value:+.2g}"
    return f'<b class="bb-{side}" style="--by:{share}%" title="{told}">{escape(text)}</b>'


def _key(found: Attribution) -> str:
    unit = _UNITS[found.kind]
    return (
        f'<div class="bb-key"><b class="bb-up" style="--by:70%">carries the score</b> the cosine falls when these '
        f'{unit} are hidden &nbsp; <b class="bb-down" style="--by:70%">works against it</b> it rises</div>'
    )


def _scale(found: Attribution) -> float:
    """The value that gets the full colour: the 98th percentile, so that one outlier does not pale the rest."""
    sizes = sorted(abs(value) for value in found.values)
    return max(sizes[int(0.98 * (len(sizes) - 1))], 1e-9) if sizes else 1.0
