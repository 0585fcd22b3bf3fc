"""Cases in which a language model lies: true sentences about real facts of the graph, and false ones among them.

    python benchmarks/ask/lying.py                    # half a minute; prints what was struck and what was kept

A local server that speaks the OpenAI protocol answers with both, and every false sentence has to be struck. Sentences
without a citation, with a wrong one, or with words that no fact bears out count as false, whatever else they say.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import ROOT  # first: it makes the package importable from a checkout

from ask.lies import Teller, told
from ask.speaking import lying_server
from biobridge_core.answer.check import Encode
from biobridge_core.answer.rewrite import rewrite
from biobridge_core.answer.types import Answer, Fact, Mention, Sentence, Shape, Step, Understanding, Voice
from biobridge_core.config import Settings
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.language_model import HttpModel
from biobridge_core.types import Edge, Entity, HitStatus, InputKind, Query, QueryKind

SEED, CASES = 0, 100
_KNOWN, _PREDICTED = 4, 2  #: facts of a case
_TWO_STEPS = (
    ("drug_inhibits_protein", "protein_associated_with_disease"),
    ("protein_associated_with_disease", "disease_has_phenotype"),
    ("drug_agonist_of_protein", "protein_participates_in_biological_process"),
    ("protein_associated_with_disease_inverse", "protein_located_in_cellular_component"),
)


@dataclass(frozen=True)
class Line:
    """One sentence of a reply."""

    text: str  #: with its citation
    true: bool
    kind: str  #: in what way it is false, or how it is worded


@dataclass(frozen=True)
class Case:
    """An answer, and what a model says of it."""

    answer: Answer
    lines: tuple[Line, ...]


@dataclass
class Measured:
    """What became of the sentences of some cases."""

    false: Counter[str] = field(default_factory=Counter)  #: by kind
    false_kept: list[Line] = field(default_factory=list)
    true: Counter[str] = field(default_factory=Counter)
    true_struck: list[tuple[Line, str]] = field(default_factory=list)

    @property
    def share_kept(self) -> float:
        """Of the true sentences."""
        return 1 - len(self.true_struck) / max(sum(self.true.values()), 1)


def count_false_kept(graph: KnowledgeGraph | None = None, encode: Encode | None = None) -> tuple[int, int]:
    """False sentences that were kept, and how many were told, over all cases of the seed."""
    measured = measure(graph or shipped(), encode=encode)
    return len(measured.false_kept), sum(measured.false.values())


def measure(
    graph: KnowledgeGraph, n: int = CASES, seed: int = SEED, encode: Encode | None = None, *, with_names: bool = True
) -> Measured:
    """Have a real server tell the lines of every case, and see which of them stand."""
    made, found = cases(graph, n, seed), Measured()
    current: list[Case] = []
    named = named_of(graph) if with_names else None
    with lying_server(lambda _body: "\n".join(line.text for line in current[-1].lines)) as server:
        model = HttpModel(server.url)
        for case in made:
            current.append(case)
            judge(case, rewrite(case.answer, model, encode=encode, named=named), found)
    return found


def judge(case: Case, answer: Answer, found: Measured) -> None:
    """Count what stands of a case; a false line counts as kept where any part of it stands."""
    own = {sentence.text for sentence in case.answer.sentences}
    said = [sentence for sentence in answer.sentences if sentence.text not in own]
    standing = {_bare(sentence.text) for sentence in said if not sentence.struck}
    true = {_bare(line.text) for line in case.lines if line.true}
    for line in case.lines:
        (found.true if line.true else found.false)[line.kind] += 1
        if line.true and _bare(line.text) not in standing:
            why = next((one.struck for one in said if _bare(one.text) == _bare(line.text)), "not among the sentences")
            found.true_struck.append((line, why))
        elif not line.true and any(part and part in _bare(line.text) for part in standing - true):
            found.false_kept.append(line)


def lie(case: Case) -> str:
    """The whole reply of a case."""
    return "\n".join(line.text for line in case.lines)


def cases(graph: KnowledgeGraph, n: int = CASES, seed: int = SEED) -> list[Case]:
    """Answers with facts of the graph, and what is told of each; the same graph and seed give the same."""
    return list(_cases(graph, n, random.Random(seed)))


def _cases(graph: KnowledgeGraph, n: int, rng: random.Random) -> Iterator[Case]:
    links = _Links(graph)
    relations = [relation for relation in graph.relations if links.starts(relation)]
    rng.shuffle(relations)
    for number in range(n):
        two = number % 5 == 4
        names = _TWO_STEPS[number // 5 % len(_TWO_STEPS)] if two else (relations[number % len(relations)],)
        answer = links.answer(rng, names)
        teller = Teller(rng, answer, links.others(rng, answer), links.near)
        lines = [Line(text, True, kind) for kind, text in told(teller)]
        lines += [Line(text, False, kind) for kind, text in teller.lies()]
        rng.shuffle(lines)
        yield Case(answer, tuple({_bare(line.text): line for line in lines}.values()))


class _Links:
    """The links of a graph by head, and answers drawn from them."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._tails: dict[str, dict[int, list[int]]] = {}
        self.near = _near_of(graph)

    def tails(self, relation: str) -> dict[int, list[int]]:
        if relation not in self._tails:
            found: dict[int, list[int]] = {}
            for head, tail in self.graph.edges(relation).tolist():
                found.setdefault(head, []).append(tail)
            self._tails[relation] = found
        return self._tails[relation]

    def starts(self, relation: str) -> list[int]:
        return [head for head, tails in self.tails(relation).items() if _KNOWN <= len(tails) <= 60]

    def answer(self, rng: random.Random, names: Sequence[str]) -> Answer:
        first, *more = names
        while True:
            head = rng.choice(self.starts(first))
            paths = [(head, tail) for tail in self.tails(first)[head]]
            for name in more:
                paths = [(*path, tail) for path in paths for tail in self.tails(name).get(path[-1], [])[:3]]
            rng.shuffle(paths)
            by_end = {path[-1]: path for path in paths if len(set(path)) == len(path)}
            if len(by_end) >= _KNOWN:
                break
        known = [
            self._fact(path, names, number, False) for number, path in enumerate(list(by_end.values())[:_KNOWN], 1)
        ]
        predicted = self._predicted(rng, head, names, {*by_end, *self.tails(first)[head]})
        whole = len(self.tails(first)[head]) if not more else len(by_end)
        start = known[0].edges[0].head
        query = Query(start.name, QueryKind.ENTITY, start.modality, start.id, start.name)
        mention = Mention(start.name, query, start, "name")
        steps = tuple(Step((name,)) for name in names)
        reading = f"{known[0].edges[-1].label} {start.name}"
        understood = Understanding(f"What about {start.name}?", Shape.LIST, (mention,), steps, reading=reading)
        facts = (*known, *predicted)
        written = Sentence(f"{start.name}: {known[0].answer.name}.", (1,), Voice.KNOWN)
        return Answer(understood, summary=written, sentences=(written,), facts=facts, n_known=whole)

    def _predicted(self, rng: random.Random, head: int, names: Sequence[str], taken: set[int]) -> list[Fact]:
        """Links that the graph does not hold, as the bridge would suggest them."""
        rows = self.graph.rows(self.graph.relations[names[0]].tail).tolist()
        found: list[Fact] = []
        while len(names) == 1 and len(found) < _PREDICTED:
            tail = rng.choice(rows)
            if tail not in taken and tail != head:
                taken.add(tail)
                chance = rng.randrange(21, 88) / 100 + 0.003
                found.append(self._fact((head, tail), names, _KNOWN + 1 + len(found), True, chance))
        return found

    def _fact(
        self, path: Sequence[int], names: Sequence[str], number: int, predicted: bool, chance: float | None = None
    ) -> Fact:
        nodes = [self.graph.entity(row) for row in path]
        edges = tuple(
            Edge(one, other, name, self.graph.relations[name].label, () if predicted else ("graph",))
            for one, other, name in zip(nodes, nodes[1:], names, strict=False)
        )
        status = HitStatus.PREDICTED if predicted else HitStatus.KNOWN
        return Fact(number, nodes[-1], edges, (predicted,) * len(edges), status, chance, score=1 / number)

    def others(self, rng: random.Random, answer: Answer) -> list[Entity]:
        """Entities of the kind of the answers that the start is not linked to in any way."""
        start = answer.facts[0].edges[0].head
        modality = answer.facts[0].answer.modality
        linked = set(self.graph.known_rows(self.graph.row(start.id), modality).tolist())
        mine = {
            name.casefold()
            for fact in answer.facts
            for edge in fact.edges
            for e in (edge.head, edge.tail)
            for name in (e.name, *e.synonyms)
        }
        found: list[Entity] = []
        rows = self.graph.rows(modality).tolist()
        while len(found) < 8:
            row = rng.choice(rows)
            entity = self.graph.entity(row)
            if row not in linked and not mine & {entity.name.casefold(), *(s.casefold() for s in entity.synonyms)}:
                found.append(entity)
        return found


