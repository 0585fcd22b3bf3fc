"""Asking a language model: over HTTP from a real local server, and from a folder of weights."""

from __future__ import annotations

import json
import logging
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from answer.lying import completion, lying_server
from tiny_language_model import tiny_model

from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError, LanguageModelError
from biobridge_core.language_model import HttpModel, Message, language_model
from biobridge_core.local_language_model import LocalModel

KEY = "sk-very-secret-key"


def test_nothing_is_asked_unless_it_is_configured() -> None:
    assert language_model(Settings.from_env({})) is None


def test_the_environment_names_an_endpoint_and_its_key_is_never_shown() -> None:
    env = {"BIOBRIDGE_LLM_URL": "http://localhost:1/v1", "BIOBRIDGE_LLM_MODEL": "m", "BIOBRIDGE_LLM_KEY": KEY}
    settings = Settings.from_env(env)
    model = language_model(settings)
    assert isinstance(model, HttpModel)
    assert model.key == KEY
    assert model.name == "m at localhost:1"
    assert KEY not in repr(settings) + repr(model) + model.name


def test_a_profile_may_name_a_model_but_no_key(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('llm_url = "https://example.org"\nllm_model = "big"\n')
    settings = Settings.from_env({"BIOBRIDGE_PROFILE": str(profile)})
    assert (settings.llm_url, settings.llm_model) == ("https://example.org", "big")
    profile.write_text('llm_key = "secret"\n')
    with pytest.raises(ArtifactError, match="llm_key"):
        Settings.from_env({"BIOBRIDGE_PROFILE": str(profile)})


def test_two_models_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LanguageModelError, match="Both"):
        language_model(Settings(llm_url="http://localhost", llm_folder=tmp_path))


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1/chat/completions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
        ("https://a.org/openai/v2", "https://a.org/openai/v2/chat/completions"),
        ("https://a.org/v1/chat/completions", "https://a.org/v1/chat/completions"),
        ("http://[::1]:9/v1", "http://[::1]:9/v1/chat/completions"),
    ],
)
def test_addresses_are_completed(url: str, endpoint: str) -> None:
    assert HttpModel(url).endpoint == endpoint


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.org", "localhost:80", "http://", "http://a b", "http://u:p@a.org", "http://a:x"],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(LanguageModelError, match="address"):
        HttpModel(url)


def test_a_reply_comes_back_and_the_request_is_as_the_protocol_has_it() -> None:
    with lying_server(lambda _: "<think>hm</think> Hello.") as server:
        turns = [Message("system", "Be short."), Message("user", "Hi")]
        assert HttpModel(server.url, "m", KEY).complete(turns, max_tokens=7, seed=3) == "Hello."
    assert server.asked == [
        {
            "model": "m", "max_tokens": 7, "seed": 3, "temperature": 0.0, "stream": False,
            "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}],
        }
    ]  # fmt: skip
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_no_proxy_stands_before_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with lying_server(lambda _: "Hello.") as server:
        assert HttpModel(server.url).complete("Hi") == "Hello."


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"<html><body>It works!</body></html>", "no chat completion"),
        (b"", "no chat completion"),
        (b"[]", "no chat completion"),
        (b'{"choices": []}', "no chat completion"),
        (b"[" * 100_000, "no chat completion"),
        (completion(None), "nothing"),
        (completion("  \n"), "nothing"),
        (completion({"a": 1}), "no chat completion"),
        (completion("x" * 100_001), "100,000 characters"),
        (b"x" * 2_100_000, "2 MB"),
        ((401, b"{}"), "refused the key"),
        ((404, b"{}"), "no such address or model"),
        ((302, b""), "not followed"),
    ],
)
def test_replies_that_are_none_are_told(reply: bytes | tuple[int, bytes], words: str) -> None:
    with lying_server(lambda _: reply) as server, pytest.raises(LanguageModelError, match=words) as error:
        HttpModel(server.url, key=KEY).complete("Hi", timeout=10)
    assert len(server.asked) == 1
    assert KEY not in str(error.value)
    assert "meanwhile" in error.value.hint


