"""The starter encoders and the bridge on a GPU: the same results as on the CPU, and how fast.

Runs only where torch finds a CUDA device; elsewhere it says so and writes nothing.

    python benchmarks/gpu.py
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from common import write_result
from numpy.typing import NDArray

from biobridge_core.artifacts import read_manifest
from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import Bridge
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.encoders.registry import module_of
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind

SEED = 0
CPU, GPU = DEVICES = ("cpu", "cuda")
N = {InputKind.SEQUENCE: 300, InputKind.SMILES: 2000, InputKind.TEXT: 2000}  #: entities that both devices encode
TOLERANCE = {"float32": 0.9999, "auto": 0.999}  #: lowest cosine between a CPU float32 vector and the other one
TOLERANCE_BRIDGE = 1e-3  #: largest difference between two cosines
N_HEADS = 500  #: of each relation
REPEATS = 3


def main() -> int:
    """Measure and write ``benchmarks/results/gpu.json``, or say why not."""
    if not torch.cuda.is_available():
        print("No CUDA device was found: nothing was measured and benchmarks/results/gpu.json is left as it is.")
        return 0
    settings = Settings.from_env()
    graph = KnowledgeGraph.load(settings.bundle / "kg")
    rows: list[dict[str, object]] = []
    headline: dict[str, float] = {}
    for kind in InputKind:
        rows += compare_encoder(graph, settings, kind, headline)
    rows += compare_bridge(graph, settings, headline)
    write_result(
        "gpu",
        headline=headline,
        rows=rows,
        seeds=[SEED],
        manifest={stage: read_manifest(settings.bundle / stage).digest for stage in ("kg", "catalogue", "bridge")},
        notes=[
            "Encoders: items per second over the same random catalogue entities, median of three runs after a warm-up.",
            "lowest_cosine compares every vector with the CPU's in float32. auto is bfloat16 where the device has it.",
            "Bridge: cosines of random heads with all tails, for every forward relation between modalities.",
        ],
    )
    failed = [f"{row['what']} {row['device']} {row['precision']}" for row in rows if not row["within_tolerance"]]
    if failed:
        print(f"Outside the tolerance: {', '.join(failed)}.")
    return 1 if failed else 0


def compare_encoder(
    graph: KnowledgeGraph, settings: Settings, kind: InputKind, headline: dict[str, float]
) -> list[dict[str, object]]:
    """One row for a device and precision of the encoder of an input kind."""
    name = settings.encoders[kind]
    load = importlib.import_module(f"biobridge_core.encoders.{module_of(name)}").load
    first = load(name, settings)
    inputs = sample(graph, kind, lambda text: first.refusal(text) is None)
    reference: NDArray[np.float32] | None = None
    rows: list[dict[str, object]] = []
    speed: dict[tuple[str, str], float] = {}
    for device in DEVICES:
        for precision in ("float32", "auto"):
            encoder = load(name, settings, dtype=precision).to(device)
            encoder.encode(inputs[:32])
            encoded, seconds = timed(partial(encoder.encode, inputs))
            vectors = encoded.vectors
            if reference is None:
                reference = vectors
            cosine = float((unit(reference) * unit(vectors)).sum(axis=1).min())
            speed[device, precision] = len(inputs) / seconds
            rows.append(
                {
                    "what": name,
                    "device": device,
                    "precision": precision,
                    "n": len(inputs),
                    "per_second": round(speed[device, precision], 1),
                    "lowest_cosine": cosine,
                    "within_tolerance": cosine >= TOLERANCE[precision],
                }
            )
            print(rows[-1])
    headline[f"{name}_gpu_per_second"] = round(speed[GPU, "auto"], 1)
    headline[f"{name}_gpu_over_cpu"] = round(speed[GPU, "auto"] / speed[CPU, "auto"], 2)
    headline[f"{name}_lowest_cosine_float32"] = float(str(rows[2]["lowest_cosine"]))
    return rows


def compare_bridge(graph: KnowledgeGraph, settings: Settings, headline: dict[str, float]) -> list[dict[str, object]]:
    """One row a device, over every forward relation between modalities."""
    catalogue = Catalogue.load(settings.bundle / "catalogue")
    relations = [relation for relation in graph.relations.values() if relation.forward and not relation.hierarchical]
    chance = np.random.default_rng(SEED)
    heads = {r.name: np.sort(chance.permutation(np.unique(graph.edges(r.name)[:, 0]))[:N_HEADS]) for r in relations}
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    seconds: dict[str, float] = {}
    for device in DEVICES:
        bridge = Bridge.load(settings.bundle / "bridge", device)
        content = Content.from_catalogue(graph, catalogue).to(torch.device(device))
        score = partial(score_all, bridge, content, heads)
        score()
        found[device], seconds[device] = timed(score)
    worst = max(float(np.abs(found[CPU][name] - found[GPU][name]).max()) for name in heads)
    queries = sum(len(rows) for rows in heads.values())
    headline |= {
        "bridge_gpu_queries_per_second": round(queries / seconds[GPU], 1),
        "bridge_gpu_over_cpu": round(seconds[CPU] / seconds[GPU], 2),
        "bridge_largest_difference": worst,
    }
    return [
        {
            "what": "bridge",
            "device": device,
            "precision": "float32",
            "n": queries,
            "per_second": round(queries / seconds[device], 1),
            "largest_difference": 0.0 if device == CPU else worst,
            "within_tolerance": device == CPU or worst <= TOLERANCE_BRIDGE,
        }
        for device in DEVICES
    ]


def score_all(bridge: Bridge, content: Content, heads: dict[str, NDArray[np.int32]]) -> dict[str, NDArray[np.float32]]:
    """Relation -> cosines of its heads with every tail."""
    return {name: scores(bridge, content, rows, name) for name, rows in heads.items()}


def sample(graph: KnowledgeGraph, kind: InputKind, accepted: Callable[[str], bool]) -> list[str]:
    """Inputs of random catalogue entities of a kind that the encoder takes."""
    rows = np.array([row for row in range(graph.n_entities) if graph.input_kind(row) is kind])
    chosen = np.random.default_rng(SEED).permutation(rows)[: 2 * N[kind]]
    return [text for text in graph.inputs(chosen) if accepted(text)][: N[kind]]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and median seconds of a piece of work."""
    seconds = []
    for _ in range(REPEATS):
        synchronise()
        start = time.perf_counter()
        result = work()
        synchronise()
        seconds.append(time.perf_counter() - start)
    return result, sorted(seconds)[REPEATS // 2]


def synchronise() -> None:
    """Wait for the GPU, which works on after a call has returned."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1."""
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


if __name__ == "__main__":
    sys.exit(main())
