"""What is not answered, told from the words of a question alone, and what to say instead."""

from __future__ import annotations

import json
import re
import unicodedata
from importlib.resources import files
from typing import Any

from biobridge_core.answer.types import Reason, Refusal

MAX_QUESTION = 2_000  #: characters; a question of so many names something in every line
EXAMPLES = ("Which drugs inhibit EGFR?", "Which genes are associated with cystic fibrosis?", "What is imatinib?")

CHANGE = (
    "“{change}” is read as a change in {name}. The graph holds what is known of whole genes and proteins; what a "
    "single change does is not held. The page Compare sets a changed protein beside {name}."
)

_HELD: dict[str, Any] = json.loads(files("biobridge_core.answer").joinpath("refusals.json").read_text("utf-8"))
_ADVICE, _NOT_ADVICE, _ORDERS = (
    re.compile("|".join(_HELD[name]), re.IGNORECASE) for name in ("advice", "not_advice", "orders")
)
#: Words that hold the sentences of other languages together, of English, and of both.
_FOREIGN, _ENGLISH, _SHARED_WITH_ENGLISH = (frozenset(_HELD[name].split()) for name in ("foreign", "english", "both"))


def unreadable(question: str) -> Refusal | None:
    """Why a question is not even read: empty, too long, without words."""
    if not question.strip():
        return Refusal(Reason.EMPTY, "There is no question.", EXAMPLES)
    if len(question) > MAX_QUESTION:
        said = f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} are read."
        return Refusal(
            Reason.TOO_LONG, f"{said} Ask one thing at a time; a sequence goes into an attachment.", EXAMPLES
        )
    letters = [c for c in question if c.isalpha()]
    words = re.findall(r"\w+", question.casefold())
    if len(words) > 2 and len(set(words)) == 1:
        return Refusal(Reason.NONSENSE, "This is one word again and again.", EXAMPLES)
    if len(letters) < 2:
        return Refusal(Reason.NONSENSE, "There are no words in this question.", EXAMPLES)
    return None


def orders(question: str) -> bool:
    """Whether the text tries to give orders to the program."""
    return bool(_ORDERS.search(" ".join(question.split())))


def told_orders() -> Refusal:
    """What is said to orders."""
    said = "This tells the program what to do; it only answers questions about genes, drugs, diseases and the like."
    return Refusal(Reason.ORDERS, said, EXAMPLES)


#: What people call theirs that is no person: "what could my unknown protein do".
_MY_MATERIAL = re.compile(
    r"\b(?:my|our) (?:[\w-]+ ){0,2}(?:(?:poly)?peptides?|proteins?|sequences?|chains?|enzymes?|receptors?|genes?"
    r"|molecules?|compounds?|structures?|smiles|candidates?|ligands?|hits?|leads?|scaffolds?|chemicals?|substances?|files?|fasta"
    r"|attachments?|quer(?:y|ies)|inputs?|targets?|constructs?|clones?|variants?|lists?|entr(?:y|ies)|residues?)\b",
    re.IGNORECASE,
)


def advice(question: str) -> bool:
    """Whether it is asked what a person should take or do, or what a person has."""
    plain = _NOT_ADVICE.sub(" ", " ".join(question.split()))
    return bool(_ADVICE.search(_MY_MATERIAL.sub("this thing", plain)))


def foreign(question: str) -> bool:
    """Whether a question is in another language than English."""
    letters = [c for c in question if c.isalpha()]
    if sum(_other_script(c) for c in letters) > 0.3 * len(letters):
        return True
    words = re.findall(r"[^\W\d_]+", question.casefold())
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _FOREIGN and word not in _SHARED_WITH_ENGLISH for word in words)
    maybe = sum(word in _FOREIGN for word in words)
    marks = any(ord(c) > 127 and c.isalpha() for c in question) or "¿" in question
    return other > english or (other >= 1 and maybe > english) or (marks and maybe > 0 and english == 0)


def _other_script(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    return not name.startswith(("LATIN", "GREEK", "MODIFIER", "FEMININE", "MASCULINE", "MICRO"))
