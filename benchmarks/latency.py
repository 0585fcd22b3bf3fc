"""How long a warm request takes and how much memory the loaded service needs.

Catalogue entities, new 400-residue sequences (real ones, mutated so that none is in the catalogue), new molecules
(homologues of
real drugs) and sentences, each over all modalities.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from pathlib import Path

from common import write_result

from biobridge_core.service import BridgeService
from biobridge_core.types import QueryKind

SEED = 0
SENTENCES = (
    "autosomal recessive disease with early-onset seizures",
    "progressive weakness of the muscles of the shoulder and hip",
    "a child with a small head, epilepsy and delayed speech",
    "tall stature, lens dislocation and a dilated aorta",
    "kidney stones and high calcium in the blood",
    "hearing loss that begins after the age of forty",
    "transport of chloride ions across the plasma membrane",
    "repair of double-strand breaks in DNA",
    "recurrent infections with low immunoglobulin",
    "yellow skin in the first days of life with a large liver",
)


def main() -> None:
    """Measure and write ``benchmarks/results/latency.json``."""
    chance = random.Random(SEED)
    started = time.perf_counter()
    service = BridgeService.open()
    opened = time.perf_counter() - started
    rows: list[dict[str, object]] = []
    catalogue = [service.graph.ids[row] for row in chance.sample(range(service.graph.n_entities), 200)]
    inputs = {
        "catalogue": catalogue,
        "sequence400": _sequences(service, chance, 12),
        "smiles": _molecules(service, chance, 60),
        "text": list(SENTENCES) * 4,
    }
    expected = {
        "catalogue": QueryKind.ENTITY,
        "sequence400": QueryKind.SEQUENCE,
        "smiles": QueryKind.SMILES,
        "text": QueryKind.TEXT,
    }
    for name, texts in inputs.items():
        seconds = []
        for text in texts[:2] + texts:  # the first two warm the path up
            begin = time.perf_counter()
            query = service.find(text).chosen
            assert query is not None
            assert query.kind is expected[name], text
            service.retrieve(query)
            seconds.append(time.perf_counter() - begin)
        seconds = seconds[2:]
        rows.append(
            {
                "input": name,
                "n": len(seconds),
                "p50_ms": round(1000 * statistics.median(seconds), 1),
                "p95_ms": round(1000 * statistics.quantiles(seconds, n=20)[-1], 1),
            }
        )
        print(rows[-1])
    median = {row["input"]: float(str(row["p50_ms"])) for row in rows}
    rows.append({"input": "open the service", "n": 1, "p50_ms": round(1000 * opened, 1)})
    write_result(
        "latency",
        headline={
            "retrieve_catalogue_ms_p50": median["catalogue"],
            "retrieve_sequence400_s_p50": round(median["sequence400"] / 1000, 3),
            "retrieve_smiles_ms_p50": median["smiles"],
            "retrieve_text_ms_p50": median["text"],
            "rss_gb": round(_resident_bytes() / 2**30, 2),
        },
        rows=rows,
        notes="Each figure is find + retrieve over every other modality, k = 20, without a page around it.",
        seeds=[SEED],
        manifest={"graph": service.graph.digest, "bridge": service.status().bridge},
    )


def _sequences(service: BridgeService, chance: random.Random, n: int) -> list[str]:
    rows = service.graph.rows("protein").tolist()
    sequences = [s for s in service.graph.inputs(chance.sample(rows, 40 * n)) if len(s) >= 400][:n]
    return [_mutated(sequence[:400], chance) for sequence in sequences]


def _mutated(sequence: str, chance: random.Random) -> str:
    letters = list(sequence)
    for at in chance.sample(range(len(letters)), 5):
        letters[at] = chance.choice("ACDEFGHIKLMNPQRSTVWY")
    return "".join(letters)


def _molecules(service: BridgeService, chance: random.Random, n: int) -> list[str]:
    """Real drugs with a butyl chain put at the front of their SMILES, so that they are new."""
    rows = chance.sample(service.graph.rows("drug").tolist(), 20 * n)
    smiles = [
        s
        for row, s in zip(rows, service.graph.inputs(rows), strict=True)
        if service.graph.entity(row).input_kind == "smiles"
    ]
    return [f"CCCC{s}" for s in smiles if s.startswith("CC") and len(s) < 80][:n]


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
