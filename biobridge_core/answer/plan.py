"""From what a question says to steps over relations of the graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from biobridge_core.answer.relations import (
    ACTIONS,
    CLASS,
    DISEASE,
    DRUG,
    FUNCTION,
    LOCATION,
    MARK,
    PHENOTYPE,
    PROCESS,
    PROTEIN,
    Cue,
    cues,
    wanted,
)
from biobridge_core.answer.types import Step

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_MOST_KINDS = 4  #: beside the start; longer questions are not walked
_ABOVE = re.compile(
    rf"\b(?:which|what) (?:\w+ )?(?:terms?|concepts?|headings?|nodes?) (?:\w+ )?(?:includes?|contains?|covers?"
    rf"|comprises?|subsumes?)\b"
    rf"|\b(?:which|what) (?:\w+ )?(?:terms?|concepts?|headings?|groups?|famil(?:y|ies)) (?:does|do|is"
    rf"|are) (?:the )?{MARK} (?:fall|belong|in|under|part|come|file|filed|go)"
)
_INCLUDES = re.compile(
    rf"\bwhat (?:all )?(?:does|do|is|are) (?:the )?{MARK} (?:include|comprise|cover|encompass|subsume)"
)
_KIND_OF_WHAT = re.compile(
    rf"\b(?:is|are) (?:the )?(?:\w+ )?{MARK} (?:a |an |the |one )?(?:\w+ )?(?:kind|type|sort|form|variant"
    rf"|example|instance|sub-?\w+"
    rf"|special case|child|narrower)\b|{MARK} (?:is|are) (?:a |an |the |one )?(?:\w+ )?(?:kind|type|sort|form"
    rf"|sub-?\w+) of"
)
_KINDS_OF = re.compile(
    rf"\b(?:kinds?|types?|sorts?|forms?|variants?|examples?|instances?) of (?:the |a |an )?{MARK}"
    rf"|{MARK} (?:types|kinds|forms|variants)\b"
)
_BINDS_WHAT = re.compile(
    rf"\b(?:does|do|can|could|will|may|might) (?:the |this |my )?(?:\w+ )?{MARK} (?:\w+ ){{0,2}}"
    r"(?:bind|attach|stick|latch|cling)"
)
#: verb and kind of the start -> kind that is asked for where no word names it
_IMPLIED = {
    ("use", DRUG): DISEASE, ("use", CLASS): DISEASE, ("use", DISEASE): DRUG,
    ("participate", PROTEIN): PROCESS, ("participate", PROCESS): PROTEIN,
    ("enable", PROTEIN): FUNCTION, ("enable", FUNCTION): PROTEIN,
    ("locate", PROTEIN): LOCATION, ("locate", LOCATION): PROTEIN,
    ("cause", PROTEIN): DISEASE, ("cause", DISEASE): PROTEIN, ("cause", PHENOTYPE): DISEASE,
    ("associate", PROTEIN): DISEASE, ("associate", DISEASE): PROTEIN, ("associate", PHENOTYPE): DISEASE,
    ("show", DISEASE): PHENOTYPE, ("show", PHENOTYPE): DISEASE,
    ("belong", DRUG): CLASS, ("belong", CLASS): DRUG, ("under", CLASS): DRUG,
    ("use", PROTEIN): PROCESS, ("do", PROTEIN): PROCESS, ("do", DRUG): PROTEIN, ("do", CLASS): DISEASE,
}  # fmt: skip
#: a kind that is what the start itself is called by ("X is a symptom of"), and what that asks for
_CALLED = {PHENOTYPE: DISEASE, DRUG: PROTEIN, PROTEIN: DRUG, CLASS: DISEASE}


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps from a start, and how sure they are."""

    steps: tuple[Step, ...]
    kinds: tuple[str, ...]  #: of start, everything between, answers
    certainty: float
    assumed: tuple[str, ...] = ()  #: kinds that no word named
    learnt: bool = False  #: by the trained reader, against the rules or where they say nothing


