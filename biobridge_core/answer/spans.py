"""Stretches of a text that may be names, and forms of words. Knows no graph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biobridge_core.answer.vocabulary import CUE_WORDS, FUNCTION_WORDS, HARD_BORDERS, NEVER_ALONE, SAYS_KIND
from biobridge_core.names import normalise

_REACH = 9  #: words on either side of an unknown one that may belong to its name
_MOST_PARTS = 18  #: words of a name
_LONGEST = 160  #: characters of a name
_OPENING, _CLOSING = "([{<\"'“‘«", ".,;:?!)]}>\"'”’»"
_TOKEN = re.compile(r"\S+")
_INNER = re.compile(r"[/,;|+&]")
_TAIL = re.compile(
    r"-(?=(?:associated|related|linked|driven|dependent|induced|caused|inhibit\w*|target\w*|bind\w*|block\w*|based"
    r"|positive|mutant|mutated|activat\w*|modulat\w*|antagoni\w*|agoni\w*|specific|directed|like|mediated|type|style|class|treated|responsive|sensitive|resistant|regulated)\b)",
    re.IGNORECASE,
)
_ENDINGS = tuple(
    (ending, instead)
    for endings, instead in (
        (
            "s es ed d ing er ers or ors ly ally al ic ive ion ions able ness ment ments y ish less ful ism ist "
            "ists like",
            "",
        ),
        ("es ed ing er ers or ors ion ions able ive ation ations al y", "e"),
        ("ies ied ily", "y"),
        ("ability", "able"),
        ("ically", "ic"),
    )
    for ending in endings.split()
)
_INFLECTED = re.compile(r"(?:\w{3}(?:ed|ings?|ly|i[sz]es?|able|ious|less|ness|ful|wise|ish|ify|ifies|tional))$")
POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$")


def stems(word: str) -> Iterator[str]:
    """A word and what it may be a form of."""
    yield word
    british = word.replace("isation", "ization").replace("yse", "yze")
    british = re.sub(r"is(e|es|ed|ing|er|ers)$", r"iz\1", british)
    for form in dict.fromkeys((word, british, word.replace("our", "or"), word.replace("ae", "e"))):
        yield form
        for ending, instead in _ENDINGS:
            if form.endswith(ending) and len(form) - len(ending) >= 3:
                yield form[: -len(ending)] + instead
        if (doubled := re.sub(r"([bdgmnprt])\1(?:ed|ing|er|ers)$", r"\1", form)) != form:
            yield doubled
    for prefix in ("non", "un", "re", "co", "sub", "super", "anti", "over", "mis", "inter", "multi", "pre"):
        if word.startswith(prefix) and len(word) > len(prefix) + 3:
            yield word[len(prefix) :]


def inflected(word: str) -> bool:
    """Whether a word has an ending that names of genes and drugs hardly ever have."""
    return word.islower() and bool(_INFLECTED.search(word))


def is_words(word: str, known: bool) -> bool:
    """Whether a word with capitals is of the language all the same: DNA, mRNA, X-linked."""
    return known and not re.search(r"\d", word) and word.casefold() in SAYS_KIND


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Stretches that may be a name, at the borders of words and of what is joined by slashes or hyphens."""
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    borders = [_edges(text, start, end) for start, end in tokens]
    for first in range(len(tokens)):
        for last in range(first, min(first + _MOST_PARTS, len(tokens))):
            for start in borders[first][0]:
                for end in borders[last][1]:
                    if 1 < end - start <= _LONGEST:
                        yield start, end


