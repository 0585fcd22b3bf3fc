"""Train the small reader on the wordings that stand here, the unseen half left out; the same bytes every time.

python benchmarks/ask/train_reader.py                              # into the package, from all wordings
python benchmarks/ask/train_reader.py --leave a --out FOLDER       # for a figure on author a
python benchmarks/ask/train_reader.py --check                      # leave each author out in turn: accuracies
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from ask.wordings import (  # noqa: E402
    AUTHORS,
    FOLLOW_UPS,
    HERE,
    SAME_RELATION,
    SHARED,
    Wording,
    answerable,
    plan_of,
    refusals,
    wordings,
)
from biobridge_core.answer.learnt import ADVICE, ANSWER, HEADS, LABELS, N_HASHED, NOT_HELD, ORDERS, WEIGHTS, features_of  # noqa: E402
from biobridge_core.answer.linking import Linker  # noqa: E402
from biobridge_core.answer.masking import masked_with, pointed, with_attached  # noqa: E402
from biobridge_core.answer.relations import plainer  # noqa: E402
from biobridge_core.answer.types import Mention  # noqa: E402
from biobridge_core.config import Settings  # noqa: E402
from biobridge_core.service import BridgeService  # noqa: E402
from biobridge_core.types import Query, QueryKind  # noqa: E402

PACKAGE = ROOT / "biobridge_core" / "answer"
HALF = "seen"
_ANY_ACTION = ("drug_acts_on_protein", "drug_acts_on_protein_inverse")
_SHAPES = {"shared": "shared", "count": "count", "verify": "verify", "negation": "negated"}
_REFUSED = {"medical_advice": ADVICE, "prompt_injection": ORDERS, "off_topic": NOT_HELD}
_BEFORE = ("please tell me: ", "for a talk tomorrow, ", "quick question - ", "i would like to know ", "hi there, ")
_AFTER = (" please", " thanks", ", as far as is known", " (human)")
_STEPS, _DECAY, _SMOOTHED, _SEED = 90, 2e-5, 0.02, 0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A masked question with the kinds of its names, and what each head should say; empty where it is not taught."""

    masked: str
    kinds: tuple[str, ...]
    plan: str = ""
    shape: str = ""
    refuse: str = ""


def examples(service: BridgeService, sources: Sequence[str]) -> Iterator[Example]:
    """What the wordings of a half and of authors teach."""
    relations = service.graph.relations
    for source in sources:
        for wording in wordings(source):
            if wording.group == SAME_RELATION:
                continue
            yield _of_wording(wording, {name: (one.head, one.tail) for name, one in relations.items()})
        for kind, item in refusals(source):
            if kind in _REFUSED and "attach" not in item:
                masked, kinds = _linked(service, str(item["question"]))
                yield Example(masked, kinds, refuse=_REFUSED[kind])
        for text in answerable(source) if source in AUTHORS else ():
            masked, kinds = _linked(service, text)
            yield Example(masked, kinds, refuse=ANSWER)
    held = json.loads((PACKAGE / "phrases.json").read_text(encoding="utf-8"))
    for text in held["not_in_graph"]:
        yield Example(re.sub(r"\bthe (?:gene|drug|disease|protein)\b", "§0§", text), ("drug",), refuse=NOT_HELD)


def _of_wording(wording: Wording, kinds: dict[str, tuple[str, str]]) -> Example:
    group = FOLLOW_UPS[wording.group][1] if wording.kind == "follow_up" else wording.group
    steps = (SHARED[group],) if wording.kind == "shared" else plan_of(group)
    plan = group
    if wording.kind == "shared" and group != "anything_of_proteins":
        plan = next((name for name in _ANY_ACTION if plan_of(name) == steps), steps[0][0])
    head, tail = kinds[steps[0][0]]
    masked = wording.text.replace("{x}", "§0§").replace("{y}", "§1§").replace("{xs}", "§0§, §1§ and §2§").casefold()
    masked = plainer(masked)
    if wording.kind.startswith("attached"):
        smiles = wording.kind.endswith("smiles")
        query = Query("", QueryKind.SMILES if smiles else QueryKind.SEQUENCE, "drug" if smiles else "protein", "", "")
        masked = with_attached([], masked, (Mention("", query, None, "attachment"),))[1]
    elif wording.kind == "follow_up":
        masked = pointed(masked, "§0§")
    verify = wording.kind == "verify"
    return Example(masked, (head, tail) if verify else (head,), plan, _SHAPES.get(wording.kind, "list"), ANSWER)


@cache
def _linker(service: BridgeService) -> Linker:
    return Linker(service.graph, service.asker._lookup.names)


def _linked(service: BridgeService, text: str) -> tuple[str, tuple[str, ...]]:
    """A question with real names, masked as it is when it is read."""
    links = _linker(service).link(text).links
    return plainer(masked_with(text, links)), tuple(link.readings[0].modality for link in links)


def varied(made: Sequence[Example]) -> Iterator[Example]:
    """Each example, with something polite around it, and with a slip of the finger."""
    rng = random.Random(_SEED)
    for one in made:
        yield one
        before = rng.choice(_BEFORE) if rng.random() < 0.6 else ""
        yield replace(one, masked=f"{before}{one.masked}{'' if before else rng.choice(_AFTER)}")
        places = list(re.finditer(r"[a-z]{5,}", one.masked))
        if places:
            word = rng.choice(places)
            at = rng.randrange(word.start() + 1, word.end() - 1)
            text = one.masked[:at] + one.masked[at + 1] + one.masked[at] + one.masked[at + 2 :]
            yield replace(one, masked=text)


