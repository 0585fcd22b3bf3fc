"""How well the attribution that is shown agrees with full windowed occlusion, and the first-order one beside it.

    python benchmarks/attribution.py

50 proteins and 50 molecules of the graph, each with the hit that the service ranks first. *Shown* is what the service
gives. *Full* leaves out every stretch of 9 residues, and hides every 1 to 5 atoms in float32. *First order* is the
gradient of the cosine through the mean over positions (proteins), and gradient times input (molecules). *Otherwise
hidden* hides the same windows in another way: a neutral linker for residues, carbon for atoms. All are compared by
Spearman correlation over the residues or atoms of one input; a killed run goes on where it stood.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

import common
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from biobridge_core.artifacts import read_manifest
from biobridge_core.config import Settings
from biobridge_core.encoders import chemnet
from biobridge_core.encoders.base import Encoder
from biobridge_core.encoders.chemnet import PAD_LENGTH, ChemNet
from biobridge_core.encoders.unirep import UniRep, tokenise
from biobridge_core.explain.attribution import Plan, attribute, first_order, hidden
from biobridge_core.explain.score import ContentScore
from biobridge_core.explain.units import Units, Window, spread, windows
from biobridge_core.service import BridgeService
from biobridge_core.types import InputKind, Query, QueryKind

KINDS = {"protein": ("disease", (60, 250)), "drug": ("protein", (20, 120))}  #: asked for, characters of input
LINKER = "GSAGSAGSAGSAGSAGSA"
Values = NDArray[np.float64]


def main() -> None:
    """Measure each kind and write the result."""
    arguments = _arguments()
    settings = Settings.from_env()
    service = BridgeService.open(settings)
    digest = read_manifest(settings.bundle).digest
    work = settings.build / "attribution-work" / f"{digest[:12]}.jsonl"
    work.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for modality in KINDS if arguments.only is None else [arguments.only]:
        done = {row["id"]: row for row in map(json.loads, work.read_text().splitlines())} if work.exists() else {}
        for row in _sample(service, modality, arguments.n, arguments.seed):
            curie = service.graph.ids[row]
            if curie not in done:
                done[curie] = _measured(service, row, modality)
                with work.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(done[curie]) + "\n")
                print(json.dumps(done[curie]), flush=True)
            rows.append(done[curie])
    if arguments.only is None:
        _write(rows, arguments, digest)


def _sample(service: BridgeService, modality: str, n: int, seed: int) -> list[int]:
    """Rows drawn at random among the entities with an input of the lengths that are measured."""
    graph = service.graph
    low, high = KINDS[modality][1]
    kind = InputKind.SEQUENCE if modality == "protein" else InputKind.SMILES
    rows = [int(row) for row in graph.rows(modality) if graph.input_kind(int(row)) is kind]
    rows = [row for row, text in zip(rows, graph.inputs(rows), strict=True) if low <= len(text) <= high]
    return [int(row) for row in np.random.default_rng(seed).permutation(rows)[:n]]


def _measured(service: BridgeService, row: int, modality: str) -> dict[str, Any]:
    graph, to = service.graph, KINDS[modality][0]
    curie = graph.ids[row]
    query = Query(curie, QueryKind.ENTITY, modality, curie, graph.names[row])
    hit = service.retrieve(query, to=[to], k=1).lists[0].hits[0]
    kind = graph.input_kind(row)
    encoder = service._encoders.get(kind, lambda _message, _done: None)
    units = Units.of(kind, graph.inputs([row])[0])
    score = ContentScore(service._bundle, modality, kind, hit.relation, graph.row(hit.entity.id))
    started = time.process_time()
    shown = attribute(encoder, score, units, relation=hit.relation)
    seconds = time.process_time() - started
    measure = _of_protein if isinstance(encoder, UniRep) else _of_molecule
    figures = measure(encoder, score, units, np.array(shown.values))  # type: ignore[arg-type]
    facts = {"id": curie, "kind": modality, "hit": hit.entity.id, "relation": hit.relation, "units": len(units)}
    return facts | {"cosine": round(shown.cosine, 4), "cpu_seconds": round(seconds, 2)} | figures


def _of_protein(encoder: UniRep, score: ContentScore, units: Units, shown: Values) -> dict[str, float]:
    plan = Plan.of(units)
    every = windows(len(units), plan.width, 1)
    raw = encoder.encode([units.text]).vectors
    whole = float(score.cosines(raw)[0])
    full = spread(len(units), every, whole - score.cosines(hidden(encoder, units, every)))
    some = windows(len(units), plan.width, 2 * plan.stride)
    linked = [units.text[:a] + LINKER[: b - a] + units.text[b:] for a, b in some]
    otherwise = _falls(encoder, score, units, linked, some, whole)
    left_out = spread(len(units), some, whole - score.cosines(hidden(encoder, units, some)))
    states = _states(encoder, units.text)
    plain = first_order(states, raw[0], score.gradient(raw[0]))[1:]  # the start token is no residue
    smooth = np.convolve(plain, np.ones(plan.width) / plan.width, mode="same")
    return {
        "shown": _agree(shown, full),
        "first_order": max(_agree(plain, full), _agree(smooth, full)),
        "otherwise_hidden": _agree(left_out, otherwise),
    }


def _of_molecule(encoder: ChemNet, score: ContentScore, units: Units, shown: Values) -> dict[str, float]:
    exact = chemnet.load("chemnet", Settings.from_env(), dtype="float32")
    whole = float(score.cosines(exact.encode([units.text]).vectors)[0])
    scales = []
    for width in range(1, min(5, len(units) - 1) + 1):
        every = windows(len(units), width, 1)
        scales.append(spread(len(units), every, whole - score.cosines(hidden(exact, units, every))))
    plan = Plan.of(units)
    over = windows(len(units), plan.width, plan.stride)
    otherwise = _falls(exact, score, units, [_as_carbon(units, window) for window in over], over, whole)
    plain = _gradient_times_input(encoder, score, units)
    smooth = np.convolve(plain, np.ones(plan.width) / plan.width, mode="same")
    full = np.mean(scales, axis=0)
    return {
        "shown": _agree(shown, full),
        "first_order": max(_agree(plain, full), _agree(smooth, full)),
        "otherwise_hidden": _agree(shown, otherwise),
    }


def _falls(
    encoder: Encoder, score: ContentScore, units: Units, texts: list[str], over: list[Window], whole: float
) -> Values:
    return spread(len(units), over, whole - score.cosines(encoder.encode(texts).vectors))


def _as_carbon(units: Units, window: Window) -> str:
    """The atoms of a window made carbon, aromatic ones aromatic carbon."""
    parts, done = [], 0
    for first, last in units.spans[window[0] : window[1]]:
        parts += [units.text[done:first], "c" if units.text[first:last].lstrip("[")[:1].islower() else "C"]
        done = last
    return "".join([*parts, units.text[done:]])


@torch.inference_mode()
def _states(encoder: UniRep, sequence: str) -> NDArray[np.float32]:
    """Hidden state after the start token and after each residue, (length + 1, 1900)."""
    model, states = encoder._model, []
    hidden_state = torch.zeros(1, model.width)
    cell = torch.zeros_like(hidden_state)
    joined = torch.zeros(1, model.width + len(model.one_hot), dtype=model.dtype)
    for token in tokenise(sequence):
        model._step(torch.tensor([int(token)]), hidden_state, cell, joined)
        states.append(hidden_state.clone())
    return torch.cat(states).numpy()


def _gradient_times_input(encoder: ChemNet, score: ContentScore, units: Units) -> Values:
    """Gradient times input of every character of a SMILES, summed over the characters of each atom."""
    first, second, back, forth = encoder._layers
    walk_back, walk_forth = torch.nn.LSTM(32, 128), torch.nn.LSTM(128, 512)
    walk_back.load_state_dict(back)
    walk_forth.load_state_dict(forth)
    tokens, _ = chemnet.tokenise(units.text)
    x = torch.zeros(len(chemnet.VOCABULARY), max(PAD_LENGTH, len(units.text) + 1))
    x[tokens, torch.arange(len(tokens))] = 1 / len(chemnet.VOCABULARY)
    x.requires_grad_(True)
    y = torch.selu(torch.nn.functional.conv1d(x[None], first["weight"], stride=2, padding=1))
    y = torch.selu(torch.nn.functional.conv1d(y, second["weight"], stride=2, padding=1)).permute(2, 0, 1)
    y = walk_forth(walk_back(y.flip(0))[0].flip(0))[0][-1]  # (1, 512)
    (gradient,) = torch.autograd.grad(score.of(y).sum(), x)
    each = (gradient * x.detach()).sum(dim=0).numpy()
    places = [found.span() for found in re.finditer("Cl|Br|Si|.", units.text)]
    inside = [[i for i, (a, b) in enumerate(places) if a >= low and b <= high] for low, high in units.spans]
    return np.array([each[characters].sum() for characters in inside])


def _agree(one: Values, other: Values) -> float:
    """Spearman correlation; 0 where one of the two is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return round(float(spearmanr(one, other).statistic), 4)


