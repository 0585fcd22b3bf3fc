"""Questions with marks in place of names: what stands for a start, and turns that hang on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from biobridge_core.answer.links import Link
from biobridge_core.answer.relations import MARK, asks_whether
from biobridge_core.answer.types import Mention

_THIS = re.compile(
    r"\b(?:this|the|these|my|that|an?|our)? ?(?:attached|uploaded|drawn|pasted|given|enclosed|above|following"
    r"|unknown|same)? ?"
    r"(?:protein sequences?|amino acid sequences?|sequences?|proteins?|molecules?|compounds?|structures?|smiles"
    r"|attachments?|files?|fasta(?: file)?|genes?|drugs?|ligands?|chemicals?|substances?|inputs?|it)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"^(?:this|these|my|that|our|it\b)|attached|uploaded|drawn|pasted|given|enclosed|smiles|attachment|file"
    r"|fasta|sequence",
    re.IGNORECASE,
)
DESCRIBE = re.compile(
    rf"^(?:(?:hi|hello|please|so|and|then),? )*(?:(?:can|could"
    rf"|would) you (?:please )?)?(?:what(?: exactly)?(?:['’]s| is| are| was| does)|who is|define|describe"
    rf"|explain|tell me (?:about|more about|something about|what)"
    rf"|(?:give me |show me |find |get )?(?:some |more |any )?(?:information|info|details|facts|background"
    rf"|overview|summary)(?: (?:on|about|of|for))?|about|look up|introduce|summari[sz]e|meaning of|definition of"
    rf"|what (?:do you know|is known|can you (?:tell|say))(?: me)? about)"
    rf"(?: (?:the|a|an|is|are|meant by))*(?: (?:gene|protein|drug|medicine|disease|disorder|illness|syndrome"
    rf"|phenotype|symptom|process|pathway|function|class|term|component"
    rf"|compound))? *[\"“'‘]?(?:the )?{MARK}[\"”'’]?"
    rf"(?: (?:is|are|mean|means|gene|protein|drug|disease|actually|exactly|syndrome|please|anyway))*\W*$"
)
WHAT_IS = re.compile(r"\W*(?:what|who)(?:'s|’s| is| are) (?:the |an? )?\S*\W*")
BARE = re.compile(rf"\W*(?:the |a |an )?(?:\w+ )?{MARK}(?: (?:gene|protein|drug|disease))?\W*")


@dataclass(frozen=True, slots=True)
class Start:
    """A place of the question that stands for a start, and what it may be."""

    text: str
    start: int
    end: int
    mentions: tuple[tuple[float, Mention], ...]  #: (prior, mention), likeliest first


def masked_with(text: str, links: Sequence[Link]) -> str:
    """The question in small letters with a mark for each name."""
    parts, at = [], 0
    for n, link in enumerate(links):
        parts += [text[at : link.start].casefold(), f"§{n}§"]
        at = link.end
    return "".join([*parts, text[at:].casefold()])


def once(starts: list[Start], masked: str) -> tuple[list[Start], str]:
    """Each thing once, with one mark wherever it is named."""
    kept: dict[str, int] = {}
    order: list[Start] = []
    for n, start in enumerate(starts):
        key = start.mentions[0][1].query.value
        if key not in kept:
            kept[key] = len(order)
            order.append(start)
        masked = masked.replace(f"§{n}§", f"§{kept[key]}\0§")
    return order, masked.replace("\0", "")


def is_terse(masked: str, starts: Sequence[Start]) -> bool:
    """Whether two names and a mark of interrogation stand for the question whether they are linked."""
    apart = re.search(rf"{MARK}\s*(?:,|and|or|&|\+|/)\s*{MARK}", masked) is None
    kinds = [start.mentions[0][1].query.modality for start in starts]
    asked = re.search(r"\b(?:which|what|who|where|how|list|name|show|give|find|tell)\b", masked)
    return (apart or kinds[0] != kinds[1]) and masked.rstrip().endswith("?") and asked is None


def harmless(word: str, masked: str) -> bool:
    """Whether a word for something that is not held is a part of something that is."""
    if word == "how common":
        return bool(re.search(r"in common", masked))
    if word.startswith("approv"):
        return bool(re.search(r"approved (?:or otherwise|(?:\w+ )?(?:drug|medic|compound|agent|inhibitor)\w*)", masked))
    return word.strip() == "safe" and bool(re.search(r"\bsafe house|\bkeeps? .{0,20}safe\b", masked))


def joined(masked: str) -> str:
    """With one mark for a list of names."""
    return re.sub(rf"{MARK}(?:\s*(?:,|and|or|&|\+|/|;|as well as)+\s*(?:the |both )?{MARK})+", "§0§", masked)


def with_attached(starts: list[Start], masked: str, attached: Sequence[Mention]) -> tuple[list[Start], str]:
    """The attached things as starts before those that are named, with marks where the words speak of them."""
    n = len(starts)
    marks = " and ".join(f"§{n + k}§" for k in range(len(attached)))
    made = [Start(m.text, -1, -1, ((0.0, m),)) for m in attached]
    found = next((m for m in _THIS.finditer(masked) if _POINTING.search(m[0].strip())), None)
    if found is not None:
        masked = f"{masked[: found.start()]} {marks}{masked[found.end() :]}"
    else:
        masked = f"{masked.rstrip('?.! ')} of {marks}"
    return [*starts, *made], masked.strip()


def beside_attached(starts: list[Start], masked: str) -> tuple[list[Start], str]:
    """Without what words of the question name by chance: beside something attached, names have capitals or digits.

    Unless yes or no is asked of the attached thing and a name, or several are compared.
    """
    if asks_whether(masked) or re.search(rf"{MARK},? (?:and|or|with) |(?:and|or|with) {MARK}", masked):
        return starts, masked
    kept = [start for start in starts if not start.text.islower() or re.search(r"\d", start.text)]
    for n, start in enumerate(starts):
        masked = masked.replace(f"§{n}§", f"§{kept.index(start)}\0§" if start in kept else start.text)
    return kept, masked.replace("\0", "")


def pointed(masked: str, marks: str) -> str:
    """A question that goes on from another, with marks for what it points back to."""
    found = re.sub(r"\b(?:it|its|they|them|their|this|that|these|those)\b(?:['’]s)?", marks, masked, count=1)
    return found if found != masked else f"{masked.rstrip('?.! ')} of {marks}"