def train(features: Floats, wanted: Sequence[str], labels: Sequence[str]) -> Floats:
    """Weights (features + 1, labels) of one head by softmax regression with weight decay."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    keep = [n for n, label in enumerate(wanted) if label]
    dense = np.ascontiguousarray(features[keep, :-N_HASHED], np.float64)
    dense = np.hstack([dense, np.ones((len(keep), 1))])
    words = csr_matrix(features[keep, -N_HASHED:], dtype=np.float64)
    target = np.full((len(keep), len(labels)), _SMOOTHED / len(labels))
    target[np.arange(len(keep)), [labels.index(wanted[n]) for n in keep]] += 1 - _SMOOTHED
    width = dense.shape[1]
    back = words.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        held = flat.reshape(-1, len(labels))
        logits = dense @ held[:width] + words @ held[width:]
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        wrong = (chances - target) / len(keep)
        value = -float((target * np.log(chances + 1e-12)).sum()) / len(keep) + _DECAY * float((held**2).sum())
        slope = np.vstack([dense.T @ wrong, back @ wrong]) + 2 * _DECAY * held
        return value, slope.ravel()

    start = np.zeros((width + N_HASHED) * len(labels))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x.reshape(-1, len(labels))
    return np.vstack([found[: width - 1], found[width:], found[width - 1 : width]]).astype(np.float32)


def digest(sources: Collection[str]) -> str:
    """Of everything that the weights are made from."""
    files = [HERE / (f"templates_{name}.json" if name == HALF else f"wordings/{name}.json") for name in sorted(sources)]
    made = hashlib.sha256()
    for path in (*files, PACKAGE / "phrases.json"):
        made.update(path.read_bytes())
    seen = json.loads((HERE / "refusals.json").read_text(encoding="utf-8"))[HALF]
    made.update(json.dumps(seen, sort_keys=True).encode())
    return made.hexdigest()


def fit(service: BridgeService, encode: Callable[[Sequence[str]], Floats], sources: Sequence[str], out: Path) -> None:
    """Train all heads on the wordings of some sources and write them."""
    from safetensors.numpy import save

    made = list(varied(list(examples(service, sources))))
    features = features_of([(one.masked, one.kinds) for one in made], encode)
    labels = {head: sorted({getattr(one, head) for one in made} - {""}) for head in HEADS}
    weights = {head: train(features, [getattr(one, head) for one in made], labels[head]) for head in HEADS}
    told = {"made_from": digest(sources), "sources": sorted(sources), "labels": labels, "words": words(sources)}
    told["ways"] = {label: _way(service, label) for label in labels["plan"]}
    out.mkdir(parents=True, exist_ok=True)
    (out / WEIGHTS).write_bytes(save({head: held.astype(np.float16) for head, held in weights.items()}))
    (out / LABELS).write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _way(service: BridgeService, label: str) -> list[str]:
    """Kinds from the start to the answers of a plan."""
    if label in SHARED:
        return ["protein", ""]
    relations = service.graph.relations
    steps = plan_of(label)
    return [relations[steps[0][0]].head, *(relations[step[0]].tail for step in steps)]


def words(sources: Sequence[str]) -> list[str]:
    """What the wordings of at least two sources say beside names, in small letters."""
    said: Counter[str] = Counter()
    for source in sources:
        texts = [re.sub(r"\{\w+\}", " ", wording.text) for wording in wordings(source)]
        said.update({word for text in texts for word in re.findall(r"[^\W\d_]{3,}", text) if word.islower()})
    return sorted(word for word, n in said.items() if n > 1)


class Kept:
    """An encoder that keeps what it has encoded once, for trainings on overlapping wordings."""

    def __init__(self, encode: Callable[[Sequence[str]], Floats], folder: Path) -> None:
        self._encode, self._held, self._folder = encode, dict[str, Floats](), folder
        if (folder / "texts.json").is_file():
            texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
            self._held = dict(zip(texts, np.load(folder / "vectors.npy"), strict=True))

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts (n, dim)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        for at in range(0, len(new), 256):
            some = new[at : at + 256]
            self._held.update(zip(some, self._encode(some), strict=True))
        if len(new) > 200:
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(self._folder / "vectors.npy", np.stack(list(self._held.values())))
            (self._folder / "texts.json").write_text(json.dumps(list(self._held)), encoding="utf-8")
        return np.stack([self._held[text] for text in texts])


def main() -> None:
    """Train, and write the weights or print accuracies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", default=[HALF, *AUTHORS], choices=(HALF, *AUTHORS))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--out", type=Path, default=PACKAGE, help="with --check: one folder an author is made here")
    asked = parser.parse_args()
    settings = Settings.from_env()
    service = BridgeService.open(settings)
    encode = Kept(service.asker.encode, settings.build / "ask" / "encoded")
    if not asked.check:
        fit(service, encode, asked.sources, asked.out)
        return
    for author in (name for name in asked.sources if name != HALF):
        fit(service, encode, [name for name in asked.sources if name != author], asked.out / author)
        sys.stdout.write(f"{author}: {_accuracies(service, encode, author, asked.out / author)}\n")


def _accuracies(service: BridgeService, encode: Callable[[Sequence[str]], Floats], author: str, folder: Path) -> str:
    from biobridge_core.answer.learnt import Reader

    reader = Reader.load(folder, encode)
    made = list(examples(service, [author]))
    right = {head: [0, 0] for head in HEADS}
    for one in made:
        opinion = reader.read(one.masked, one.kinds)
        for head in HEADS:
            if wanted := getattr(one, head):
                chances = getattr(opinion, head)
                right[head][0] += max(chances, key=chances.__getitem__) == wanted
                right[head][1] += 1
    return ", ".join(f"{head} {good / max(1, n):.3f} ({n})" for head, (good, n) in right.items())


if __name__ == "__main__":
    main()