def _write(rows: list[dict[str, Any]], arguments: argparse.Namespace, digest: str) -> Path:
    headline: dict[str, float] = {}
    for kind, name in (("protein", "protein"), ("drug", "molecule")):
        mine = [row for row in rows if row["kind"] == kind]
        for key, label in (("shown", "spearman"), ("first_order", "first_order"), ("otherwise_hidden", "otherwise")):
            headline[f"{label}_{name}"] = round(float(np.mean([row[key] for row in mine])), 4)
        headline[f"spearman_{name}_p10"] = round(float(np.percentile([row["shown"] for row in mine], 10)), 4)
        headline[f"n_{name}"] = len(mine)
    return common.write_result(
        "attribution",
        headline=headline,
        rows=rows,
        seeds=[arguments.seed],
        manifest={"bundle": digest},
        notes=[
            "spearman_*: what is shown against full windowed occlusion; mean over inputs, p10 the tenth percentile.",
            "first_order_*: the better of plain and smoothed over a window, against the same full occlusion.",
            "otherwise_*: the same windows hidden in another way (a neutral linker instead of leaving residues out, "
            "carbon instead of unknown marks); how far the picture depends on how one hides.",
            f"Proteins of {KINDS['protein'][1][0]} to {KINDS['protein'][1][1]} residues, molecules of "
            f"{KINDS['drug'][1][0]} to {KINDS['drug'][1][1]} SMILES characters, drawn at random; the hit is the one "
            "that the service ranks first.",
        ],
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--n", type=int, default=50, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(KINDS), help="measure this kind and write no result yet")
    return parser.parse_args()


if __name__ == "__main__":
    main()
