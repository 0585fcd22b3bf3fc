"""Fetching a model by accession, from a server on this machine that answers as AlphaFold DB does, and as it should not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helix import pdb

from biobridge_core import alphafold
from biobridge_core.errors import BioBridgeError, InputError
from biobridge_core.structures import Origin

MODEL = pdb("MVHLTPEEKSAVTALWGKVNVDEVGG", b=88.5)


class Database:
    """What the server answers by path; ``asked`` records every path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[str] = []
        self.base = ""

    def holds(self, accession: str, **changes: object) -> None:
        entry = {"uniprotAccession": accession, "pdbUrl": f"{self.base}/files/AF-{accession}-F1-model_v6.pdb"} | changes
        other = entry | {"uniprotAccession": f"{accession}-2", "pdbUrl": f"{self.base}/files/isoform.pdb"}
        self.answers[f"/api/prediction/{accession}"] = (200, json.dumps([other, entry]).encode(), {})
        self.answers[f"/files/AF-{accession}-F1-model_v6.pdb"] = (200, MODEL.encode(), {})


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            status, body, headers = made.answers.get(self.path, (404, b"{}", {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def test_the_model_of_the_accession_itself_is_fetched(database):
    database.holds("P68871")
    found = alphafold.fetch("P68871", database.base)
    assert (found.origin, found.predicted) == (Origin.ALPHAFOLD, True)
    assert found.chains[0].letters.startswith("MVHLTPEEK")
    assert found.chains[0].b_factors[0] == 88.5
    assert database.asked == ["/api/prediction/P68871", "/files/AF-P68871-F1-model_v6.pdb"]


@pytest.mark.parametrize("accession", ["", "../../etc/passwd", "P68871?x=1", "SCN1A", "P68871\nX: y", "p68871"])
def test_nothing_is_sent_for_what_is_no_accession(database, accession):
    with pytest.raises(InputError, match="no UniProt accession"):
        alphafold.fetch(accession, database.base)
    assert database.asked == []


def test_a_protein_without_a_model_is_told_from_a_database_in_trouble(database):
    with pytest.raises(InputError, match="no model of P35498"):
        alphafold.fetch("P35498", database.base)
    database.answers["/api/prediction/P35498"] = (500, b"", {})
    with pytest.raises(BioBridgeError, match="error 500") as caught:
        alphafold.fetch("P35498", database.base)
    assert "upload" in caught.value.hint


def _no_json(database: Database) -> None:
    database.answers["/api/prediction/P68871"] = (200, b"<html>", {})


def _no_list(database: Database) -> None:
    database.answers["/api/prediction/P68871"] = (200, b'{"a": 1}', {})


def _other_host(database: Database) -> None:
    database.holds("P68871", pdbUrl="http://127.0.0.2:9/x.pdb")


def _redirect(database: Database) -> None:
    database.answers["/api/prediction/P68871"] = (302, b"", {"Location": "http://127.0.0.2:9/"})


def _too_large(database: Database) -> None:
    database.answers["/api/prediction/P68871"] = (200, b" " * 2_000_000, {})


def _no_model(database: Database) -> None:
    database.holds("P68871")
    database.answers["/files/AF-P68871-F1-model_v6.pdb"] = (200, b"nothing here", {})


@pytest.mark.parametrize("spoil", [_no_json, _no_list, _other_host, _redirect, _too_large, _no_model])
def test_an_answer_that_is_none_is_refused(database: Database, spoil: Callable[[Database], None]):
    spoil(database)
    with pytest.raises(BioBridgeError) as caught:
        alphafold.fetch("P68871", database.base)
    assert caught.value.hint
    assert all(path.startswith(("/api/prediction/P68871", "/files/")) for path in database.asked)


def test_no_network_says_so_and_names_the_way_out():
    with pytest.raises(BioBridgeError, match="could not be reached") as caught:
        alphafold.fetch("P68871", "http://127.0.0.1:9", timeout=2)
    assert "upload a PDB" in caught.value.hint


def test_a_database_that_never_answers_is_given_up(database):
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(BioBridgeError, match="no answer in time"):
            alphafold.fetch("P68871", f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
