"""Why a hit stands where it does, as a part of a report."""

from __future__ import annotations

from biobridge_core.report.text import number, pairs, t, two
from biobridge_core.types import Edge, Neighbour, Path, Why

_SHOWN = 5


def section(why: Why) -> str:
    """Answer, paths, whose links vote, and who agrees, as HTML."""
    known = "".join(f"<li>{_edge(edge)}</li>" for edge in why.known)
    paths = "".join(f"<li>{_path(path)}</li>" for path in why.paths[:_SHOWN])
    voters = "".join(f"<li>{_neighbour(neighbour)}</li>" for neighbour in why.neighbours[:_SHOWN])
    voices = "" if why.agreement is None else t(why.agreement.sentence)
    gains = ", ".join(f"{t(part.name)} {part.gain:+.1f}" for part in why.parts)
    more = why.n_neighbours - min(len(why.neighbours), _SHOWN)
    rows = (
        ("In the graph", f"<ul>{known}</ul>" if known else ""),
        ("Paths through the graph", f"<ul>{paths}</ul>" if paths else "no evidence found"),
        (
            "Whose links pull it up",
            f"<ul>{voters}</ul>" + (f"<p>and {number(more)} more</p>" if more > 0 else "") if voters else "",
        ),
        ("Parts of the score (log odds over the mean)", gains),
        ("Who agrees", voices),
        ("Notes", " ".join(t(note) for note in why.notes)),
    )
    title = f"<h3>{t(why.hit.name)} <small>{t(why.hit.id)}</small></h3>"
    return f'<section class="why">{title}<p>{t(why.answer)}</p>{pairs(rows)}</section>'


def _edge(edge: Edge) -> str:
    cited = f" <small>[{t('; '.join(edge.sources))}]</small>" if edge.sources else ""
    return f"{t(edge.head.name)} <i>{t(edge.label)}</i> {t(edge.tail.name)}{cited}"


def _path(path: Path) -> str:
    start = "" if path.start_share is None else f" <small>({two(100 * path.start_share)} % is read from there)</small>"
    return "; ".join(_edge(edge) for edge in path.edges) + start


def _neighbour(neighbour: Neighbour) -> str:
    alike = ", ".join(f"{kind.value} {two(value)}" for kind, value in neighbour.similarity)
    which = "like the hit, linked to the query" if neighbour.like_hit else "like the query, linked to the hit"
    cited = f" <small>[{t('; '.join(neighbour.sources))}]</small>" if neighbour.sources else ""
    return f"{t(neighbour.entity.name)} ({which}; {alike}; {two(100 * neighbour.share)} % of the vote){cited}"