class Planner:
    """Knows which kinds of things are linked in a graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._next: dict[str, list[str]] = {name: [] for name in graph.modalities}
        for relation in graph.relations.values():
            if not relation.hierarchical and relation.tail not in self._next[relation.head]:
                self._next[relation.head].append(relation.tail)

    def plan(self, masked: str, start: str, shared: bool = False) -> Plan | None:
        """Steps that a masked question asks for, from a start of the kind ``start``; None where it says none.

        Parameters
        ----------
        masked
            The question in small letters with marks for names.
        """
        found = cues(masked)
        if shared and not any(cue.tag in ("kind", "action") and cue.value != start for cue in found):
            return self.anything(start)
        if not shared and (up := self._hierarchy(masked, found, start)) is not None:
            name = f"{start}_is_a" + ("" if up else "_inverse")
            if name in self.graph.relations:
                return Plan((Step((name,)),), (start, start), 0.9)
            return None
        action = next((cue.action or cue.value for cue in found if cue.action or cue.tag == "action"), "")
        action = _named_action(found) or action
        kinds = [_member(cue, start) for cue in found if cue.tag == "kind"]
        kinds = [cue for cue in kinds if not _names_start(masked, cue, start)]
        if start == DRUG and not any(cue.value == PROTEIN for cue in kinds):
            kinds = [cue for cue in kinds if not cue.text.startswith("where")]
        kinds = _of_action(kinds, start, action)
        first = wanted(masked, kinds)
        plain = first is not None and first.value == start and not first.action
        if plain and start != CLASS and not self._is_way_back(kinds, start, masked):
            return None
        for dropped in ([], [cue for cue in kinds if cue.value == start]):
            left = [cue for cue in kinds if cue not in dropped]
            if not left:
                continue
            asked = wanted(masked, left)
            between = [cue.value for cue in left if asked is not None and cue is not asked]
            if asked is not None and (way := self.way(start, asked.value, between)):
                unsaid = any(kind == start and asked.value != start for kind in between)
                sure = (
                    0.9
                    - 0.3 * unsaid
                    - 0.1 * (len(way) - 2 - len(set(between) - {start, asked.value}))
                    - 0.1 * bool(dropped)
                )
                return self._made(way, action, sure)
        return self._from_verbs(masked, found, kinds, start, action)

    def asks_own_kind(self, masked: str, start: str) -> bool:
        """Whether what causes, or is linked to, the start is asked for and would be of the start's own kind."""
        found = cues(masked)
        kinds = [cue for cue in found if cue.tag == "kind" and not _names_start(masked, cue, start)]
        first = wanted(masked, kinds)
        linked = any(cue.tag == "verb" and cue.value in ("cause", "associate", "use") for cue in found)
        alone = first is not None and not first.action and {cue.value for cue in kinds} == {start}
        return linked and alone and start in (PROTEIN, DRUG)

    def between(self, masked: str, head: str, tail: str) -> Plan | None:
        """Steps from one named thing to another; None where there is no short way in this direction."""
        found = cues(masked)
        action = _named_action(found)
        way = self.way(head, tail, ())
        if way is None:
            return None
        steps = tuple(self.step(a, b, action) for a, b in pairwise(way))
        forward = all(self.graph.relations[step.relations[0]].forward for step in steps)
        return Plan(steps, way, 0.9 - 0.2 * (len(way) - 2) - (0.0 if forward else 0.02))

    def anything(self, start: str) -> Plan | None:
        """Everything that things of one kind may have in common, in one step."""
        names = [name for tail in self._next[start] for name in self.step(start, tail).relations]
        return Plan((Step(tuple(names)),), (start, ""), 0.7) if names else None

    @staticmethod
    def _is_way_back(kinds: Sequence[Cue], start: str, masked: str) -> bool:
        """Whether other things of the start's kind can be asked for: those that share something with it, or none."""
        named = {cue.value for cue in kinds} - {start}
        return bool(named) or (start == PHENOTYPE and not re.match(r"\W*(?:which|what|list)\b", masked))

    def _from_verbs(
        self, masked: str, found: Sequence[Cue], kinds: Sequence[Cue], start: str, action: str
    ) -> Plan | None:
        """Where no word names what is asked for, the verb and the start say it."""
        if start == PROTEIN and _BINDS_WHAT.search(masked):
            return self._made((PROTEIN, FUNCTION), "", 0.6)
        if action and start in (DRUG, PROTEIN) and not any(cue.value == "use" for cue in found):
            return self._made((start, PROTEIN if start == DRUG else DRUG), action, 0.85)
        for cue in sorted(found, key=lambda cue: (cue.value == "do", cue.value == "under")):
            if cue.tag in ("verb", "under"):
                asked = _IMPLIED.get((cue.value or cue.tag, start))
                if asked and (way := self.way(start, asked, ())):
                    return self._made(way, action, 0.75)
        if (
            start == CLASS
            and re.search(rf"\b(?:examples?|list|all|show|name|which|give)\b.*{MARK}", masked)
            and not kinds
        ):
            return self._made((CLASS, DRUG), "", 0.6)
        if any(cue.value == start for cue in kinds) and start in _CALLED:
            return self._made((start, _CALLED[start]), action, 0.6)
        return None

    def way(self, start: str, asked: str, between: Sequence[str]) -> tuple[str, ...] | None:
        """Kinds from the start to what is asked for through those between; None where there is no short way."""
        through = list(dict.fromkeys(kind for kind in between if kind != asked or start == asked))
        through = [kind for kind in through if kind != start]
        if start == asked and not through:
            return None
        for n in range(len(through), -1, -1):
            ways = []
            for order in permutations(through, n):
                way = self._joined((start, *order, asked), asked, through)
                if way is not None:
                    ways.append(way)
            if ways:
                return min(ways, key=len)
        return None

    def _joined(self, stops: tuple[str, ...], asked: str, named: Sequence[str]) -> tuple[str, ...] | None:
        way = [stops[0]]
        for here, there in pairwise(stops):
            if there in self._next[here]:
                way.append(there)
                continue
            middle = [kind for kind in self._next[here] if there in self._next[kind]]
            if not middle or here == there:
                return None
            # drugs for a disease are those of the classes used for it, unless genes are spoken of
            middle.sort(key=lambda kind: (kind not in named, kind != CLASS))
            way += [middle[0], there]
        turned = any(a == c for a, _, c in zip(way, way[1:], way[2:], strict=False))
        if (turned and way[0] != asked) or len(way) - 1 > _MOST_KINDS:
            return None
        return tuple(way)

    def _made(self, way: Sequence[str], action: str, sure: float) -> Plan:
        if action == "drug_binds_protein" and len(way) > 2:  # whatever acts on a protein binds it
            action = ""
        return Plan(tuple(self.step(a, b, action) for a, b in pairwise(way)), tuple(way), max(0.3, sure))

    def along(self, way: Sequence[str], sure: float) -> Plan:
        """Steps along given kinds."""
        return self._made(way, "", sure)

    def single(self, relation: str, sure: float) -> Plan:
        """One relation."""
        found = self.graph.relations[relation]
        return Plan((Step((relation,)),), (found.head, found.tail), sure)

    def step(self, head: str, tail: str, action: str = "") -> Step:
        """The relations from one kind to another; of drug and protein only the named action, if one is named."""
        names = [r.name for r in self.graph.relations_between(head, tail)]
        if {head, tail} == {DRUG, PROTEIN}:
            ending = "" if head == DRUG else "_inverse"
            names = [name + ending for name in ACTIONS if name + ending in self.graph.relations]
            if action + ending in names:
                names = [action + ending]
        return Step(tuple(names))

    def _hierarchy(self, masked: str, found: Sequence[Cue], start: str) -> bool | None:
        """Whether what is above (True) or below (False) the start is asked for; None where neither."""
        if start in (PROTEIN, DRUG) or (start == CLASS and re.search(r"\bexamples?\b", masked)):
            return None
        above = bool(_ABOVE.search(masked))
        if above or (start not in (LOCATION, CLASS) and _INCLUDES.search(masked)):
            return above
        others = {cue.value for cue in found if cue.tag == "kind" and not _names_start(masked, cue, start)} - {start}
        others -= {PROCESS} if start == FUNCTION else set()
        tags = {cue.tag for cue in found}
        if not others - {"member", CLASS} and (_KIND_OF_WHAT.search(masked) or "down" in tags) and "up" not in tags:
            return bool(_KIND_OF_WHAT.search(masked))
        up = "up" in tags and not others - {LOCATION, CLASS, "member"}
        if not up and others - {"member"} - ({CLASS} if start == CLASS else set()):
            return None
        if up or "kind_of" in tags:
            return up or not _KINDS_OF.search(masked)
        under = any(cue.text == "under" for cue in found) and not re.search(rf"under (?:the )?(?:\w+ )?{MARK}", masked)
        is_what = under or re.search(rf"{MARK} (?:is|are) (?:a|an)\W*$", masked)
        return True if is_what else False if any(cue.text == "under" for cue in found) else None