def test_a_server_that_failed_once_is_asked_twice_and_no_more() -> None:
    replies = iter([(503, b"busy"), "Hello."])
    with lying_server(lambda _: next(replies)) as server:
        assert HttpModel(server.url).complete("Hi") == "Hello."
        assert len(server.asked) == 2
    with lying_server(lambda _: (500, KEY.encode())) as server:
        with pytest.raises(LanguageModelError, match="is down: it answered with error 500") as error:
            HttpModel(server.url, key=KEY).complete("Hi")
        assert len(server.asked) == 2
        assert KEY not in str(error.value)


def test_an_option_that_a_server_refuses_is_left_out() -> None:
    def answer(body: dict[str, object]) -> str | tuple[int, bytes]:
        said = {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."}}
        return (400, json.dumps(said).encode()) if "max_tokens" in body else f"{body['max_completion_tokens']}"

    with lying_server(answer) as server:
        assert HttpModel(server.url).complete("Hi", max_tokens=5) == "5"


def test_an_endpoint_that_is_down_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(LanguageModelError, match=r"is down: Connection refused\. Answers are written from facts"):
        HttpModel(f"http://127.0.0.1:{port}").complete("Hi", timeout=5)


def _silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def _trickling(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(15):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def _trickling_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(15):
        handler.wfile.write(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize("slow", [_silent, _trickling, _trickling_headers])
def test_a_slow_endpoint_is_given_up(slow: object) -> None:
    start = time.monotonic()
    with lying_server(lambda _: slow) as server, pytest.raises(LanguageModelError, match="did not answer in time"):  # type: ignore[arg-type,return-value]
        HttpModel(server.url).complete("Hi", timeout=0.4)
    assert time.monotonic() - start < 1.4


def test_a_key_with_line_ends_is_refused_and_plain_http_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(LanguageModelError, match="characters that no key has"):
        HttpModel("https://a.org", key="a\r\nX: y")
    with caplog.at_level(logging.WARNING):
        HttpModel("http://models.example.org", key=KEY)
    assert "without encryption" in caplog.text
    assert KEY not in caplog.text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny"))


def test_a_local_model_writes_the_same_text_for_the_same_seed(folder: Path) -> None:
    model = LocalModel(folder, device="cpu")
    greedy = model.complete("Name a drug.", max_tokens=12)
    assert greedy == model.complete([Message("user", "Name a drug.")], max_tokens=12, seed=5)
    one, again, other = (model.complete("Name a drug.", max_tokens=12, seed=s, temperature=1.0) for s in (1, 1, 2))
    assert one == again
    assert one != other


def test_a_local_model_uses_its_chat_template(folder: Path, tmp_path: Path) -> None:
    plain = LocalModel(tiny_model(tmp_path / "plain", chat=False), device="cpu")
    chat = LocalModel(folder, device="cpu")
    turns = [Message("system", "a"), Message("user", "b")]
    for model, expected in ((chat, "<system> a\n<user> b\n<assistant> "), (plain, "a\n\nb")):
        _, tokenizer = model._open()
        assert tokenizer.decode(model._tokens(tokenizer, turns)[0]) == expected


def test_a_prompt_that_is_too_long_for_a_local_model_is_told(tmp_path: Path) -> None:
    model = LocalModel(tiny_model(tmp_path / "short", positions=32), device="cpu")
    with pytest.raises(LanguageModelError, match="reads 32"):
        model.complete("word " * 100)
    assert model.complete("a", max_tokens=500)


def test_a_folder_that_would_run_code_or_has_no_safetensors_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LanguageModelError, match="holds no language model"):
        LocalModel(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(LanguageModelError, match="safetensors"):
        LocalModel(tmp_path)
    coded = tiny_model(tmp_path / "coded")
    config = json.loads((coded / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.C", "AutoModelForCausalLM": "mine.M"}}
    (coded / "config.json").write_text(json.dumps(config))
    (coded / "mine.py").write_text("raise SystemExit('this code was run')")
    with pytest.raises(LanguageModelError, match="cannot be read"):
        LocalModel(coded).complete("Hi")


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    damaged = tiny_model(tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00nonsense")
    with pytest.raises(LanguageModelError, match="cannot be read"):
        LocalModel(damaged).complete("Hi")
