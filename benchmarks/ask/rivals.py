"""The answers of all baselines to the questions that have answers, kept as those of the service are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ask.asking import Asking, Question, opened_for
from ask.baselines import BM25, FUSED, LOOKUP, NAMES, NEAREST, POPULAR, TEXT, ColdRivals, LookUp, TextSearch, unit
from ask.record import Record
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.encoders import create
from biobridge_core.encoders.base import Encoder
from biobridge_core.types import InputKind

Found = dict[str, list[list[str]]]  #: rival -> for each question its answers in order


class Rivals:
    """All baselines over the graphs that our service is asked with."""

    def __init__(self, asking: Asking, settings: Settings) -> None:
        self._asking, self._settings = asking, settings
        self._looks: dict[str, LookUp] = {}
        self._searches: dict[str, TextSearch] = {}

    def answers(
        self, questions: Sequence[Question], records: Sequence[Record], progress: Callable[[str], None]
    ) -> Found:
        """Answers of each rival; none where it has nothing to say, or the question wants no list."""
        found: Found = {name: [[] for _ in questions] for name in NAMES}
        for place, (question, record) in enumerate(zip(questions, records, strict=True)):
            if question["expect"] != "answer":
                continue
            for name, ids in self._of(question, record).items():
                found[name][place] = ids
            if place % 200 == 199:
                progress(f"rivals: {place + 1} of {len(questions)}")
        for search in self._searches.values():
            search.save()
        return found

    def _of(self, question: Question, record: Record) -> Mapping[str, list[str]]:
        name = opened_for(question)
        text = " ".join([*question["thread"], question["question"]])
        search = self._search(name)
        candidates = search.candidates(text)
        ranked = search.rank(text, candidates)
        found = {
            TEXT: search.answers(text, ranked),
            BM25: search.answers(text, candidates),
            FUSED: search.answers(text, search.fused(ranked, candidates)),
            LOOKUP: self._look(name).answers(record),
        }
        if name == "cold":
            found[NEAREST] = self._cold.nearest(question["entities"][0], record)
            found[POPULAR] = self._cold.popular(record)
        return found

    def _look(self, name: str) -> LookUp:
        if name not in self._looks:
            self._looks[name] = LookUp(self._asking.graph(name))
        return self._looks[name]

    def _search(self, name: str) -> TextSearch:
        if name not in self._searches:
            kept = self._settings.build / "ask" / "sentences" / f"{self._asking.digests[name][:16]}.npz"
            self._searches[name] = TextSearch(self._asking.graph(name), self.encode, kept)
        return self._searches[name]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """MiniLM vectors of unit length (n, d)."""
        return unit(self._encoder.encode(texts).vectors)

    @cached_property
    def _encoder(self) -> Encoder:
        return create(self._settings.encoders[InputKind.TEXT], self._settings)

    @cached_property
    def _cold(self) -> ColdRivals:
        opened = Catalogue.load(self._asking.folder("cold") / "catalogue", verify=False)
        frozen = Catalogue.load(self._settings.bundle / "catalogue", verify=False)
        return ColdRivals(self._look("cold"), opened, self._asking.whole, frozen)