def _edges(text: str, start: int, end: int) -> tuple[list[int], list[int]]:
    starts, ends = [start], [end]
    while starts[-1] < end - 1 and text[starts[-1]] in _OPENING:
        starts.append(starts[-1] + 1)
    while ends[-1] > start + 1 and text[ends[-1] - 1] in _CLOSING:
        ends.append(ends[-1] - 1)
    for match in _INNER.finditer(text, start, end):
        if start < match.start() and match.end() < end:
            starts.append(match.end())
            ends.append(match.start())
    ends += [match.start() for match in _TAIL.finditer(text, start, end)]
    ends += [start + owner.start() for e in list(ends) if (owner := POSSESSIVE.search(text[start:e]))]
    return starts, sorted({e for e in ends if e > start})


_RECEPTOR = re.compile(r"(\S+) (\S+) receptors?")
_MUSCARINIC = re.compile(r"muscarinic (?:acetylcholine )?(?:receptor )?m(\d)(?: receptor)?s?")
_ADRENOCEPTOR = re.compile(r"(alpha|beta) (\d\w?) (?:adrenergic receptor|adrenoceptor)s?")


def forms(written: str) -> Iterator[tuple[int, str]]:
    """(how far from what is written, folded form) of a stretch."""
    key = normalise(written)
    yield 0, key
    words = key.split()
    if len(words[-1:]) and key.endswith("s") and len(words[-1]) > 4:
        yield 2, key[:-1]
        if key.endswith("ies"):
            yield 3, key[:-3] + "y"
        elif key.endswith("es"):
            yield 3, key[:-2]
    if any(c.isdigit() for c in key) and len(key) <= 12 and len(words) <= 2:
        if len(words) == 2 and words[0] not in FUNCTION_WORDS and words[0] not in CUE_WORDS:
            yield 4, "".join(words)
        elif len(words) == 1:
            yield 4, re.sub(r"(?<=[a-z])(?=\d)", " ", key)

    yield from ((1, other) for other in _receptors(key))


def _receptors(key: str) -> Iterator[str]:
    """What a receptor is called in the nomenclature, where it is written as people say it: ``dopamine D2 receptor``."""
    if match := _ADRENOCEPTOR.fullmatch(key):
        yield f"adrenoceptor {match[1]} {match[2]}"
    elif match := _MUSCARINIC.fullmatch(key):
        yield f"cholinergic receptor muscarinic {match[1]}"
    elif match := _RECEPTOR.fullmatch(key.replace("(", "").replace(")", "")):
        yield from (
            f"{match[1]} receptor {match[2]}",
            f"{match[2]} receptor {match[1]}",
            f"{match[2]} receptor {match[1]} 1",
        )


def around(text: str, place: tuple[int, int]) -> list[tuple[int, int]]:
    """Stretches that hold a word, the longest first, that do not reach over words that only a question has."""
    tokens = [(m.start(), m.end()) for m in re.finditer(r"[^\s?!;\"“”]+", text)]
    tokens = [(s + len(text[s:e]) - len(text[s:e].lstrip("('‘")), e - len(text[s:e]) + len(text[s:e].rstrip(".,')’")))
              for s, e in tokens]  # fmt: skip
    at = next((n for n, (s, e) in enumerate(tokens) if s <= place[0] < max(e, s + 1)), None)
    if at is None:
        return [place]
    found: dict[tuple[int, int], None] = {}
    for borders in (NEVER_ALONE, HARD_BORDERS):
        first = last = at
        while first and at - first < _REACH and text[slice(*tokens[first - 1])].casefold() not in borders:
            first -= 1
        while (
            last + 1 < len(tokens) and last - at < _REACH and text[slice(*tokens[last + 1])].casefold() not in borders
        ):
            last += 1
        spans = [(tokens[a][0], tokens[b][1]) for a in range(first, at + 1) for b in range(at, last + 1)]
        found |= dict.fromkeys(sorted(spans, key=lambda span: span[0] - span[1]))
    return list(found)


def is_shouted(text: str) -> bool:
    """Whether nearly all is in capitals, so that they say nothing."""
    words: list[str] = re.findall(r"[A-Za-z]{2,}", text)
    return len(words) > 3 and sum(word.isupper() for word in words) > 0.7 * len(words)
