"""A small service with the real one's interface, and the app opened on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from opened import real_service
from streamlit.testing.v1 import AppTest

from biobridge_core.card import Card
from biobridge_core.card import read as read_card
from biobridge_core.design.designer import Designer
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.explain.web import Strand, Web
from biobridge_core.findings import Finding, Reading, reading
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS
from biobridge_core.pictures import Area
from biobridge_core.together import Against, Combine, JointHit, Member, Signature
from biobridge_core.types import (
    Entity,
    Hit,
    HitList,
    HitStatus,
    InputKind,
    Provenance,
    Query,
    QueryKind,
    Relative,
    Resolution,
    Retrieval,
)
from ui import service

ROOT = Path(__file__).resolve().parents[2]

#: Names as a hostile or careless source might write them.
ODD_NAME = "<img src=x onerror=alert(1)> **bold** [x](https://example.org) $a$ :red[y]"


def entity(number: int, modality: str) -> Entity:
    if modality == "drug":
        return Entity(
            f"GtoPdb:{number}", modality, f"drug {number}", input_kind=InputKind.SMILES, input="C" * (number + 1)
        )
    name = ODD_NAME if number == 3 else f"{modality} {number}"
    return Entity(f"TEST:{modality}-{number}", modality, name, full_name=f"long name {number}")


class FakePictures:
    """Places on a spiral; one branch of the ontology that holds every other entity."""

    def areas(self, modality: str, curies: Sequence[str]) -> tuple[Area, ...]:
        return (Area(Entity("TEST:area", modality, "an area"), frozenset(curies[::2])),)

    def points(self, modality: str) -> np.ndarray:
        turns = np.linspace(0, 20, 500)
        return (np.stack([np.cos(turns), np.sin(turns)], axis=1) * turns[:, None] / 20).astype(np.float32)

    def at(self, curies: Sequence[str]) -> np.ndarray:
        return self.points("")[: len(curies)]

    def place(self, result: Retrieval) -> tuple[float, float]:
        return 0.25, -0.5

    def regions(self, modality: str) -> tuple[tuple[Entity, float, float], ...]:
        return ((Entity("TEST:area", modality, "an area"), 0.0, 0.0),)

    def web(self, result: Retrieval, curies: Sequence[str]) -> Web:
        hits = tuple(Entity(curie, "disease", ODD_NAME) for curie in curies)
        middle = Entity("TEST:middle", "phenotype", "a middle")
        start = result.entity or result.nearest_known[0][0]
        strands = (Strand(start, middle, "shows", ("hpo",)), Strand(middle, hits[0], "is shown in", ("hpo",)))
        return Web(((start, None if result.entity else 0.9),), hits, (middle,), strands)


@dataclass
class FakeService:
    """Answers as the real service does, from made-up entities. ``calls`` records what was asked."""

    calls: list[tuple[str, int]] = field(default_factory=list)
    modalities = MODALITIES
    relations = RELATIONS
    fails: Exception | None = None
    slow: bool = False
    warmed: bool = False
    language_model = None

    @property
    def designer(self) -> Designer:
        """The real one: what it offers does not hang on the entities."""
        return real_service().designer

    def find(self, text: str, progress: Callable[[str, float], None] | None = None) -> Resolution:
        text = text.strip()
        if progress is not None and self.slow:
            progress("Loading the text model", 0.0)
        if self.fails is not None:
            raise self.fails
        if text == "x":
            raise InputError("One character is too little to search for.", "Type at least a short name.")
        if text.startswith("NONE:"):
            raise UnknownEntityError(f"The graph has no entity {text}.", "Check the id.")
        texts = tuple(Query(text, QueryKind.TEXT, name, text, text[:60]) for name in ("disease", "phenotype"))
        if text == "SAME":
            both = tuple(Query(text, QueryKind.ENTITY, "protein", f"TEST:protein-{i}", f"SAME{i}") for i in (1, 2))
            return Resolution(text, None, (*both, *texts), ("“SAME” can mean 2 different things. Choose one.",))
        if text.startswith(("TEST:", "UniProtKB:")) or text in {"TP53", "BCC7"}:
            value = text if ":" in text else "UniProtKB:P04637"
            return Resolution(text, Query(text, QueryKind.ENTITY, "protein", value, "TP53"), texts)
        if text.startswith("C"):
            return Resolution(text, Query(text, QueryKind.SMILES, "drug", text, "molecule"), texts)
        if text.startswith((">", "MVH")):
            value = text.rpartition("\n")[2]
            return Resolution(text, Query(text, QueryKind.SEQUENCE, "protein", value, "sequence"), texts)
        return Resolution(text, texts[0], texts)

    def prepare(self) -> None:
        pass

    def load_encoders(self) -> None:
        self.warmed = True

    def entity(self, curie: str) -> Entity:
        return Entity(curie, "protein", "TP53", full_name="tumor protein p53")

    def relative(self, query: Query, curie: str) -> Relative:
        return Relative(self.entity(curie), 0.99, ("A7V",), 1, exchanges=True)

    def retrieve(
        self,
        query: Query,
        to: Sequence[str] | None = None,
        k: int = 20,
        progress: Callable[[str, float], None] | None = None,
    ) -> Retrieval:
        self.calls.append((query.value, k))
        named = query.kind is QueryKind.ENTITY
        lists = tuple(self._list(query.modality, name, k, named) for name in (to or MODALITIES))
        return Retrieval(
            query,
            entity(0, query.modality) if named else None,
            lists,
            Provenance("fake", "fake-encoder", "fake-bridge", "fake-graph", "cpu", "0"),
            warnings=("The sequence was read in windows.",) if query.kind is QueryKind.SEQUENCE else (),
            nearest_known=() if named else ((entity(5, query.modality), 0.987),),
            own_memory=named,
            read_from=() if named else ((entity(5, query.modality), 0.6), (entity(3, query.modality), 0.4)),
        )

    def _list(self, head: str, modality: str, k: int, named: bool) -> HitList:
        ranks = [*range(1, k + 1), *((77, 99) if named and head != modality and k < 77 else ())]
        hits = tuple(self._hit(head, modality, rank, named) for rank in ranks)
        known = sum(hit.status is HitStatus.KNOWN for hit in hits)
        return HitList(modality, hits, 500, known)

    def _hit(self, head: str, modality: str, rank: int, named: bool) -> Hit:
        status = HitStatus.KNOWN if named and rank in {2, 77, 99} else HitStatus.PREDICTED
        status = HitStatus.SIMILAR if head == modality else status
        relation = "" if status is HitStatus.SIMILAR else next(iter(RELATIONS))
        cited = ("hpo · PCS",) if status is HitStatus.KNOWN else ()
        url = "" if rank == 4 else f"https://example.org/{modality}/{rank}"
        return Hit(entity(rank, modality), rank, 1 - rank / 200, 100 - rank / 5, status, relation, cited, url=url)

    @property
    def pictures(self) -> FakePictures:
        return FakePictures()

    @property
    def comparer(self) -> SimpleNamespace:
        """Of a text with “seizures” in it, one finding and what fits it."""

        def read(text: str, progress: object = None) -> Reading:
            found = []
            for number, (word, name) in enumerate((("seizures", "Seizure"), ("fever", "Fever")), start=1):
                if (start := text.find(word)) >= 0:
                    found.append(Finding(word, start, Entity(f"TEST:phenotype-{number}", "phenotype", name), None))
            return reading(text, found)

        def signature(
            queries: Sequence[Query], to: str, k: int, progress: object = None, absent: Sequence[Query] = ()
        ) -> Signature:
            self.calls.append((",".join(query.value for query in queries), k))
            against = tuple(Against(Entity(query.value, "phenotype", query.label), "3/4") for query in absent)
            members = (Member(1, True),) * len(queries)
            hit = JointHit(entity(1, to), 1, 0.5, 100.0, members, 0.25, against)
            return Signature(
                tuple(queries), to, Combine.PROBABILITIES, (hit,), 500, (), tuple(absent), (hit,) * bool(absent)
            )

        return SimpleNamespace(read=read, signature=signature)

    def depict(self, smiles: str, width: int = 220, height: int = 150, dark: bool = False) -> str:
        if len(smiles) > 15:
            raise InputError("The molecule is too large to draw.")
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"></svg>'

    def card(self) -> Card:
        return read_card(ROOT / "assets" / "starter")

    def status(self) -> SimpleNamespace:
        return SimpleNamespace(
            profile="fake", device="cpu", device_note="No GPU here.", engine="none", encoders={"text": "minilm-1"},
            missing_encoders={"smiles": "no file"}, waiting_encoders=("sequence",), counts=dict.fromkeys(MODALITIES, 7), n_triples=12345, graph="g",
            bridge="b", version="0",
        )  # fmt: skip

    @property
    def graph(self) -> SimpleNamespace:
        source = SimpleNamespace(
            key="s",
            name="A source",
            version="1",
            date="2020",
            licence="CC0",
            url="https://example.org",
            citation="c",
            notes="",
        )
        return SimpleNamespace(sources={"s": source})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    made = FakeService()
    monkeypatch.setattr(service, "open_service", lambda progress: made)
    st.cache_resource.clear()
    yield made
    st.cache_resource.clear()


Opener = Callable[..., AppTest]


@pytest.fixture
def open_app(fake: FakeService) -> Opener:
    def opened(page: str = "", params: Mapping[str, str] | None = None) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in (params or {}).items():
            app.query_params[name] = value
        if page:
            app.switch_page(page)
        return app.run()

    return opened


def words_of(app: AppTest) -> str:
    """Everything a page says, without Markdown's backslashes."""
    parts = [
        e.value
        for kind in (app.markdown, app.caption, app.header, app.info, app.warning, app.error, app.text)
        for e in kind
    ]
    return "\n".join(parts).replace("\\", "")


@pytest.fixture(name="words_of")
def words_of_fixture() -> Callable[[AppTest], str]:
    return words_of
