"""What words of a question say about relations: kinds of things, ways in which they are linked, the shape wanted.

Cues are found in a question whose names are replaced by marks (``§0§``), so that no part of a name is taken for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

PROTEIN, DRUG, DISEASE, PHENOTYPE = "protein", "drug", "disease", "phenotype"
PROCESS, FUNCTION, LOCATION, CLASS = (
    "biological_process",
    "molecular_function",
    "cellular_component",
    "therapeutic_class",
)
ACTIONS = (
    "drug_inhibits_protein",
    "drug_agonist_of_protein",
    "drug_antagonist_of_protein",
    "drug_modulates_protein",
    "drug_blocks_protein",
    "drug_binds_protein",
)
MARK = r"§\d+§"


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or phrase that says something about what is asked."""

    tag: str  #: ``kind``, ``action``, ``verb``, ``up``, ``down``, ``kind_of``, …
    value: str  #: modality of a kind, relation of an action, verb
    start: int
    end: int
    text: str
    action: str = ""  #: of a kind that is named by what it does: inhibitors


_HELD: dict[str, Any] = json.loads(files("biobridge_core.answer").joinpath("cues.json").read_text("utf-8"))


def _any_of(patterns: Sequence[str]) -> str:
    """One pattern for all, with the parts that several share put in."""
    joined = "|".join(patterns)
    for name, part in _HELD["parts"].items():
        joined = joined.replace(f"<{name}>", part)
    return joined


_LEXICON: list[dict[str, Any]] = _HELD["cues"]
_CUES = re.compile("|".join(rf"(?P<c{n}>\b(?:{_any_of(one['patterns'])})(?!\w))" for n, one in enumerate(_LEXICON)))
_SHARE, _COUNT, _NEGATION, _NOT_DENYING, _VERIFY = (
    re.compile(_any_of(_HELD[name])) for name in ("share", "count", "negation", "not_denying", "verify")
)
_LISTS = "polite", "asks", "not_held", "never_held", "never_held_of_drugs", "never_held_of_proteins"
_POLITE, _ASKS, _NOT_HELD, _NEVER_HELD, _OF_DRUGS, _OF_PROTEINS = (re.compile(_any_of(_HELD[name])) for name in _LISTS)
_ASKED = re.compile(
    r"^(?:and |so |then )?(?:which|what) (?:other |known |approved )?(?:(?P<drug>drugs?|medicines?|medications?)|"
    r"(?P<protein>genes?|proteins?)|(?P<disease>diseases?|disorders?))"
    r" (?!class|famil|group|funct|process|product|complex|target|symptom|categor|type|kind)"
)
#: Turns of phrase -> plainer ones.
_PLAINER = (
    (
        re.compile(
            r"\bwhat (?:is|are|can be|could be|gets?) (?:used|given|prescribed|taken) (?:for|in|against|to treat)\b"
        ),
        "which drugs are used for",
    ),
    (re.compile(r"\b(?:go[ :/-]?)?bp(?=s?\b)(?: terms?)?(?!\w)"), "biological processes"),
    (re.compile(r"\b(?:go[ :/-]?)?mf(?=s?\b)(?: terms?)?(?!\w)"), "molecular functions"),
    (re.compile(r"\b(?:go[ :/-]?)?cc(?=s?\b)(?: terms?)?(?!\w)"), "cellular components"),
    (re.compile(r"\bhpo(?: terms?)?\b"), "phenotypes"),
    (re.compile(r"\b(?:fda[- ])?approved (?:for|against|to treat|to help)\b"), "used for"),
    (re.compile(r"\b(?:on )?(?:the )?(?:ddx|dd|differential)\b(?! diagnos)"), "the differential diagnosis"),
    (re.compile(r"\bmoas?\b"), "mechanism of action"),
    (re.compile(r"\b(?:w/o)(?!\w)"), "without"),
    (re.compile(r"\b(?:no\.|nr\.?|#) of\b"), "number of"),
    (re.compile(r"\bwhat (?:helps|works) (?:for|in|against)\b"), "which drugs are used for"),
)


