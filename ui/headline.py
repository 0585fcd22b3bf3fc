"""The answer in one sentence: what is known, what the bridge adds, and how sure it is of that."""

from __future__ import annotations

from collections.abc import Sequence

from biobridge_core.types import FAR, Hit, HitList, HitStatus, QueryKind, Retrieval
from ui import hits, service, theme

_RAW = {
    QueryKind.ENTITY: "this entity",
    QueryKind.SEQUENCE: "this sequence",
    QueryKind.SMILES: "this molecule",
    QueryKind.TEXT: "this text",
}
_SICK = {"disease", "phenotype"}


def sentence(retrieval: Retrieval, listed: HitList) -> str:
    """The answer in one sentence of Markdown; a list that is a guess as a whole has no first."""
    one, many = service.words(listed.modality)
    who = f"**{theme.plain(retrieval.entity.name, 60)}**" if retrieval.entity else _RAW[retrieval.query.kind]
    others = [hit for hit in listed.hits if hit.status is not HitStatus.KNOWN]
    linked = f"{who} is linked to {theme.counted(listed.n_known, one, many)} in the graph"
    if not others:
        return f"{linked}; nothing else ranks as high." if listed.n_known else f"{linked}."
    name, ranked = _name(others[0]), theme.counted(listed.n_candidates, one, many)
    if others[0].status is HitStatus.SIMILAR:
        said = f"Of {ranked}, {name} is most like {who}"
    elif _far(retrieval):
        said = f"Nothing in the graph is like {who}: of {ranked} none stands out, and what follows is a guess"
    elif listed.route and _without_direction(retrieval, listed):
        said = _undirected(retrieval.query.modality, who, name, ranked)
    elif retrieval.entity and listed.n_known:
        found = _how_sure(others, len(listed.hits) < listed.n_candidates, rest=True)
        said = f"{linked}; {found or f'of the others, the bridge ranks {name} highest'}"
    elif retrieval.entity and not listed.route:
        found = _how_sure(others, len(listed.hits) < listed.n_candidates)
        said = f"The graph links {who} to no {one}; {found or f'the bridge ranks {name} highest of {ranked}'}"
    else:
        found = _how_sure(others, len(listed.hits) < listed.n_candidates)
        said = f"Of {ranked}, {found or f'the bridge ranks {name} highest for {who}'}"
    return f"{said}."


def _name(hit: Hit) -> str:
    return f"**{theme.plain(hit.entity.name, 80)}**"


def _far(retrieval: Retrieval) -> bool:
    distance = retrieval.distance_percentile
    return retrieval.entity is None and distance is not None and distance >= FAR


def _how_sure(others: Sequence[Hit], cut: bool, rest: bool = False) -> str:
    """How many of the predicted ones the bridge is confident about; nothing where no chance was measured."""
    if all(hit.confident is None for hit in others):
        return ""
    sure = [hit for hit in others if hit.confident]
    if not sure:
        chance = hits.chance(others[0]).split(" · ")[0]
        told = f"{chance}, not confident" if chance else "not confident"
        return f"{'of the others, ' if rest else ''}{_name(others[0])} stands highest ({told})"
    number = theme.number(len(sure)) + (" or more" if cut and len(sure) == len(others) else "")
    first = f"{_name(sure[0])} first" if len(sure) > 1 else _name(sure[0])
    return f"the bridge is confident about {number}{' of the others' if rest else ''}, {first}"


def _without_direction(retrieval: Retrieval, listed: HitList) -> bool:
    """Whether the hits join drugs and ailments, of which no link of the graph says what the one does to the other."""
    ends = {retrieval.query.modality, listed.modality}
    return "drug" in ends and bool(ends & _SICK)


def _undirected(asked: str, who: str, name: str, ranked: str) -> str:
    if asked == "drug":
        return f"Of {ranked}, {name} lies nearest to what {who} acts on. It may help there, harm or do nothing"
    return f"Of {ranked}, {name} acts nearest to what is known of {who}. It may help, harm or do nothing"
