"""A server of the app, and visitors of it who speak the page's own protocol without a browser.

A browser uses the processor of the machine that it runs on, and ten would use all of it. Ten people bring ten machines,
so the load is made by visitors that send and receive what a browser does over its WebSocket, and draw nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 120.0  #: seconds for one answer


@dataclass(frozen=True)
class Server:
    """A running app."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Its HTTP address."""
        return f"http://127.0.0.1:{self.port}"

    def resident_mb(self) -> float:
        """Memory that the process holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def serving(log: Path) -> Iterator[Server]:
    """Start the app as a person would, and stop it at the end; yields before it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(server: Server) -> None:
    """Return once the server answers."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise SystemExit("The app ended before it answered.")
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The app did not answer.")


@dataclass
class Drawn:
    """What one question brought."""

    seconds: float
    cards: int  #: hits in the page
    errors: list[str] = field(default_factory=list)


class Visitor:
    """One session of the app without a browser."""

    def __init__(self, server: Server, page: str = "explore") -> None:
        self._page = page
        self._socket: ClientConnection = connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream", subprotocols=["streamlit"], max_size=None, compression=None
        )

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def ask(self, **params: str) -> Drawn:
        """Open an address of the page and wait until it is drawn."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(params)
        message.rerun_script.page_name = self._page
        started = time.perf_counter()
        self._socket.send(message.SerializeToString())
        drawn = Drawn(0.0, 0)
        while True:
            received = ForwardMsg()
            received.ParseFromString(self._socket.recv(timeout=_PATIENCE))
            kind = received.WhichOneof("type")
            if kind == "delta":
                _look(received, drawn)
            elif kind == "page_not_found":
                drawn.errors.append("there is no such page")
            elif kind == "script_finished" and received.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                drawn.seconds = time.perf_counter() - started
                if not drawn.cards:
                    drawn.errors.append("no hits")
                return drawn


def _look(received: ForwardMsg, drawn: Drawn) -> None:
    element = received.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        drawn.errors.append(element.exception.type)
    elif kind == "alert" and "went wrong" in element.alert.body:
        drawn.errors.append("an error nobody foresaw")
    elif kind == "html":
        drawn.cards += element.html.body.count('class="bb-card')