def plainer(masked: str) -> str:
    """A masked question with some turns of phrase put plainly."""
    for pattern, instead in _PLAINER:
        masked = pattern.sub(instead, masked)
    return masked


def cues(masked: str) -> list[Cue]:
    """All cues of a masked question in small letters, in its order."""
    found = []
    for match in _CUES.finditer(masked):
        name = match.lastgroup or ""
        one = _LEXICON[int(name[1:])]
        found.append(Cue(one["tag"], one["value"], match.start(), match.end(), match[0], one["action"]))
    return found


def not_held(masked: str) -> str:
    """The word for something that the graph does not hold; empty where there is none."""
    found = _NOT_HELD.search(masked)
    return found[0] if found else ""


def never_held(masked: str, kinds: Collection[str] = ()) -> str:
    """The word for something that the graph does not hold whatever stands around it; empty where there is none.

    Parameters
    ----------
    kinds
        Of what is named: what becomes of a drug in the body is not held, but no such words are of processes; nor is
        which proteins interact with one another.
    """
    found = _NEVER_HELD.search(masked)
    if found is None and set(kinds) <= {DRUG, PROTEIN} and (DRUG in kinds or "drug" in masked):
        found = _OF_DRUGS.search(masked)
    if found is None and DRUG not in kinds:
        found = _OF_PROTEINS.search(masked)
    return found[0] if found else ""


def asked_kind(masked: str) -> str:
    """The modality that a question begins with asking for (``which drugs …``); empty where it does not say."""
    found = _ASKED.search(masked)
    return next((kind for kind, word in (found.groupdict() if found else {}).items() if word), "")


def kind_in_words(phrase: str) -> bool:
    """Whether a folded phrase is nothing but a kind of thing: ``molecular function``, ``atc class``."""
    return any(match.span() == (0, len(phrase)) for match in _CUES.finditer(phrase)) or phrase == "atc"


def shares(masked: str) -> bool:
    """Whether what several have in common is asked for."""
    return bool(_SHARE.search(masked))


def counts(masked: str) -> bool:
    """Whether a number is asked for."""
    return bool(_COUNT.search(masked))


def denies(masked: str) -> bool:
    """Whether links that are not there are asked for."""
    return bool(_NEGATION.search(_NOT_DENYING.sub(" ", masked)))


def asks_whether(masked: str) -> bool:
    """Whether yes or no is asked for."""
    rest = _POLITE.sub("", masked).strip()
    if re.match(
        r"(?:and |so |but )?(?:(?:in|on|at|to|for|by|of|from|with|under) )?(?:which|what|where|who|whose|how"
        r"|list|name|show|give)\b",
        rest,
    ):
        return False
    return bool(_VERIFY.search(rest))


def wanted(masked: str, kinds: Sequence[Cue]) -> Cue | None:
    """The kind that is asked for: the first after the word that asks, else the head of the phrase around the name."""
    marks = [match.start() for match in re.finditer(MARK, masked)]
    for asked in _ASKS.finditer(masked):
        after = [cue for cue in kinds if cue.start >= asked.start()]
        if after:
            between = masked[asked.end() : after[0].start]
            if not re.search(MARK, between) or not any(cue.start < asked.start() for cue in kinds):
                return _head(masked, after[0], kinds)
    if not kinds:
        return None
    before = [cue for cue in kinds if not marks or cue.start < marks[0]]
    return _head(masked, before[0], kinds) if before else kinds[-1]


def _head(masked: str, first: Cue, kinds: Sequence[Cue]) -> Cue:
    """The last of kinds that stand side by side: processes of "target processes"."""
    for cue in kinds:
        alone = first.text.endswith(("s", "ing", "ed")) and not first.text.endswith("ss")
        if not alone and cue.start > first.start and re.fullmatch(r"[ -]", masked[first.end : cue.start]):
            first = cue
    return first