def _near_of(graph: KnowledgeGraph) -> Callable[[Entity, random.Random], str]:
    """Names of other entities that differ from one in its last characters alone, as KCNH6 does from KCNH2."""
    by_stem: dict[str, list[str]] = {}
    for name in graph.names:
        if len(name) > 3:
            by_stem.setdefault(name[:-1].casefold(), []).append(name)

    def near(entity: Entity, rng: random.Random) -> str:
        own = {entity.name.casefold(), entity.full_name.casefold(), *(word.casefold() for word in entity.synonyms)}
        found = [name for name in by_stem.get(entity.name[:-1].casefold(), ()) if name.casefold() not in own]
        if found:
            return rng.choice(sorted(found))
        changed = entity.name[:-1] + ("7" if entity.name[-1:] != "7" else "8")
        return changed if changed.casefold() not in own else f"{entity.name}77"

    return near


def named_of(graph: KnowledgeGraph) -> Callable[[str], list[str]]:
    """Ids of the entities whose own name a word is."""
    found: dict[str, list[str]] = {}
    for id_, name in zip(graph.ids, graph.names, strict=True):
        found.setdefault(name.casefold(), []).append(id_)
    return lambda word: found.get(word.casefold(), [])


def _bare(text: str) -> str:
    return "".join(character for character in text.partition(" [")[0].casefold() if character.isalnum())


@cache
def shipped() -> KnowledgeGraph:
    """The graph of the shipped bundle."""
    return KnowledgeGraph.load(Settings.from_env().bundle / "kg", verify=False)


def minilm() -> Encode:
    """The frozen text encoder of the profile."""
    from biobridge_core.encoders.registry import create

    settings = Settings.from_env()
    encoder = create(settings.encoders[InputKind.TEXT], settings)
    return lambda texts: encoder.encode(list(texts)).vectors


def main() -> None:
    """Print what was struck and what was kept."""
    found = measure(shipped(), encode=minilm() if "--alike" in sys.argv else None)
    for line in found.false_kept:
        print(f"KEPT  {line.kind:18} {line.text}")
    for line, why in found.true_struck[:60]:
        print(f"lost  {line.kind:18} {line.text}\n      {why}")
    print(json.dumps({"false": found.false, "true": found.true}, indent=1))
    print(f"{len(found.false_kept)} of {sum(found.false.values())} false sentences kept")
    print(f"{100 * found.share_kept:.1f} % of {sum(found.true.values())} true sentences kept")


if __name__ == "__main__":
    _ = ROOT
    main()
