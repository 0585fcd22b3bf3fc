"""The words of the house as frozen types. Nothing here computes anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class InputKind(StrEnum):
    """What a frozen encoder reads. An entity has exactly one; a profile maps each to an encoder."""

    SEQUENCE = "sequence"
    SMILES = "smiles"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Modality:
    """A kind of entity. The set of modalities comes from the graph, it is not fixed in code."""

    name: str  #: machine name, e.g. ``biological_process``
    label: str  #: singular for people, e.g. ``biological process``
    plural: str
    input_kind: InputKind  #: what most entities of this modality are encoded from


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing with an id in one modality."""

    id: str  #: CURIE, e.g. ``UniProtKB:P04637``
    modality: str
    name: str  #: what people call it: gene symbol, drug name, disease name
    full_name: str = ""  #: the long name where ``name`` is a symbol
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    xrefs: tuple[str, ...] = ()  #: CURIEs of the same thing elsewhere
    input_kind: InputKind = InputKind.TEXT
    input: str = ""  #: what the frozen encoder reads: sequence, SMILES or text
    source: str = ""  #: key into SOURCES
    flags: tuple[str, ...] = ()  #: e.g. ``approved``, ``peptide``, ``isa_only``


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed, directed link between two modalities."""

    name: str  #: e.g. ``drug_inhibits_protein``
    head: str  #: modality name
    tail: str
    inverse: str  #: name of the inverse relation (itself where symmetric)
    label: str  #: reads between head and tail: "inhibits"
    hierarchical: bool = False  #: an is-a relation inside one modality
    forward: bool = True  #: False for the inverse that is derived, not stored


@dataclass(frozen=True, slots=True)
class Triple:
    """One link of the graph with what it rests on."""

    head: str
    relation: str
    tail: str
    source: str  #: key into SOURCES
    evidence: str = ""  #: e.g. GO evidence code, database reference
    value: str = ""  #: frequency, affinity, as the source words it


class QueryKind(StrEnum):
    """What an input was taken for."""

    ENTITY = "entity"
    SEQUENCE = "sequence"
    SMILES = "smiles"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the bridge. The URL, the CLI and a saved file all carry exactly this."""

    text: str  #: as typed
    kind: QueryKind
    modality: str  #: the head modality it is asked as
    value: str  #: CURIE, cleaned sequence, standardised SMILES or cleaned text
    label: str = ""  #: short words for a heading


@dataclass(frozen=True, slots=True)
class Link:
    """Another page that answers an input, or answers it better."""

    page: str  #: such as ``compare``
    params: tuple[tuple[str, str], ...]  #: of its address
    label: str  #: in plain words


@dataclass(frozen=True, slots=True)
class Resolution:
    """How an input was understood, and what else it could have been.

    ``chosen`` is None when several entities fit equally well and a person must pick one of ``alternatives``.
    """

    text: str
    chosen: Query | None
    alternatives: tuple[Query, ...] = ()
    notes: tuple[str, ...] = ()  #: what was changed or assumed, in plain words
    guess: Query | None = None  #: of a misspelt name, what was most likely meant; a person has to confirm it
    links: tuple[Link, ...] = ()  #: where else an answer is, best first
    to: str = ""  #: modality that the words ask for: ``drug`` of "what treats epilepsy"; may be empty


class HitStatus(StrEnum):
    """Whether the graph holds the link (known) or it is only proposed (predicted)."""

    KNOWN = "known"
    PREDICTED = "predicted"
    SIMILAR = "similar"  #: same modality: near in the foundation model's space, no link meant


