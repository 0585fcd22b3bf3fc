"""A language model that a person chose to use: any endpoint that speaks the OpenAI protocol, or a folder of weights.

Off unless configured: with no address and no folder nothing is loaded and nothing leaves the machine. What a model
writes is foreign text; who asks it checks every word of the reply.
"""

from __future__ import annotations

import json
import logging
import re
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.client import HTTPException
from ipaddress import ip_address
from typing import IO, Any, Literal, Protocol
from urllib.parse import urlsplit

from biobridge_core.config import Settings
from biobridge_core.errors import LanguageModelError

logger = logging.getLogger(__name__)

MAX_REPLY = 2_000_000  #: bytes of an HTTP reply
MAX_TEXT = 100_000  #: characters of the text in it
TIMEOUT = 60.0  #: seconds for one reply, the second try included
_MEANWHILE = "Answers are written from facts meanwhile."
_PAUSE = 0.3  #: seconds before the second try
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what a model is told."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """Completes text. Safe to share between threads."""

    @property
    def name(self) -> str:
        """What people call it, without its key."""

    def complete(
        self,
        prompt: str | Sequence[Message],
        *,
        max_tokens: int = 800,
        seed: int = 0,
        timeout: float = TIMEOUT,
        temperature: float = 0.0,
    ) -> str:
        """The model's text; with ``temperature`` 0 always the most likely one, otherwise chosen by ``seed``.

        Raises
        ------
        LanguageModelError
            If it is down, slow, or answers with something else than text.
        """


def messages_of(prompt: str | Sequence[Message]) -> list[Message]:
    """A prompt as turns."""
    return [Message("user", prompt)] if isinstance(prompt, str) else list(prompt)


def language_model(settings: Settings) -> LanguageModel | None:
    """The model that the settings name; None where they name none.

    Raises
    ------
    LanguageModelError
        If both an address and a folder are given, or the address is none.
    """
    if settings.llm_url and settings.llm_folder:
        raise LanguageModelError(
            "Both BIOBRIDGE_LLM_URL and BIOBRIDGE_LLM_FOLDER are set.", "Leave one of them out: one model is used."
        )
    if settings.llm_url:
        return HttpModel(settings.llm_url, settings.llm_model, settings.llm_key)
    if settings.llm_folder:
        from biobridge_core.local_language_model import LocalModel

        return LocalModel(settings.llm_folder, device=settings.device)
    return None


@dataclass(frozen=True)
class HttpModel:
    """An endpoint that speaks the OpenAI protocol (``/v1/chat/completions``).

    The prompt is sent to ``url`` and nowhere else: redirects are not followed, and an address on this machine is never
    asked through a proxy. The key is in no message, log line or representation.

    Parameters
    ----------
    url
        E.g. ``http://localhost:8000``, ``https://api.example.org/v1``, or the whole address of the completions.
    model
        Its name there; may be empty where the server has one model only.
    key
        Bearer token; may be empty.

    Raises
    ------
    LanguageModelError
        If the address is none.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if any(not 32 < ord(character) < 127 for character in self.key):
            raise LanguageModelError("The key of the language model has characters that no key has.", "Copy it again.")
        if self.key and parts.scheme == "http" and not _on_this_machine(parts.hostname or ""):
            logger.warning("The key of the language model goes to %s without encryption; use https.", parts.hostname)

    @property
    def name(self) -> str:
        """Model and host."""
        host = urlsplit(self.url).netloc
        return f"{self.model} at {host}" if self.model else host

    @property
    def endpoint(self) -> str:
        """The whole address that is asked."""
        parts = _split(self.url)
        path = parts.path.rstrip("/")
        if not path.endswith("/chat/completions"):
            path = f"{path or '/v1'}/chat/completions"
        return str(parts._replace(path=path, query="", fragment="").geturl())

    def complete(
        self,
        prompt: str | Sequence[Message],
        *,
        max_tokens: int = 800,
        seed: int = 0,
        timeout: float = TIMEOUT,
        temperature: float = 0.0,
    ) -> str:
        """See `LanguageModel`. One second try where the connection broke or the server failed (5xx)."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in messages_of(prompt)],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "stream": False,
        }
        return _text_of(_within(timeout, lambda until: self._asked(body, until), self.name), self.name)

    def _asked(self, body: dict[str, Any], until: float) -> bytes:
        """The reply's bytes; a refused option is left out, or called by its newer name, once."""
        for again in (True, False):
            try:
                return self._post(body, until)
            except _HttpError as error:
                changed = _without_refused(body, error) if error.status == 400 else None
                if again and (changed is not None or error.status >= 500):
                    body = changed or body
                else:
                    raise LanguageModelError(_status_words(self.name, error.status), _MEANWHILE) from error
            except (HTTPException, OSError) as error:
                reason = getattr(error, "reason", error)
                late = isinstance(reason, TimeoutError) or time.monotonic() >= until
                if late or not again:
                    raise _late(self.name) if late else _down(self.name, error) from error
            time.sleep(min(_PAUSE, max(0.0, until - time.monotonic())))
        raise AssertionError("the second try returns or raises")

    def _post(self, body: Mapping[str, Any], until: float) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.endpoint, json.dumps(body).encode(), headers, method="POST")
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if _on_this_machine(urlsplit(self.endpoint).hostname or ""):
            handlers.append(urllib.request.ProxyHandler({}))
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=left) as answer:
                return _bounded(answer, until, self.name)
        except urllib.error.HTTPError as error:
            with error:
                raise _HttpError(error.code, error.read(2_000).decode("utf-8", "replace")) from None


