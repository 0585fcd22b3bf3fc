"""What a question asks for by the nearness of its meaning to descriptions, where no word of it says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer.relations import MARK

LEAST = 0.55  #: cosine below which a question is like no description
_AHEAD = 0.02  #: that a description of what is not in the graph must be behind
#: Groups of descriptions that are no single relation -> their kinds, from the start to the answers.
_WAYS: dict[str, tuple[str, ...]] = {
    "drugs_for_disease": ("disease", "therapeutic_class", "drug"),
    "diseases_of_class_of_drug": ("drug", "therapeutic_class", "disease"),
    "drug_acts_on_protein": ("drug", "protein"),
    "drug_acts_on_protein_inverse": ("protein", "drug"),
}


class Descriptions:
    """Descriptions of what can be asked, and of what cannot, as vectors. Read-only after construction."""

    def __init__(
        self, kinds_of: Mapping[str, tuple[str, str]], encode: Callable[[Sequence[str]], NDArray[np.float32]]
    ) -> None:
        self._encode = encode
        held = json.loads(files("biobridge_core.answer").joinpath("phrases.json").read_text(encoding="utf-8"))
        self._groups = [name for name, texts in held["relations"].items() for _ in texts]
        self._ways: list[tuple[str, ...]] = [
            _WAYS[name] if name in _WAYS else kinds_of.get(name, ()) for name in self._groups
        ]
        self._texts = [text for texts in held["relations"].values() for text in texts] + held["not_in_graph"]

    def nearest(self, masked: str, kind: str, words: str) -> tuple[str, float] | None:
        """(group of the nearest description of a start of this kind, cosine); None where none is near.

        Parameters
        ----------
        words
            What the start is called in descriptions: "gene", "drug".
        """
        asked = re.sub(MARK, f"the {words}", masked).strip(" ?.!")
        cosines = self.vectors @ self._encode([asked])[0]
        mine = [n for n, way in enumerate(self._ways) if way and way[0] == kind]
        if not mine:
            return None
        best = max(mine, key=lambda n: float(cosines[n]))
        outside = float(cosines[len(self._groups) :].max())
        if cosines[best] < LEAST or cosines[best] < outside + _AHEAD:
            return None
        return self._groups[best], float(cosines[best])

    def way(self, group: str) -> tuple[str, ...]:
        """Kinds from the start to the answers of a group."""
        return tuple(self._ways[self._groups.index(group)])

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Of all descriptions (n, dim)."""
        return self._encode(self._texts)
