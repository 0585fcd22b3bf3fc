"""Development score of the understanding stage: linking, relation and refusal on the seen half, per kind of question.

The half that is not seen is left out before anything is looked at. Attachments are asked as the raw inputs that they
are, without the entity behind them, as the benchmark does.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from ask.record import record_of  # noqa: E402
from ask.score import linked, planned  # noqa: E402
from biobridge_core.answer.types import Answer, Mention, Shape, Understanding  # noqa: E402
from biobridge_core.config import Settings  # noqa: E402
from biobridge_core.service import BridgeService  # noqa: E402
from biobridge_core.types import Query, QueryKind  # noqa: E402

_QUESTIONS = ROOT / "build" / "starter" / "ask" / "questions.jsonl"
_SHAPES = {"shared": Shape.SHARED, "count": Shape.COUNT, "verify": Shape.VERIFY}


def rows(parity: str, every: int) -> Iterator[dict[str, Any]]:
    """Questions of the seen half: of even or odd wordings, or all; every n-th."""
    kept = 0
    with _QUESTIONS.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if '"half": "seen"' not in line:
                continue
            row: dict[str, Any] = json.loads(line)
            place = row["wording"] if row["wording"] >= 0 else number
            if parity != "all" and place % 2 != (parity == "odd"):
                continue
            kept += 1
            if kept % every == 0:
                yield row


def attached(row: Mapping[str, Any]) -> tuple[Mention, ...]:
    """The attachments as raw inputs that the graph has never seen."""
    made = []
    for one in row["attach"]:
        smiles = one["kind"] == "smiles"
        kind, modality = (QueryKind.SMILES, "drug") if smiles else (QueryKind.SEQUENCE, "protein")
        value = "".join(line for line in one["text"].splitlines() if not line.startswith(">"))
        made.append(Mention(one["name"], Query(value, kind, modality, value, one["name"]), None, "attachment"))
    return tuple(made)


def judged(row: Mapping[str, Any], read: Understanding, inverse: Mapping[str, str]) -> dict[str, bool]:
    """Which parts of a reading are right."""
    refused = read.refusal is not None or bool(read.choices)
    if row["expect"] in {"refuse", "negation"}:
        return {"refused": refused}
    if row["expect"] == "open":
        return {"answered": not refused}
    record = record_of(Answer(read), 0.0)
    return {
        "linked": linked(row, record) and not refused,
        "planned": planned(row, record, inverse) and not refused,
        "shaped": read.shape is _SHAPES.get(row["kind"], Shape.LIST) and not refused,
        "answered": not refused,
    }


def main() -> None:
    """Print the shares right per kind, and the questions that went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--kind", default="")
    parser.add_argument("--wrong", type=int, default=0)
    asked = parser.parse_args()
    service = BridgeService.open(Settings.from_env())
    understander = service.asker.understander
    inverse = {name: relation.inverse for name, relation in service.graph.relations.items()}
    understander.understand("Which drugs inhibit EGFR?")
    table: dict[str, Counter[str]] = defaultdict(Counter)
    took, shown = [], 0
    for row in rows(asked.half, asked.every):
        if asked.kind and not row["kind"].startswith(asked.kind):
            continue
        before = tuple(understander.understand(text) for text in row["thread"])
        clock = time.perf_counter()
        read = understander.understand(row["question"], attached(row), before)
        took.append(time.perf_counter() - clock)
        marks = judged(row, read, inverse)
        for name, right in marks.items():
            table[row["kind"]][name] += right
            table[row["kind"]]["n " + name] += 1
        if not all(marks.values()) and shown < asked.wrong:
            shown += 1
            show(row, read, marks)
    print_table(table, took)


def show(row: Mapping[str, Any], read: Understanding, marks: Mapping[str, bool]) -> None:
    """Print one question that was read wrongly, and how."""
    bad = ",".join(name for name, right in marks.items() if not right)
    found = [
        (m.text, m.query.modality, m.query.value[:40])
        for m in (*read.mentions, *([read.target] if read.target else []))
    ]
    why = f"{read.refusal.reason}: {read.refusal.message[:80]}" if read.refusal else ""
    steps = [step.relations if len(step.relations) < 3 else "any" for step in read.steps]
    sys.stdout.write(f"[{row['kind']}/{row['group']}] {row['question']!r} {row['thread'] or ''}\n    wrong {bad}; "
                     f"{read.shape} {found} {steps} {why}\n")  # fmt: skip


def print_table(table: Mapping[str, Counter[str]], took: list[float]) -> None:
    """Print the shares right per kind and over all."""
    total: Counter[str] = Counter()
    for kind, counts in sorted(table.items()):
        total.update(counts)
        sys.stdout.write(f"{kind:26s} {_shares(counts)}\n")
    sys.stdout.write(f"{'all':26s} {_shares(total)}\n")
    wrongly = total["n answered"] - total["answered"]
    right = sum(counts["refused"] for counts in table.values())
    sys.stdout.write(f"refusal precision {right / max(1, right + wrongly):.3f}\n")
    took.sort()
    sys.stdout.write(f"seconds: median {took[len(took) // 2]:.3f}, most {took[-1]:.3f}, n {len(took)}\n")


def _shares(counts: Mapping[str, int]) -> str:
    names = [name[2:] for name in counts if name.startswith("n ")]
    return "  ".join(f"{name} {counts[name] / counts['n ' + name]:.3f} ({counts['n ' + name]})" for name in names)


if __name__ == "__main__":
    main()