class _HttpError(Exception):
    """A status that is no answer."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(status)
        self.status, self.said = status, said


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key and the question are for one host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> None:
        return None


def _bounded(answer: Any, until: float, name: str) -> bytes:
    parts, size = list[bytes](), 0
    while part := answer.read1(1 << 16):
        parts.append(part)
        size += len(part)
        if size > MAX_REPLY:
            raise LanguageModelError(f"{name} sent more than {MAX_REPLY // 1_000_000} MB.", _MEANWHILE)
        if time.monotonic() >= until:
            raise TimeoutError
    return b"".join(parts)


def _within(timeout: float, work: Callable[[float], bytes], name: str) -> bytes:
    """Work that ends in time, also where a server sends a byte now and then, which no socket timeout ends."""
    until = time.monotonic() + timeout
    pool = ThreadPoolExecutor(1, "language model")
    try:
        return pool.submit(work, until).result(timeout + 0.2)
    except TimeoutError:
        raise _late(name) from None
    finally:
        pool.shutdown(wait=False)


def _text_of(reply: bytes, name: str) -> str:
    odd = LanguageModelError(f"{name} answered with something that is no chat completion.", _MEANWHILE)
    try:
        message = json.loads(reply)["choices"][0]["message"]
        content = message["content"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise odd from error
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if content is not None and not isinstance(content, str):
        raise odd
    return checked_text(content or "", name)


def checked_text(text: str, name: str) -> str:
    """What a model wrote, without its thoughts.

    Raises
    ------
    LanguageModelError
        If nothing is left, or it is too long.
    """
    text = _THOUGHT.sub("", text[: MAX_TEXT + 1]).replace("\x00", "").strip()
    if not text:
        raise LanguageModelError(f"{name} answered with nothing.", _MEANWHILE)
    if len(text) > MAX_TEXT:
        raise LanguageModelError(f"{name} wrote more than {MAX_TEXT:,} characters.", _MEANWHILE)
    return text


def one_line(text: str, most: int = 160) -> str:
    """Foreign text for a prompt: on one line, without what only steers a terminal or a model, and not too long."""
    shown = "".join(" " if unicodedata.category(character).startswith(("C", "Z")) else character for character in text)
    return " ".join(shown.split())[:most]


def _without_refused(body: Mapping[str, Any], error: _HttpError) -> dict[str, Any] | None:
    """The request without the options that a server says it does not take; None where it names none."""
    refused = [option for option in ("max_tokens", "temperature", "seed") if f'{option}"' in _quoted(error.said)]
    if not refused:
        return None
    changed = {key: value for key, value in body.items() if key not in refused}
    return changed | ({"max_completion_tokens": body["max_tokens"]} if "max_tokens" in refused else {})


def _quoted(said: str) -> str:
    return said.replace("\\", "").replace("'", '"').replace("`", '"')


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url.strip())
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or any(character.isspace() for character in url.strip()):
        raise LanguageModelError(
            "The address of the language model is no http or https address.", "Write it as http://localhost:8000/v1."
        )
    if parts.username or parts.password:
        raise LanguageModelError(
            "The address of the language model holds a name or password.", "Give the key apart, as BIOBRIDGE_LLM_KEY."
        )
    return parts


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _late(name: str) -> LanguageModelError:
    return LanguageModelError(f"{name} did not answer in time.", _MEANWHILE)


def _down(name: str, error: Exception) -> LanguageModelError:
    reason = getattr(error, "reason", error)
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return LanguageModelError(f"The language model's endpoint {name} is down: {str(words)[:200]}.", _MEANWHILE)


def _status_words(name: str, status: int) -> str:
    known = {401: "refused the key", 403: "refused the key", 404: "knows no such address or model"}
    known |= {413: "finds the question too long", 429: "has too much to do"}
    if 300 <= status < 400:
        return f"{name} points to another address, which is not followed."
    if status >= 500:
        return f"The language model's endpoint {name} is down: it answered with error {status}."
    return f"{name} {known.get(status, 'did not accept the question')} (HTTP {status})."
