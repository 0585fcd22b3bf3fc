"""Answers without the bridge: what a search over written-out facts, a look-up, and the nearest known input give.

text search
    Every link of the opened graph as a sentence, "imatinib inhibits ABL1". BM25 (Robertson 2009,
    doi:10.1561/1500000019) over the words of question and thread picks candidates. They are ranked in three ways: by
    the cosine of their MiniLM vectors with the question's, as BM25 has them, and by both ranks together (the sum of
    1 / (60 + rank), Cormack 2009, doi:10.1145/1571941.1572114). A sentence answers with that end of its link whose name
    shares the smaller part of its words with the question. It reads the question itself and needs no understanding.
KG look-up
    The plan and the entities that our understanding found, over known links alone; what more paths lead to comes first.
nearest input
    For attachments: the entity with links along the first step whose frozen vector has the highest cosine with the
    input's; its answers, then those of the next nearest, until there are ten.
most linked
    For attachments: the tails that the plan leads to most often, whatever the input is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ask.record import Record
from ask.score import TOP, is_refused
from biobridge_core.catalogue import Catalogue
from biobridge_core.kg.graph import KnowledgeGraph

TEXT, BM25, FUSED = "text search (MiniLM)", "text search (BM25)", "text search (both ranks)"
LOOKUP, NEAREST, POPULAR = "KG look-up", "nearest input", "most linked"
NAMES = (TEXT, BM25, FUSED, LOOKUP, NEAREST, POPULAR)

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
Question = Mapping[str, Any]

_K1, _B = 1.2, 0.75
CANDIDATES = 30  #: sentences that MiniLM ranks
_WORD = re.compile(r"\w+")
_FUSION = 60
_NEAR = 200  #: nearest entities that are looked at


class TextSearch:
    """Written-out links, found by words and ranked by meaning.

    Parameters
    ----------
    encode
        Sentences -> MiniLM vectors (n, d).
    kept
        File of the vectors of sentences that were ranked before; made when missing.
    """

    def __init__(self, graph: KnowledgeGraph, encode: Encode, kept: Path) -> None:
        self._graph, self._encode, self._kept = graph, encode, kept
        keys = np.stack([graph.relation_of_triple.astype(np.int64), graph.heads, graph.tails])
        self._links = np.unique(keys, axis=1).T  # (n, 3): a link counts once, whoever states it
        self._vectors: dict[int, NDArray[np.float32]] = self._read()

    def sentence(self, link: int) -> str:
        """A link in words."""
        code, head, tail = self._links[link]
        graph = self._graph
        return f"{graph.names[head]} {graph.relations[graph.forward_names[code]].label} {graph.names[tail]}"

    def candidates(self, text: str) -> list[int]:
        """Links whose sentences share the most telling words with a text, best first."""
        weights, place = self._bm25
        places = [place[word] for word in dict.fromkeys(_words(text)) if word in place]
        if not places:
            return []
        scores = np.asarray(weights[:, places].sum(axis=1)).ravel()
        best = np.argpartition(-scores, min(CANDIDATES, len(scores) - 1))[:CANDIDATES]
        best = best[scores[best] > 0]
        return [int(i) for i in best[np.lexsort((best, -scores[best]))]]

    def rank(self, question: str, candidates: Sequence[int]) -> list[int]:
        """Candidates by cosine of their sentence with the question."""
        if not candidates:
            return []
        vectors = self._of(candidates)
        asked = unit(self._encode([question]))[0]
        return [candidates[i] for i in np.argsort(-(vectors @ asked), kind="stable")]

    def fused(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        """Two orders of the same candidates in one."""
        places = [{link: place for place, link in enumerate(order, start=1)} for order in (first, second)]
        return sorted(first, key=lambda link: (-sum(1 / (_FUSION + place[link]) for place in places), link))

    def answers(self, text: str, links: Sequence[int]) -> list[str]:
        """The ends that links answer a text with, each once."""
        said = set(_words(text))
        found: dict[str, None] = {}
        for link in links:
            _, *ends = self._links[link].tolist()
            shares = [_share(_words(self._graph.names[row]), said) for row in ends]
            found[self._graph.ids[ends[int(shares[0] >= shares[1])]]] = None
        return list(found)

    def save(self) -> None:
        """Keep the vectors for the next run."""
        if self._vectors:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            links = np.array(sorted(self._vectors))
            np.savez(self._kept, links=links, vectors=np.stack([self._vectors[i] for i in links]).astype(np.float16))

    def _of(self, links: Sequence[int]) -> NDArray[np.float32]:
        new = [link for link in links if link not in self._vectors]
        if new:
            self._vectors.update(zip(new, unit(self._encode([self.sentence(link) for link in new])), strict=True))
        return np.stack([self._vectors[link] for link in links]).astype(np.float32)

    def _read(self) -> dict[int, NDArray[np.float32]]:
        if not self._kept.is_file():
            return {}
        with np.load(self._kept, allow_pickle=False) as kept:
            return dict(zip(kept["links"].tolist(), kept["vectors"].astype(np.float32), strict=True))

    @cached_property
    def _bm25(self) -> tuple[sparse.csc_array, dict[str, int]]:
        """Weight of each word in each sentence, (n_links, n_words), and the column of each word."""
        graph = self._graph
        place: dict[str, int] = {}
        words_of = [[place.setdefault(word, len(place)) for word in _words(name)] for name in graph.names]
        labels = [
            [place.setdefault(word, len(place)) for word in _words(graph.relations[name].label)]
            for name in graph.forward_names
        ]
        rows, columns = [], []
        for link, (code, head, tail) in enumerate(self._links.tolist()):
            found = words_of[head] + labels[code] + words_of[tail]
            rows.extend([link] * len(found))
            columns.extend(found)
        shape = (len(self._links), len(place))
        counts = sparse.coo_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape).tocsr()
        counts.sum_duplicates()
        length = np.asarray(counts.sum(axis=1)).ravel()
        having = np.bincount(counts.indices, minlength=len(place))
        rarity = np.log1p((len(length) - having + 0.5) / (having + 0.5)).astype(np.float32)
        norm = (_K1 * (1 - _B + _B * length / length.mean())).astype(np.float32)
        counts.data *= (_K1 + 1) / (counts.data + np.repeat(norm, np.diff(counts.indptr)))
        counts.data *= rarity[counts.indices]
        return counts.tocsc(), place


class LookUp:
    """Plans over the known links of an opened graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._tails: dict[str, dict[int, list[int]]] = {}

    def answers(self, record: Record) -> list[str]:
        """What the links lead to from the entities that were understood, those with most paths first."""
        starts = [one["entity"] for one in record["mentions"] if one["entity"] in self.graph]
        if is_refused_before(record) or not starts or not record["steps"]:
            return []
        rows = [self.graph.row(id_) for id_ in starts]
        found = [self.follow(Counter([row]), record["steps"]) for row in rows]
        total: Counter[int] = Counter()
        for one in found:
            total.update(one)
        shared = [row for row in total if all(row in one for one in found) and row not in rows]
        return [self.graph.ids[row] for row in sorted(shared, key=lambda row: (-total[row], row))]

    def follow(self, rows: Counter[int], steps: Sequence[Sequence[str]]) -> Counter[int]:
        """Rows at the end of a plan with the number of paths to them."""
        for step in steps:
            onwards: Counter[int] = Counter()
            for row, paths in rows.items():
                for tail in dict.fromkeys(tail for name in step for tail in self.tails(name).get(row, ())):
                    onwards[tail] += paths
            rows = onwards
        return rows

    def tails(self, relation: str) -> dict[int, list[int]]:
        """Head row -> tail rows."""
        if relation not in self._tails:
            table: dict[int, list[int]] = {}
            for head, tail in self.graph.edges(relation).tolist():
                table.setdefault(head, []).append(tail)
            self._tails[relation] = table
        return self._tails[relation]


