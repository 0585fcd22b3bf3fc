"""Development score of the understanding stage on the wordings of independent authors, group by group.

    python benchmarks/ask/try_authors.py a b c                 # with the reader that is shipped
    python benchmarks/ask/try_authors.py a --reader FOLDER     # with weights that were not trained on this author
    python benchmarks/ask/try_authors.py d --quiet             # figures alone, no wording is shown

Names are put into an author's wordings by the code that writes the benchmark, from the same facts. The questions are
kept under build/ by the digest of the author's file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from ask.facts import Facts, Held  # noqa: E402
from ask.questions import Writer  # noqa: E402
from ask.try_seen import attached, judged, print_table, show  # noqa: E402
from ask.wordings import AUTHORS, HERE, answerable  # noqa: E402
from biobridge_core.answer.learnt import Reader  # noqa: E402
from biobridge_core.answer.understand import Understander  # noqa: E402
from biobridge_core.config import Settings  # noqa: E402
from biobridge_core.service import BridgeService  # noqa: E402

_SEED = 0


def main() -> None:
    """Print the shares right per kind, and the questions that went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("authors", nargs="+", choices=AUTHORS)
    parser.add_argument("--reader", type=Path, default=None, help="folder with other weights; {} is the author")
    parser.add_argument("--no-reader", action="store_true")
    parser.add_argument("--kind", default="")
    parser.add_argument("--wrong", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    asked = parser.parse_args()
    settings = Settings.from_env()
    rows = {author: list(questions(settings, author)) for author in asked.authors}
    service = BridgeService.open(settings)
    understander = service.asker.understander
    inverse = {name: relation.inverse for name, relation in service.graph.relations.items()}
    understander.understand("Which drugs inhibit EGFR?")
    for author in asked.authors:
        if asked.no_reader:
            understander.use(None)
        elif asked.reader is not None:
            folder = Path(str(asked.reader).format(author))
            understander.use(Reader.load(folder, understander.encode))
        wrong = 0 if asked.quiet else asked.wrong
        chosen = [row for row in rows[author] if row["kind"].startswith(asked.kind)]
        sys.stdout.write(f"author {author}\n")
        _score(understander, chosen, inverse, wrong)


def questions(settings: Settings, author: str) -> Iterable[dict[str, Any]]:
    """The questions in an author's wordings, written first where there are none yet."""
    digest = hashlib.sha256((HERE / "wordings" / f"{author}.json").read_bytes()).hexdigest()[:16]
    path = settings.build / "ask" / "authors" / f"{author}-{digest}.jsonl"
    if not path.is_file():
        from biobridge_core.kg.graph import KnowledgeGraph

        graph = KnowledgeGraph.load(settings.bundle / "kg")
        writer = Writer(Facts(graph, Held.draw(graph, seed=_SEED)), seed=_SEED)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in writer.of(author))
        path.write_text(text, encoding="utf-8")
    made = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    plain = {"kind": "answerable", "group": "answerable", "expect": "open", "thread": [], "attach": []}
    return [*made, *({**plain, "question": text} for text in answerable(author))]


def _score(
    understander: Understander, rows: Iterable[Mapping[str, Any]], inverse: Mapping[str, str], wrong: int
) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    took, shown = [], 0
    for row in rows:
        before = tuple(understander.understand(text) for text in row["thread"])
        clock = time.perf_counter()
        read = understander.understand(row["question"], attached(row), before)
        took.append(time.perf_counter() - clock)
        marks = judged(row, read, inverse)
        for name, right in marks.items():
            table[row["kind"]][name] += right
            table[row["kind"]]["n " + name] += 1
        if not all(marks.values()) and shown < wrong:
            shown += 1
            show(row, read, marks)
    print_table(table, took)


if __name__ == "__main__":
    main()
