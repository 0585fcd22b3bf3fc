"""An answer as plain JSON: what scoring needs of it, and no more."""

from __future__ import annotations

from typing import Any

from biobridge_core.answer.types import Answer, Fact, Mention, Sentence
from biobridge_core.types import Edge

Record = dict[str, Any]


def record_of(answer: Answer, seconds: float) -> Record:
    """Everything of an answer that is judged; ``seconds`` is what the caller measured."""
    understood = answer.understanding
    refusal = answer.refusal or understood.refusal
    return {
        "shape": understood.shape.value,
        "mentions": [_mention(one) for one in understood.mentions],
        "target": _mention(understood.target) if understood.target is not None else None,
        "steps": [list(step.relations) for step in understood.steps],
        "reading": understood.reading,
        "certainty": round(float(understood.certainty), 4),
        "choices": [entity.id for entity in understood.choices],
        "refusal": None if refusal is None else refusal.reason.value,
        "refusal_text": [] if refusal is None else [refusal.message, *refusal.instead],
        "notes": [*understood.notes, *answer.warnings],
        "summary": None if answer.summary is None else _sentence(answer.summary),
        "sentences": [_sentence(one) for one in answer.sentences],
        "lay": [_sentence(one) for one in answer.lay],
        "facts": [_fact(one) for one in answer.facts],
        "n_known": answer.n_known,
        "count": answer.count,
        "verdict": answer.verdict,
        "writer": answer.writer,
        "seconds": round(seconds, 4),
    }


def _mention(mention: Mention) -> Record:
    return {
        "entity": None if mention.entity is None else mention.entity.id,
        "text": mention.text if len(mention.text) <= 200 else "",
        "how": mention.how,
        "kind": mention.query.kind.value,
        "modality": mention.query.modality,
    }


def _sentence(sentence: Sentence) -> Record:
    return {
        "text": sentence.text,
        "cites": list(sentence.cites),
        "voice": sentence.voice.value,
        "struck": sentence.struck,
    }


def _fact(fact: Fact) -> Record:
    return {
        "number": fact.number,
        "answer": fact.answer.id,
        "name": fact.answer.name,
        "edges": [_edge(one) for one in fact.edges],
        "predicted": list(fact.predicted),
        "status": fact.status.value,
        "probability": fact.probability,
    }


def _edge(edge: Edge) -> Record:
    return {
        "head": edge.head.id,
        "head_name": edge.head.name,
        "relation": edge.relation,
        "tail": edge.tail.id,
        "tail_name": edge.tail.name,
        "label": edge.label,
        "sources": list(edge.sources),
    }
