"""Who is compared: each scorer with what decides its answers, made only when an answer is missing."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from biobridge_core.artifacts import read_manifest, sha256_file
from biobridge_core.bridge.memory import Readout
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reader import Reader, fit_reading
from biobridge_core.bridge.reading import READING, Reading
from biobridge_core.bridge.train import TrainOptions
from biobridge_core.config import ROOT
from biobridge_core.errors import BioBridgeError
from biobridge_core.evaluate.bridges import STAGE, ContentScorer, MemoryScorer, bridge_key, trained_bridge
from biobridge_core.evaluate.kge import MODELS, KGEScorer, load_model
from biobridge_core.evaluate.lookup import LookUp
from biobridge_core.evaluate.memory_votes import NAMES, MemoryVote, SharedMemory
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.evaluate.text_only import TextOnly
from biobridge_core.evaluate.validation import Validation
from biobridge_core.evaluate.vote import NeighbourVote, Side, VoteSettings
from biobridge_core.evaluate.vote_tuning import tune_vote
from biobridge_core.kg.hierarchy import ancestor_matrix
from retrieval.cases import ECFP4, FROZEN, MASKED, Opened
from retrieval.signs import signs

MEMORY, CONTENT, LINEAR = "bridge, memory", "bridge, content", "bridge, linear"
PAPER = {"paired": "bridge, paper setting (paired)", "in_batch": "bridge, paper setting (in batch)"}
SIMPLE = (
    "popularity", "text only", "KG look-up", "neighbour vote", "neighbour vote, tail side", "neighbour vote, both sides"
)  # fmt: skip
SPACES = tuple(NAMES.values())
KGE_FORMS = {"tuned": "{}, tuned", "paper": "{}, as papers run it"}

#: What the bridge is trained with here; the other settings differ from it as their names say.
OPTIONS = TrainOptions(batch=512, rivals=2048, steps=4000, validate_every=1000, validation_sample=100)
_PAPER = replace(
    OPTIONS, temperature=0.1, learn_temperature=False, whiten=0.0, spare_ancestors=False, learning_rate=1e-3
)
BRIDGES: Mapping[str, TrainOptions] = {
    CONTENT: OPTIONS,
    LINEAR: replace(OPTIONS, transform="linear"),
    PAPER["paired"]: replace(_PAPER, objective="paired"),
    PAPER["in_batch"]: replace(_PAPER, objective="in_batch"),
}
#: name for --models -> scorers
GROUPS: Mapping[str, tuple[str, ...]] = {
    "simple": SIMPLE[:4],
    "sides": SIMPLE[4:],
    "spaces": SPACES,
    "bridge": (CONTENT, MEMORY),
    "linear": (LINEAR,),
    "paper": tuple(PAPER.values()),
    "kge": tuple(form.format(model) for form in KGE_FORMS.values() for model in MODELS),
}

_EVALUATE, _BRIDGE = "biobridge_core/evaluate", "biobridge_core/bridge"
_MEMORY_CODE = tuple(f"{_BRIDGE}/{name}.py" for name in ("memory", "pieces", "data", "model"))


class MissingError(BioBridgeError):
    """A scorer that cannot be had in this run; the table says why."""


@dataclass(frozen=True)
class Entry:
    """A scorer that may not be made yet."""

    name: str
    identity: Mapping[str, object]  #: all that decides its answers, beside the tasks
    make: Callable[[], Scorer]
    facts: Callable[[], dict[str, object]] = dict  #: what the table says of how it was made

    @property
    def key(self) -> str:
        """Short hash of the identity."""
        return hashlib.sha256(json.dumps([self.name, self.identity], sort_keys=True).encode()).hexdigest()[:16]


class Field:
    """All that may be compared on one case.

    Parameters
    ----------
    train
        Whether a bridge that is missing is trained; else it counts as missing.
    steps
        Training steps in place of those of the options.
    """

    def __init__(self, opened: Opened, *, train: bool = True, steps: int = 0, folder: Path | None = None) -> None:
        self._opened, self._train, self._steps = opened, train, steps
        self.studies = folder or opened.studies
        self._folders: dict[str, Path] = {}

    def entry(self, name: str) -> Entry:
        """A scorer by its name.

        Raises
        ------
        MissingError
            If it cannot be had.
        """
        if name in SIMPLE:
            return self._simple(name)
        if name in SPACES:
            return self._space(name)
        if name == MEMORY:
            return self._memory()
        return self._bridge(name) if name in BRIDGES else self._kge(name)

    # ------------------------------------------------------------------ rivals without training

    def _simple(self, name: str) -> Entry:
        o = self._opened
        identity: dict[str, object] = {"view": o.view.digest, "data": o.data, "content": o.case.content}
        plain: dict[str, tuple[str, Callable[[], Scorer]]] = {
            "popularity": ("popularity", lambda: Popularity(o.graph, o.view)),
            "KG look-up": ("lookup", lambda: LookUp(o.graph, o.view)),
            "text only": ("text_only", lambda: TextOnly(o.graph, o.view, o.content)),
        }
        if name in plain:
            module, make = plain[name]
            return Entry(name, {**identity, "code": code_of(f"{_EVALUATE}/{module}.py")}, make)
        side: Side = "tail" if "tail" in name else "both" if "both" in name else "head"
        code = code_of(*(f"{_EVALUATE}/{module}.py" for module in ("vote", "vote_tuning", "validation")))
        identity |= {"side": side, "code": code, "tuned": not self._steps}
        entry = Entry(name, identity, lambda: self._vote(side, entry))
        return entry

    def _vote(self, side: Side, entry: Entry) -> Scorer:
        o = self._opened
        path = self.studies / "votes" / f"{o.case.name}-{side}-{entry.key}.json"
        if self._steps:
            found = {}  # the small form does not tune
        elif path.exists():
            found = {name: VoteSettings(**raw) for name, raw in json.loads(path.read_text(encoding="utf-8")).items()}
        else:
            found = tune_vote(o.graph, o.view, o.content, self._validation, side)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({name: asdict(each) for name, each in found.items()}, indent=1), "utf-8")
        return NeighbourVote(o.graph, o.view, o.content, side=side, settings=found, name=entry.name)

    @cached_property
    def _validation(self) -> Validation:
        o = self._opened
        return Validation(o.graph, o.view, ancestor_matrix(o.graph), seed=o.case.seed)

    # ------------------------------------------------------------------ bridge and memory

    @cached_property
    def _shared(self) -> SharedMemory:
        o = self._opened
        return SharedMemory(o.graph, o.content, o.view.train, inputs=o.inputs)

    def _memory_identity(self) -> dict[str, object]:
        o = self._opened
        return {
            "view": o.view.digest,
            "data": o.data,
            "content": o.case.content,
            "readout": asdict(Readout()),
            "code": code_of(*_MEMORY_CODE),
        }

    def _space(self, name: str) -> Entry:
        o = self._opened
        term = next(term for term, called in NAMES.items() if called == name)
        code = code_of(f"{_EVALUATE}/memory_votes.py")
        identity = {**self._memory_identity(), "own_code": code}
        return Entry(name, identity, lambda: MemoryVote(o.graph, o.view, self._shared, term))

    def _options(self, name: str) -> TrainOptions:
        options = replace(BRIDGES[name], seed=self._opened.case.seed)
        if self._steps:
            options = replace(options, steps=self._steps, validate_every=self._steps, validation_sample=20)
        return options

    def bridge_folder(self, name: str) -> Path:
        """Where the bridge of a setting lies once it is trained.

        The shares that the shipped bridge holds out decide nothing here, since the split is given: a bridge that was
        trained with others is the same bridge.
        """
        o, options = self._opened, self._options(name)
        if name not in self._folders:
            named = self.studies / bridge_key(o.content, o.view, options, data=o.data)
            if not named.exists():
                wanted = {"view": o.view.digest, "data": o.data, "encoders": o.content.encoders}
                wanted["options"] = _deciding(asdict(options))
                named = next((f for f in self._kept() if _identity(f) == wanted), named)
            self._folders[name] = named
        return self._folders[name]

    def _kept(self) -> list[Path]:
        return sorted(manifest.parent for manifest in self.studies.glob("*/manifest.json"))

    def _trained(self, name: str) -> Bridge:
        o, folder = self._opened, self.bridge_folder(name)
        if folder.exists():
            return Bridge.load(folder)
        return trained_bridge(o.graph, o.content, o.view, self._options(name), self.studies, data=o.data)

    def _need(self, name: str) -> None:
        if not self._train and not self.bridge_folder(name).exists():
            raise MissingError(f"{name} is not trained on {self._opened.case.name}.", "Run without --no-train.")

    def _bridge(self, name: str) -> Entry:
        self._need(name)
        identity = {"bridge": self.bridge_folder(name).name, "code": code_of(f"{_BRIDGE}/model.py")}
        content = self._opened.content
        return Entry(
            name, identity, lambda: ContentScorer(self._trained(name), content, name), lambda: self._facts(name)
        )

    def _memory(self) -> Entry:
        self._need(CONTENT)
        code = code_of(*(f"{_BRIDGE}/{module}.py" for module in ("reader", "reading")))
        identity = {**self._memory_identity(), "bridge": self.bridge_folder(CONTENT).name, "reader_code": code}
        entry = Entry(MEMORY, identity, lambda: self._reader(entry), lambda: self._facts(CONTENT))
        return entry

    def _reader(self, entry: Entry) -> Scorer:
        """Bridge and memory with their reading, which is fitted once for what decides it."""
        o = self._opened
        bridge = self._trained(CONTENT)
        kept = self.studies / f"reading-{o.case.name}"
        note = kept / "identity.txt"
        if (kept / READING).exists() and note.exists() and note.read_text(encoding="utf-8") == entry.key:
            reading = Reading.load(kept)
        else:
            reading = fit_reading(o.graph, o.content, o.view, bridge, self._shared, seed=o.case.seed)
            kept.mkdir(parents=True, exist_ok=True)
            reading.save(kept)
        note.write_text(entry.key, encoding="utf-8")
        return MemoryScorer(Reader(bridge, o.content, self._shared, reading), MEMORY)

    def _facts(self, name: str) -> dict[str, object]:
        folder = self.bridge_folder(name)
        meta: Any = read_manifest(folder, STAGE).meta
        curve = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
        best: dict[str, Any] = max(curve, key=lambda point: point["validation_mrr"], default={})
        return {
            "minutes": round(meta["seconds"] / 60, 1),
            "steps": meta["options"]["steps"],
            "best_step": best.get("step"),
            "validation_mrr": best.get("validation_mrr"),
            "loss_at_best": best.get("loss"),
            "options": {
                k: v
                for k, v in meta["options"].items()
                if v != asdict(TrainOptions()).get(k) and not k.startswith("held_out")
            },
        }

    def _signs(self, name: str) -> dict[str, float]:
        o, folder = self._opened, self.bridge_folder(name)
        path = self.studies / "signs" / f"{folder.name}.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(signs(o.graph, o.content, o.view, Bridge.load(folder))), encoding="utf-8")
        found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        return found

    # ------------------------------------------------------------------ graph embeddings

    def _kge(self, name: str) -> Entry:
        o = self._opened
        form, model = next((f, m) for f, told in KGE_FORMS.items() for m in MODELS if told.format(m) == name)
        if o.case.content != FROZEN:
            raise MissingError(f"{name} reads no vectors, so other vectors leave it as it is.", "See the same split.")
        folder = o.world.settings.build / "kge" / form / f"{o.case.split}-{o.case.seed}" / model
        try:
            note = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            digest = sha256_file(folder / "model.safetensors")
        except (OSError, ValueError) as error:
            raise MissingError(f"{name} is not trained on {o.case.name}.", "Run benchmarks/kge.py.") from error
        if note["view"] != o.view.digest:
            raise MissingError(f"{name} was trained on another draw of {o.case.name}.", "Run benchmarks/kge.py again.")
        kept = ("validation_mrr", "best_step", "steps", "finished", "options")
        facts = {key: note[key] for key in kept}
        facts |= {"minutes": note["cpu_minutes"], "search_minutes": note["search_cpu_minutes"]}
        # scores, not log-probabilities: where drug actions are merged, an action that a drug has not, but of which a
        # translation is sure, would drown the others (TransE from drugs to proteins: 0.32 and 0.08)
        identity = {"model": digest, "code": code_of(f"{_EVALUATE}/kge.py"), "merged": "scores"}
        path = folder / "model.safetensors"
        make = partial(KGEScorer, o.graph, name=name, probabilities=False)
        return Entry(name, identity, lambda: make(model=load_model(path)), lambda: facts)


def _deciding(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if not name.startswith("held_out")}


def _identity(folder: Path) -> dict[str, object]:
    """What a kept bridge was trained on and with."""
    meta: Any = read_manifest(folder, STAGE).meta
    return {**{name: meta[name] for name in ("view", "data", "encoders")}, "options": _deciding(meta["options"])}


@cache
def code_of(*paths: str) -> str:
    """sha256 of what modules do: their syntax trees without docstrings, so that a comment changes nothing."""
    digest = hashlib.sha256()
    for path in paths:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
                value = body[0].value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    body[:1] = [ast.Pass()]
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()


def names_of(groups: list[str]) -> list[str]:
    """Scorers of the groups, in the order of the table."""
    return [name for group in GROUPS if group in groups for name in GROUPS[group]]


def asked_of(content: str, names: list[str], *, cold: bool = False) -> list[str]:
    """Scorers that have an answer of their own: with other frozen vectors those that read them (popularity stays as the
    floor), on cold splits all but graph embeddings, which know nothing of the heads.
    """
    if cold:
        names = [name for name in names if name not in GROUPS["kge"]]
    if content == FROZEN:
        return names
    assert content in {ECFP4, MASKED}
    left_out = {"KG look-up", LINEAR, *PAPER.values(), *GROUPS["kge"]}
    return [name for name in names if name not in left_out]
