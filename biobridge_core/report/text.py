"""Foreign text made safe in HTML, and how numbers are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

THIN = "\u2009"


def t(text: object) -> str:
    """Foreign text made inert in HTML, quotes and control characters included."""
    return escape("".join(c if c.isprintable() or c in f"\n{THIN}" else " " for c in str(text)), quote=True)


def link(text: str, url: str) -> str:
    """Text that opens ``url``; the text alone where the address is not an https one."""
    if not url.startswith("https://"):
        return t(text)
    return f'<a href="{t(url)}" rel="noopener noreferrer">{t(text)}</a>'


def number(value: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", THIN)


def two(value: float) -> str:
    """Two significant digits; what is tiny only says so."""
    if value == 0:
        return "0"
    return f"{value:.2g}" if abs(value) >= 0.0001 else "&lt;0.0001"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> str:
    """A table; cells are HTML, caption and heads are text."""
    head = "".join(f'<th scope="col">{t(name)}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{t(caption)}"><table class="{t(style)}">'
        f"<caption>{t(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names with their values (HTML); empty values are left out."""
    return "<dl>" + "".join(f"<dt>{t(name)}</dt><dd>{value}</dd>" for name, value in rows if value) + "</dl>"