class ColdRivals:
    """Answers for an input that the graph has never seen, from frozen vectors or from numbers of links alone.

    Parameters
    ----------
    look
        Over the graph that lacks the entities behind the inputs.
    catalogue, whole, frozen
        Frozen vectors of that graph; the whole graph and its vectors, where those of the inputs are read, so that
        nothing is encoded twice: they are what the encoder makes of the same input, in eight bits.
    """

    def __init__(self, look: LookUp, catalogue: Catalogue, whole: KnowledgeGraph, frozen: Catalogue) -> None:
        self._look, self._catalogue, self._whole, self._frozen = look, catalogue, whole, frozen

    def nearest(self, id_: str, record: Record) -> list[str]:
        """Answers of the nearest entities that have any along the first step, until there are ten."""
        steps = record["steps"]
        if is_refused_before(record) or not steps:
            return []
        row = self._whole.row(id_)
        kind = self._whole.input_kind(row)
        place = int(np.searchsorted(self._frozen.rows(kind), row))
        rows, vectors = self._catalogue.rows(kind), unit(self._catalogue.vectors(kind))
        cosines = vectors @ unit(self._frozen.vectors(kind)[place][None])[0]
        linked = {head for name in steps[0] for head in self._look.tails(name)}
        cosines[[i for i, other in enumerate(rows.tolist()) if other not in linked]] = -np.inf
        found: dict[int, None] = {}
        for near in np.argsort(-cosines, kind="stable")[:_NEAR]:
            if len(found) >= TOP or not np.isfinite(cosines[near]):
                break
            ends = self._look.follow(Counter([int(rows[near])]), steps)
            found.update(dict.fromkeys(sorted(ends, key=lambda end: (-ends[end], end))))
        return [self._look.graph.ids[end] for end in found]

    def popular(self, record: Record) -> list[str]:
        """The tails that the plan leads to from most heads."""
        steps = record["steps"]
        if is_refused_before(record) or not steps:
            return []
        heads = {head for name in steps[0] for head in self._look.tails(name)}
        ends = self._look.follow(Counter(dict.fromkeys(heads, 1)), steps)
        best = sorted(ends, key=lambda end: (-ends[end], end))[: 2 * TOP]
        return [self._look.graph.ids[end] for end in best]


def is_refused_before(record: Record) -> bool:
    """Whether the question was refused for what it is; that nothing was found is no reason for who looks elsewhere."""
    return is_refused(record) and record["refusal"] != "no_evidence"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _share(words: Sequence[str], said: set[str]) -> float:
    return sum(word in said for word in words) / max(1, len(words))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, d) of length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)
