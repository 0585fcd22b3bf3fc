"""Write the questions of the Ask benchmark: known answers from held-out links, and what must be refused.

    python benchmarks/ask/generate.py                 # a minute or two; build/<profile>/ask/questions.jsonl

The wordings are in two halves. The unseen one was written, and its digest recorded in hashes.json, before the stage
that understands questions was begun; it is for measuring alone. The same graph and seed give the same bytes.
hashes.json also holds the digest of the questions that seed 0 draws from the graph named there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import ROOT  # first: it makes the package importable from a checkout

from ask.facts import Facts, Held
from ask.questions import Writer
from ask.wordings import FROZEN, digests, recorded
from biobridge_core.config import Settings
from biobridge_core.kg.graph import KnowledgeGraph

SEED = 0


def main() -> int:
    """Write the file and tell how many questions of each kind it holds."""
    settings = Settings.from_env()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=settings.build / "ask" / "questions.jsonl")
    arguments = parser.parse_args()
    now, then = digests(), recorded()
    changed = [name for name in FROZEN if now[name] != then[name]]
    if changed:
        print(f"{', '.join(changed)} is not what hashes.json records: figures would not be on unseen wording.")
        return 1
    graph = KnowledgeGraph.load(settings.bundle / "kg")
    text, kinds = questions(graph, Held.draw(graph, seed=arguments.seed), seed=arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    shown = arguments.out.resolve()
    print(f"{shown.relative_to(ROOT) if shown.is_relative_to(ROOT) else shown}: {sum(kinds.values())} questions")
    print(f"sha256 {hashlib.sha256(text.encode()).hexdigest()}, graph {graph.digest}, seed {arguments.seed}")
    for kind, number in sorted(kinds.items()):
        print(f"  {kind}: {number}")
    return 0


def questions(graph: KnowledgeGraph, held: Held, *, seed: int) -> tuple[str, Counter[str]]:
    """All questions as JSON lines, and how many there are of each kind."""
    rows = list(Writer(Facts(graph, held), seed=seed).all())
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return text, Counter(str(row["kind"]) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
