"""The results of a batch as files: CSV with a line for each hit, JSON with everything. Both say what made them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from biobridge_core import spreadsheet
from biobridge_core.types import Hit, InputKind

if TYPE_CHECKING:
    from biobridge_core.batch import Batch, RowResult


def to_csv(batch: Batch, when: datetime) -> bytes:
    """One line for each hit, one for each row without any; text that a spreadsheet would run gets an apostrophe."""
    return spreadsheet.write(_lines(batch, when))


def to_json(batch: Batch, when: datetime) -> bytes:
    """Rows, what became of them, their hits, and the versions."""
    whole = {
        "read_as": batch.read_as.value,
        "to": batch.to,
        "relation": batch.relation,
        "k": batch.k,
        "counts": {status.value: n for status, n in batch.counts().items()},
        "encoders": _encoders(batch),
        **_versions(batch, when),
        "note": "Research use, not medical advice.",
        "rows": list(_json_rows(batch)),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _lines(batch: Batch, when: datetime) -> Iterator[dict[str, Any]]:
    made = {f"encoder_{kind}": name for kind, name in _encoders(batch).items()} | _versions(batch, when)
    for result in batch.table():
        hits = result.hits.hits[: batch.k] if result.hits else ()
        for hit in hits or (None,):
            yield _row_cells(result) | _hit_cells(hit) | made


def _json_rows(batch: Batch) -> Iterator[dict[str, Any]]:
    for result in batch.table():
        row = _row_cells(result) | {"notes": list(result.notes)}
        hits = result.hits.hits if result.hits else ()
        yield row | {"hits": [_hit_cells(hit) | {"sources": list(hit.sources)} for hit in hits]}


def _row_cells(result: RowResult) -> dict[str, Any]:
    query, entity = result.query, result.entity
    return {
        "row": result.row.number,
        "line": result.row.line,
        "name": result.row.name,
        "input": result.row.value,
        "status": result.status.value,
        "reason": result.reason,
        "notes": " ".join(result.notes),
        "query_kind": query.kind.value if query else "",
        "query_modality": query.modality if query else "",
        "query_value": query.value if query else "",
        "entity": entity.id if entity else "",
        "entity_name": entity.name if entity else "",
        "far_from_training": result.far,
        "known_links": result.hits.n_known if result.hits else "",
        "ranked": result.hits.n_candidates if result.hits else "",
    }


def _hit_cells(hit: Hit | None) -> dict[str, Any]:
    if hit is None:
        return dict.fromkeys(_HIT, "")
    chance = "" if hit.probability is None else float(f"{hit.probability:.4g}")
    return {
        "hit_rank": hit.rank,
        "hit_id": hit.entity.id,
        "hit_name": hit.entity.name,
        "link": hit.status.value,
        "relation": hit.relation,
        "route": hit.route,
        "score": float(f"{hit.score:.6g}"),
        "percentile": round(hit.percentile, 4),
        "probability": chance,
        "sources": "; ".join(hit.sources),
        "url": hit.url,
    }


_HIT = ("hit_rank", "hit_id", "hit_name", "link", "relation", "route", "score", "percentile", "probability",
        "sources", "url")  # fmt: skip


def _encoders(batch: Batch) -> dict[str, str]:
    kinds = sorted({_kind(r) for r in batch.results.values() if r.hits is not None})
    return {kind: batch.engine.provenance(InputKind(kind)).encoder for kind in kinds}


def _kind(result: RowResult) -> str:
    if result.entity is not None:
        return result.entity.input_kind.value
    return result.query.kind.value if result.query else InputKind.TEXT.value


def _versions(batch: Batch, when: datetime) -> dict[str, str]:
    made = batch.engine.provenance(next(iter(InputKind)))
    return {
        "bridge": made.bridge,
        "graph": made.graph,
        "profile": made.profile,
        "version": made.version,
        "asked": when.isoformat(timespec="seconds"),
    }
