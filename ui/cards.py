"""What cards of several pages share. They are HTML: everything foreign in them is escaped here."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from biobridge_core.types import Entity
from ui import theme


def link(entity: Entity, limit: int = 160) -> str:
    """The name of an entity as a link to its own page, in a new tab as in the tables."""
    name = escape(theme.shorten(entity.name, limit))
    return f'<a href="/entity?q={quote(entity.id, safe="")}" target="_blank" rel="noopener">{name}</a>'
