"""A small local server that speaks the OpenAI protocol, and answers as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = str | bytes | tuple[int, bytes] | Callable[[BaseHTTPRequestHandler], None]


def completion(text: object) -> bytes:
    """The body of a chat completion."""
    turn = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [turn]}).encode()


@dataclass
class Lying:
    """What a server answers, and what it was asked."""

    answer: Callable[[dict[str, Any]], Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def lying_server(answer: Callable[[dict[str, Any]], Reply]) -> Iterator[Lying]:
    """A server whose reply to the body of a question is text, raw bytes, status with bytes, or whatever is done."""
    told = Lying(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            told.asked.append(body)
            told.headers.append(dict(self.headers))
            reply = told.answer(body) if self.path == "/v1/chat/completions" else (404, b"{}")
            if callable(reply):
                reply(self)
                return
            status, content = reply if isinstance(reply, tuple) else (200, reply)
            content = completion(content) if isinstance(content, str) else content
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
