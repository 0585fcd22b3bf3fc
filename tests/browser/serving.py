"""A server of the app, and the addresses that open its pages."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ui import nav

ROOT = Path(__file__).resolve().parents[2]
DEEP_LINK = "/explore?q=UniProtKB:P35498&to=disease"
#: page -> an address that opens it with something on it, and what is there once it is
ROUTES = {
    "home": ("/", ".st-key-home_examples button"),
    "explore": (DEEP_LINK, ".st-key-kind_disease .bb-card"),
    "ask": ("/ask?q=Which%20drugs%20inhibit%20EGFR%3F", ".bb-summary"),
    "entity": ("/entity?q=UniProtKB:P35498", ".st-key-entity_head"),
    "compare": ("/compare?a=UniProtKB:P35498&b=MONDO:0100135", "[data-testid=stMarkdown] h5, [data-testid=stMetric]"),
    "batch": ("/batch", "[data-testid=stFileUploader]"),
    "draw": ("/draw?q=GtoPdb:4941", ".st-key-kind_protein .bb-card"),
    "design": ("/design?target=UniProtKB:P00533", "[class*=st-key-design_items] button"),
    "evidence": ("/evidence?study=known", ".st-key-study_body [data-testid=stDataFrame]"),
    "about": ("/about", "[data-testid=stDataFrame]"),
}
ROUTES = {name: route for name, route in ROUTES.items() if nav.exists(name)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class App:
    """A running app, and what the first visitor of the cold server saw, who came by a deep link."""

    address: str
    log: Path
    process: subprocess.Popen[bytes]
    first_cards: list[str] = field(default_factory=list)
    first_text: str = ""

    def alive(self) -> bool:
        return self.process.poll() is None


@contextmanager
def started(log: Path) -> Iterator[App]:
    """A server of its own, stopped at the end."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1"], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        running = App(f"http://127.0.0.1:{port}", log, process)
        _wait(running)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(running: App) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert running.alive(), running.log.read_text()
        try:
            with urllib.request.urlopen(f"{running.address}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the app did not start:\n{running.log.read_text()}")