CONFIDENT = 0.5  #: a chance from which a hit is confident: more likely there than not
FAR = 95.0  #: a distance percentile from which a query lies far from everything the bridge was trained with


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked tail."""

    entity: Entity
    rank: int  #: 1 is best
    score: float  #: share of the belief over all entities of the modality; of a similar entity, the cosine
    percentile: float  #: share of the modality's entities that score lower, 0..100
    status: HitStatus
    relation: str = ""  #: relation with the best score, empty for a composed route
    sources: tuple[str, ...] = ()  #: for a known link: SOURCES keys with evidence
    route: str = ""  #: e.g. ``protein → disease → phenotype`` where no direct relation exists
    url: str = ""  #: page of the entity in its home database
    #: chance that the graph holds this link; None where it is known, reached over a route, similar, or not calibrated
    probability: float | None = None
    confident: bool | None = None  #: whether the chance reaches the stated threshold; None where there is no chance
    unspecific: bool = False  #: among the ten best for most queries of its relation


@dataclass(frozen=True, slots=True)
class HitList:
    """All hits of one query in one modality."""

    modality: str
    hits: tuple[Hit, ...]
    n_candidates: int  #: how many entities were ranked
    n_known: int  #: how many known links the query has in this modality
    route: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which models and data made a result."""

    profile: str
    encoder: str
    bridge: str
    graph: str
    device: str
    version: str


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The answer to one query."""

    query: Query
    entity: Entity | None  #: the catalogue entity asked about, if it is one
    lists: tuple[HitList, ...]
    provenance: Provenance
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    nearest_known: tuple[tuple[Entity, float], ...] = field(default=())  #: FM-space neighbours with cosine
    own_memory: bool = False  #: whether the query's own links in the graph were read
    read_from: tuple[tuple[Entity, float], ...] = ()  #: else, whose links were borrowed, with their share
    #: share of entities unseen in training that lie nearer to all training entities than the query does, 0..100
    distance_percentile: float | None = None


# explanations: why a hit stands where it does


@dataclass(frozen=True, slots=True)
class Edge:
    """One link of a path, told in the direction in which the path walks it."""

    head: Entity
    tail: Entity
    relation: str
    label: str  #: reads between head and tail: "inhibits"
    sources: tuple[str, ...] = ()  #: SOURCES key with evidence and value, as in `Hit.sources`


@dataclass(frozen=True, slots=True)
class Path:
    """A chain of links of the graph between the query, or a known entity like it, and the hit."""

    edges: tuple[Edge, ...]
    degrees: tuple[int, ...] = ()  #: how many entities each one in between is linked to; few is specific
    specificity: float = 0.0  #: 0 to 1, higher where what lies between is rarer
    start_share: float | None = None  #: of a path that begins at a neighbour of the query: how much it is read from


class Likeness(StrEnum):
    """In what an entity is like the query, or like the hit."""

    CONTENT = "content"  #: the frozen vectors are near
    PIECES = "pieces"  #: the inputs share stretches of sequence, substructures or words
    PROFILE = "profile"  #: the graph links both to the same things


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity of the graph whose link pulls the hit up."""

    entity: Entity
    like_hit: bool  #: False: like the query and linked to the hit; True: like the hit and linked to the query
    similarity: tuple[tuple[Likeness, float], ...]  #: cosine or overlap, 0 to 1, in each way that counted
    share: float  #: of all that the memory says for this hit, 0 to 1
    sources: tuple[str, ...] = ()  #: of the link that votes
    borrowed: bool = False  #: the link is not the query's own but one of its neighbours'


@dataclass(frozen=True, slots=True)
class Part:
    """How much one part of the score lifts the hit over the mean entity of its kind."""

    name: str  #: ``bridge``, ``popularity``, ``memory``
    gain: float  #: natural log of odds; negative where it speaks against the hit


@dataclass(frozen=True, slots=True)
class Voice:
    """Where one way of scoring puts the hit among all entities of its kind."""

    name: str  #: ``bridge``, ``neighbours``, ``embedding``
    percentile: float | None  #: share of entities below it, 0 to 100; None where it has nothing to say
    note: str = ""  #: why it has nothing to say, or what to keep in mind


@dataclass(frozen=True, slots=True)
class Agreement:
    """What bridge, neighbours and graph embedding say of one hit, and where they disagree."""

    voices: tuple[Voice, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit stands where it does, without attribution to residues or atoms."""

    query: Query
    hit: Entity
    relation: str  #: the direct relation that is explained; empty where there is none
    answer: str  #: one sentence
    known: tuple[Edge, ...]  #: the direct links in the graph
    paths: tuple[Path, ...]  #: best first, the direct link left out
    starts: tuple[tuple[Entity, float], ...]  #: where the paths begin for a query without links of its own, with share
    neighbours: tuple[Neighbour, ...]  #: those that vote most, first
    n_neighbours: int  #: how many vote in all
    parts: tuple[Part, ...]
    agreement: Agreement | None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Attribution:
    """Which residues, atoms or words carry the bridge's own part of a score: its cosine for query, relation and hit."""

    kind: InputKind
    relation: str
    text: str  #: what the encoder read
    units: tuple[str, ...]  #: residues, atoms or words, in order
    spans: tuple[tuple[int, int], ...]  #: where each unit stands in ``text``
    values: tuple[float, ...]  #: of each unit: how much the cosine falls without it; negative where it rises
    cosine: float  #: of query and hit, what is explained
    method: str  #: how it was measured, in words
    agreement: float | None  #: mean Spearman correlation with full windowed occlusion, as benchmarked
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Relative:
    """How a sequence differs from a known entity's, in the numbering of the known one."""

    entity: Entity
    identity: float  #: identical positions over the columns of the alignment, 0..1
    changes: tuple[str, ...]  #: such as ``E7V``: all of them, or none where there are more than a few
    n_changes: int
    exchanges: bool  #: whether residues were exchanged only, none lost or gained

    def __str__(self) -> str:
        if self.changes:
            told = ", ".join(self.changes)
        else:
            told = f"{self.n_changes:,} {'place differs' if self.n_changes == 1 else 'places differ'}"
        return f"{100 * self.identity:.3g} % identical ({told})"
