"""Predicted structures from AlphaFold DB, by accession. Nothing is sent unless a person asked for it.

The database: Varadi et al., Nucleic Acids Res. 2024 (doi:10.1093/nar/gkad1011); models under CC BY 4.0.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.parse import urljoin, urlsplit

from biobridge_core.errors import BioBridgeError, InputError
from biobridge_core.structures import MAX_BYTES, Origin, Structure, parse_predicted

BASE = "https://alphafold.ebi.ac.uk"
LICENCE = "AlphaFold DB, CC BY 4.0, Varadi et al. 2024"
TIMEOUT = 15.0  #: seconds without an answer
_MAX_JSON = 1_000_000
_ACCESSION = re.compile(r"[OPQ]\d[A-Z\d]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z\d]{2}\d){1,2}")
_UPLOAD = "The page works without it: upload a PDB or mmCIF file instead."


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect on the same host alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        if _origin(newurl) != _origin(req.full_url):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def fetch(accession: str, base: str = BASE, timeout: float = TIMEOUT) -> Structure:
    """Fetch the model of one UniProt accession. Sends that accession to ``base`` and nothing else.

    Parameters
    ----------
    accession
        E.g. ``P35498``.
    base
        Address of the database.
    timeout
        Seconds without an answer before giving up.

    Raises
    ------
    InputError
        If this is no accession, or the database has no model of it (long proteins have none).
    BioBridgeError
        If the database cannot be reached, or answers with something else than a model.
    """
    if not _ACCESSION.fullmatch(accession):
        raise InputError(f"{accession[:20]!r} is no UniProt accession.", "Give one such as P04637.")
    answer = _get(urljoin(base, f"/api/prediction/{accession}"), timeout, _MAX_JSON, accession)
    url = urljoin(base, _model_address(answer, accession))
    if _origin(url) != _origin(base):
        raise BioBridgeError("AlphaFold DB points to another host for its model.", _UPLOAD)
    pdb = _get(url, timeout, MAX_BYTES, accession).decode("utf-8", errors="replace")
    return parse_predicted(pdb, Origin.ALPHAFOLD, f"AlphaFold model of {accession}")


def _model_address(answer: bytes, accession: str) -> str:
    try:
        entries = json.loads(answer)
        own = [entry for entry in entries if entry.get("uniprotAccession", accession) == accession]
        return str(own[0]["pdbUrl"])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BioBridgeError("AlphaFold DB answered with something that is no list of models.", _UPLOAD) from error


def _get(url: str, timeout: float, most: int, accession: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "application/json, text/plain"})
    try:
        with urllib.request.build_opener(_SameHost).open(request, timeout=timeout) as answer:
            data: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        if error.code in (404, 422):
            raise InputError(
                f"AlphaFold DB has no model of {accession}.",
                "Proteins above 2,700 residues have none. " + _UPLOAD,
            ) from error
        raise BioBridgeError(f"AlphaFold DB answered with error {error.code}.", f"Try later. {_UPLOAD}") from error
    except (OSError, HTTPException) as error:
        raise BioBridgeError(f"AlphaFold DB could not be reached ({_why(error)}).", _UPLOAD) from error
    if len(data) > most:
        raise BioBridgeError("The answer of AlphaFold DB is too large.", _UPLOAD)
    return data


def _why(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return type(reason).__name__ if isinstance(reason, BaseException) else "no connection"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
