"""A result as files: CSV for a spreadsheet, JSON with everything, HTML to read. All say what made them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core import spreadsheet
from biobridge_core.types import Hit, Retrieval

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService


def to_csv(retrieval: Retrieval, retrieved: datetime) -> bytes:
    """One row a hit of every modality; each row carries the query and the versions it rests on.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    origin = _origin(retrieval, retrieved)
    return spreadsheet.write(_cells(hits.modality, hit) | origin for hits in retrieval.lists for hit in hits.hits)


def to_json(retrieval: Retrieval, retrieved: datetime) -> bytes:
    """The whole result: query, hits with ids and sources, warnings, versions."""
    whole = asdict(retrieval)
    whole["retrieved"] = retrieved.isoformat(timespec="seconds")
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def to_html(bridge: BridgeService, retrieval: Retrieval, retrieved: datetime) -> bytes:
    """The report: one file that opens anywhere, also without a network. Explains the best hits, so takes seconds."""
    return bridge.report(retrieval, retrieved)


def file_name(retrieval: Retrieval, ending: str) -> str:
    """A name that tells the files of results apart."""
    return named(retrieval.query.label, ending)


def named(what: str, ending: str) -> str:
    """A file's name after what it holds, valid on every system."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in what[:40])
    return f"biobridge_{kept.strip('_.') or 'result'}.{ending}"


def download(ending: str, mime: str, make: Callable[[], bytes], name: str, key: str, tip: str) -> None:
    """A button that gives a file; it is made when it is asked for."""
    st.download_button(
        ending.upper(), make, name, mime, icon=":material/download:", on_click="ignore", key=key, help=tip
    )


def smiles_of(hit: Hit) -> str:
    """The structure of a hit that was read from one, else an empty string."""
    return hit.entity.input if hit.entity.input_kind == "smiles" else ""


def _cells(modality: str, hit: Hit) -> dict[str, object]:
    entity = hit.entity
    return {
        "modality": modality,
        "rank": hit.rank,
        "id": entity.id,
        "name": entity.name,
        "full_name": entity.full_name,
        "status": hit.status.value,
        "score": f"{hit.score:.6g}",
        "percentile": f"{hit.percentile:.4f}",
        "probability": "" if hit.probability is None else f"{hit.probability:.4g}",
        "confident": "" if hit.confident is None else hit.confident,
        "unspecific": hit.unspecific,
        "relation": hit.relation,
        "route": hit.route,
        "sources": "; ".join(hit.sources),
        "url": hit.url,
        "smiles": smiles_of(hit),
    }


def _origin(retrieval: Retrieval, retrieved: datetime) -> dict[str, object]:
    query = retrieval.query
    asked = {"query": query.text, "query_kind": query.kind.value, "query_modality": query.modality}
    versions = asdict(retrieval.provenance)
    lent = "; ".join(f"{entity.id} {share:.3f}" for entity, share in retrieval.read_from)
    rests = {"own_memory": retrieval.own_memory, "read_from": lent}
    far = retrieval.distance_percentile
    return {
        **asked,
        "query_value": query.value,
        **rests,
        "distance_percentile": "" if far is None else f"{far:.1f}",
        "warnings": "; ".join(retrieval.warnings),
        **versions,
        "retrieved": retrieved.isoformat(timespec="seconds"),
    }
