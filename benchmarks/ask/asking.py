"""Ask the opened services, each question once: answers are kept under the digest of the code that gave them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from common import ROOT
from retrieval.scorers import code_of

from ask.opened import OPENED, SEED, build, open_service, removed_ids
from ask.record import Record, record_of
from biobridge_core.answer.types import Answer, Attachment
from biobridge_core.artifacts import read_manifest, sha256_file
from biobridge_core.config import Settings
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.service import BridgeService

Question = Mapping[str, Any]

#: modules beside those of the answer package that decide an answer
_CODE = (
    "lookup", "names", "reading", "retrieve", "hits", "heads", "encoding", "notation", "uploads", "findings", "denial",
    "everyday", "links", "relative", "many", "explain/paths",
)  # fmt: skip
_LOG = logging.getLogger(__name__)


class Asking:
    """Answers of both opened services, from the folder or asked now.

    Parameters
    ----------
    questions
        All of the file, whichever of them are asked: they decide what is taken out of the graph.
    """

    def __init__(self, settings: Settings, questions: Sequence[Question]) -> None:
        self._settings, self._all = settings, questions
        self._opened: dict[str, BridgeService] = {}
        self._graphs: dict[str, KnowledgeGraph] = {}
        modules = sorted((ROOT / "biobridge_core" / "answer").glob("*.py"))
        more = [ROOT / "biobridge_core" / f"{name}.py" for name in _CODE]
        held = [*(ROOT / "biobridge_core" / "answer").glob("*.json")]
        held += (ROOT / "biobridge_core" / "answer").glob("*.safetensors")
        words = [sha256_file(path) for path in sorted(held)]
        code = code_of(*(str(path.relative_to(ROOT)) for path in (*modules, *more)))
        self._code = hashlib.sha256(json.dumps([code, words]).encode()).hexdigest()

    def service(self, name: str) -> BridgeService:
        """An opened service, warm."""
        if name not in self._opened:
            service = open_service(self._settings, name, self._all)
            service.load_encoders()
            service.prepare()
            service.asker.ask("Which drugs inhibit EGFR?")
            self._opened[name], self._graphs[name] = service, service.graph
        return self._opened[name]

    @cached_property
    def whole(self) -> KnowledgeGraph:
        """The shipped graph, with all that is held out."""
        return KnowledgeGraph.load(self._settings.bundle / "kg", verify=False)

    def folder(self, name: str) -> Path:
        """Bundle of a service, built first where it is missing."""
        return build(self._settings, name, removed_ids(self._all))

    def graph(self, name: str) -> KnowledgeGraph:
        """What a service answers from."""
        if name not in self._graphs:
            self._graphs[name] = KnowledgeGraph.load(self._bundles[name] / "kg", verify=False)
        return self._graphs[name]

    @cached_property
    def digests(self) -> dict[str, str]:
        """Digest of the bundle that each service is opened from."""
        return {name: read_manifest(folder).digest for name, folder in self._bundles.items()}

    @cached_property
    def _bundles(self) -> dict[str, Path]:
        return {name: self.folder(name) for name in OPENED}

    def answers(self, questions: Sequence[Question], progress: Callable[[str], None]) -> list[Record]:
        """One record for each question, in order; those of one service first, so that only one is at work."""
        found: dict[str, Record] = {}
        order = sorted(questions, key=lambda question: opened_for(question) != "transductive")
        start, asked = time.monotonic(), 0
        for number, question in enumerate(order, start=1):
            path = self._path(question)
            if path.is_file():
                found[question["id"]] = json.loads(path.read_text(encoding="utf-8"))
                continue
            record = self._ask(question)
            asked += 1
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
            os.replace(temporary, path)
            found[question["id"]] = record
            if asked % 50 == 0:
                progress(f"{number} of {len(order)}, {(time.monotonic() - start) / asked:.2f} s each")
        return [found[question["id"]] for question in questions]

    def _path(self, question: Question) -> Path:
        told = {key: question[key] for key in ("question", "thread", "attach")}
        key = [self._code, self.digests[opened_for(question)], SEED, json.dumps(told, sort_keys=True)]
        name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]
        return self._settings.build / "ask" / "answers" / self._code[:16] / f"{question['id']}-{name}.json"

    def _ask(self, question: Question) -> Record:
        asker = self.service(opened_for(question)).asker
        attached = [Attachment(one["name"], one["text"].encode()) for one in question["attach"]]
        before: list[Answer] = []
        try:
            for turn in question["thread"]:
                before.append(asker.ask(turn, before=tuple(before)))
            start = time.perf_counter()
            answer = asker.ask(question["question"], attachments=attached, before=tuple(before))
            return record_of(answer, time.perf_counter() - start)
        except Exception as error:  # a crash is an answer like any other: a wrong one, which is counted
            frame = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.warning(
                "%s: %s in %s:%s", question["id"], type(error).__name__, Path(frame.filename).name, frame.lineno
            )
            return failed(error)


def opened_for(question: Question) -> str:
    """Which service is asked: the one without cold entities where the question says that one must be taken out."""
    return "cold" if question["removed"] else "transductive"


def failed(error: Exception) -> Record:
    """The record of a question that ended in an error: nothing understood, nothing answered, no refusal."""
    empty: Record = {"shape": "", "mentions": [], "target": None, "steps": [], "reading": "", "certainty": 0.0}
    empty |= {"choices": [], "refusal": None, "refusal_text": [], "notes": [], "summary": None, "sentences": []}
    empty |= {"lay": [], "facts": [], "n_known": 0, "count": None, "verdict": "", "writer": "", "seconds": 0.0}
    return empty | {"error": type(error).__name__}
