"""A small reader that was trained on people's own wordings: what they ask for, where the cues of the rules run out.

Three linear softmax heads over the sentence vector of the question, with kinds in place of names, beside hashed words
and pairs of words. The weights are made by ``benchmarks/ask/train_reader.py`` from the wordings that stand there.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer.relations import MARK
from biobridge_core.errors import ArtifactError

HEADS = ("plan", "shape", "refuse")
ANSWER, ADVICE, ORDERS, NOT_HELD = "answer", "advice", "orders", "not_held"
WEIGHTS, LABELS = "reader.safetensors", "reader.json"
N_HASHED = 6_144  #: places for words, pairs of words and beginnings of words
#: What stands for a name in the text that becomes a sentence vector.
KIND_WORDS: Mapping[str, tuple[str, str]] = {
    "protein": ("gene", "genes"),
    "drug": ("drug", "drugs"),
    "disease": ("disease", "diseases"),
    "phenotype": ("symptom", "symptoms"),
    "biological_process": ("biological process", "biological processes"),
    "molecular_function": ("molecular function", "molecular functions"),
    "cellular_component": ("cellular component", "cellular components"),
    "therapeutic_class": ("therapeutic class", "therapeutic classes"),
}
_FILLER = re.compile(
    r"^\W*(?:hi|hello|please|so|well|also|and|ok|okay|hey|kindly|dear all|thanks)\b[,!.: ]*|[,. ]*\b(?:please|thanks"
    r"|thank you|cheers|many thanks|if you (?:can|could|would|please))\W*$"
)
_WORD = re.compile(r"<\w+>|[^\W_]+|->|[?:/]")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the reader makes of a question: label -> probability, for each head."""

    plan: Mapping[str, float]
    shape: Mapping[str, float]
    refuse: Mapping[str, float]


class Reader:
    """The trained heads. Read-only; safe to share between threads.

    Parameters
    ----------
    weights
        Head -> (features, labels) matrix, whose last row is added to every question.
    labels
        Head -> its labels.
    ways
        Label of the plan head -> kinds from the start to the answers; an empty one for anything.
    words
        What people use in questions, and mean no entity by, in small letters.
    """

    def __init__(
        self,
        weights: Mapping[str, Floats],
        labels: Mapping[str, Sequence[str]],
        ways: Mapping[str, tuple[str, ...]],
        encode: Callable[[Sequence[str]], Floats],
        words: frozenset[str] = frozenset(),
    ) -> None:
        self._weights, self._labels, self._encode = weights, labels, encode
        self.ways, self.words = ways, words
        self.read = lru_cache(maxsize=512)(self._read)

    @classmethod
    def load(cls, folder: Path | None, encode: Callable[[Sequence[str]], Floats]) -> Reader:
        """Read the weights that are shipped, or those in a folder.

        Raises
        ------
        ArtifactError
            If weights and labels do not fit together.
        """
        from safetensors.numpy import load

        place = files("biobridge_core.answer") if folder is None else folder
        told = json.loads(place.joinpath(LABELS).read_text(encoding="utf-8"))
        weights = {name: held.astype(np.float32) for name, held in load(place.joinpath(WEIGHTS).read_bytes()).items()}
        if any(weights[head].shape[1] != len(told["labels"][head]) for head in HEADS):
            raise ArtifactError("The weights of the reader do not fit its labels.", "Train the reader again.")
        ways = {label: tuple(way) for label, way in told["ways"].items()}
        return cls(weights, told["labels"], ways, encode, frozenset(told["words"]))

    def _read(self, masked: str, kinds: tuple[str, ...]) -> Opinion:
        """What is asked in a question.

        Parameters
        ----------
        masked
            The question in small letters with marks for names.
        kinds
            Of each name in turn. Plans that start from one of them have all the probability.
        """
        features = features_of([(masked, kinds)], self._encode)
        found = {head: self.logits(features, head)[0] for head in HEADS}
        fits = np.array([not kinds or self.ways[label][0] in kinds for label in self._labels["plan"]])
        found["plan"] = np.where(fits, found["plan"], -np.inf) if fits.any() else found["plan"]
        chances = {head: dict(zip(self._labels[head], _softmax(found[head]), strict=True)) for head in HEADS}
        return Opinion(**chances)

    def logits(self, features: Floats, head: str) -> Floats:
        """(questions, labels) of a head."""
        held = self._weights[head]
        found: Floats = features @ held[:-1] + held[-1]
        return found


def features_of(asked: Sequence[tuple[str, Sequence[str]]], encode: Callable[[Sequence[str]], Floats]) -> Floats:
    """Sentence vectors beside hashed words (n, dim + `N_HASHED`) of (masked question, kind of each name)."""
    vectors = encode([in_words(masked, kinds) for masked, kinds in asked])
    return np.hstack([vectors, np.stack([hashed(masked, kinds) for masked, kinds in asked])]).astype(np.float32)


def in_words(masked: str, kinds: Sequence[str]) -> str:
    """The question with "the gene" where a gene is named."""
    return " ".join(_named(_plain(masked), kinds, lambda kind, many: f"the {KIND_WORDS[kind][many]}").split())


def hashed(masked: str, kinds: Sequence[str]) -> Floats:
    """Words, pairs, and beginnings of words of a question, each at the place that its digest says (`N_HASHED`,)."""
    words = _WORD.findall(_named(_plain(masked), kinds, lambda kind, many: f" <{kind}{'s' if many else ''}> "))
    padded = ["^", *words, "$"]
    parts = [*words, *(f"{a} {b}" for a, b in pairwise(padded))]
    parts += [f"{word[:5]}~" for word in words if len(word) > 5 and word[0] != "<"]
    parts += [f"{a} _ {b}" for a, b in zip(padded, padded[2:], strict=False)]
    made = np.zeros(N_HASHED, np.float32)
    for part in set(parts):
        made[zlib.crc32(part.encode()) % N_HASHED] += 1.0
    return made / max(1.0, float(np.linalg.norm(made)))


def _plain(masked: str) -> str:
    before = ""
    while masked != before:
        before, masked = masked, _FILLER.sub(" ", masked)
    return masked.strip()


def _named(masked: str, kinds: Sequence[str], word: Callable[[str, bool], str]) -> str:
    many = re.compile(rf"{MARK}(?:(?:\s*(?:,|and|or|&|\+|/|;|as well as)+\s*(?:the |both )?){MARK})+")

    def one(match: re.Match[str], several: bool) -> str:
        place = int(match[0].split("§")[1])
        return word(kinds[place] if place < len(kinds) else kinds[-1], several) if kinds else "it"

    masked = many.sub(lambda match: one(match, True) if _alike(match[0], kinds) else match[0], masked)
    return re.sub(MARK, lambda match: one(match, False), masked)


def _alike(listed: str, kinds: Sequence[str]) -> bool:
    return len({kinds[min(int(n), len(kinds) - 1)] for n in re.findall(r"§(\d+)§", listed)} if kinds else ()) <= 1


def _softmax(logits: Floats) -> list[float]:
    powers = np.exp(logits - logits.max())
    found: list[float] = (powers / powers.sum()).tolist()
    return found