def _of_action(kinds: list[Cue], start: str, action: str) -> list[Cue]:
    """The kinds without what only paints an action: the pores that a drug blocks, the activity that it inhibits.

    Unless the other end of the action is spoken of, in which case they may be what is asked of it.
    """
    other = {DRUG: PROTEIN, PROTEIN: DRUG}.get(start)
    if other is None or action in ("", "any") or any(cue.value == other for cue in kinds):
        return [
            cue for cue in kinds if not (action and start == DRUG and cue.text.startswith(("activit", "functioning")))
        ]
    return [cue for cue in kinds if cue.value not in (FUNCTION, PROCESS, LOCATION)]


def _named_action(found: Sequence[Cue]) -> str:
    """What a drug is said to do to a protein; that it binds says least."""
    named = [a for cue in found for a in (cue.action, cue.value) if a.startswith("drug_")]
    return min(named, key=lambda name: name == "drug_binds_protein", default="")


def _member(cue: Cue, start: str) -> Cue:
    if cue.value != "member":
        return cue
    value = DRUG if start in (CLASS, DISEASE) else PROTEIN
    return Cue(cue.tag, value, cue.start, cue.end, cue.text)


def _names_start(masked: str, cue: Cue, start: str) -> bool:
    """Whether a kind only says what the name beside it is: "the gene X", "X protein"."""
    if cue.value != start:
        return False
    before = re.match(rf"\W*(?:(?:called|named|known as|of|with the name|id|term) )?[\"“'‘(]*{MARK}", masked[cue.end :])
    whose = re.search(r"\b(?:whose|with|having) (?:\w+ )?$", masked[: cue.start])
    before = before or (whose and re.match(rf" (?:is|are|being) [\"“'‘(]*{MARK}", masked[cue.end :]))
    of = bool(before and " of " in before[0])
    after = re.search(rf"{MARK}[\"”'’)]*[ -]$", masked[: cue.start])
    return bool((before and not of) or after)


def named_kind(masked: str, kinds: Collection[str]) -> str:
    """The kind that the words beside a name say it is; empty where they say none."""
    found = cues(masked)
    return next(
        (
            cue.value
            for cue in found
            if cue.tag == "kind" and cue.value in kinds and _names_start(masked, cue, cue.value)
        ),
        "",
    )
