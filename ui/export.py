"""A result as files: CSV for a spreadsheet, JSON with everything, HTML to read. All say what made them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from biobridge_core.types import Hit, Retrieval

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_FORMULA = ("=", "+", "@", "-", "\t", "\r")


def to_csv(retrieval: Retrieval, retrieved: datetime) -> bytes:
    """One row a hit of every modality; each row carries the query and the versions it rests on.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    out = io.StringIO()
    origin = _origin(retrieval, retrieved)
    writer: csv.DictWriter[str] | None = None
    for hits in retrieval.lists:
        for hit in hits.hits:
            row = {name: _inert(cell) for name, cell in (_cells(hits.modality, hit) | origin).items()}
            if writer is None:
                writer = csv.DictWriter(out, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
    return out.getvalue().encode("utf-8-sig")


def to_json(retrieval: Retrieval, retrieved: datetime) -> bytes:
    """The whole result: query, hits with ids and sources, warnings, versions."""
    whole = asdict(retrieval)
    whole["retrieved"] = retrieved.isoformat(timespec="seconds")
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def to_html(bridge: BridgeService, retrieval: Retrieval, retrieved: datetime) -> bytes:
    """The report: one file that opens anywhere, also without a network. Explains the best hits, so takes seconds."""
    return bridge.report(retrieval, retrieved)


def file_name(retrieval: Retrieval, ending: str) -> str:
    """A name that tells files apart and is valid on every system."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in retrieval.query.label[:40])
    return f"biobridge_{kept.strip('_.') or 'result'}.{ending}"


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


def _inert(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell
