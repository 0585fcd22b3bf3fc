"""The flag “known” is right: 1,000 pairs of the shipped bundle against its table of links, read without our code."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from opened import real_service

from biobridge_core.types import HitStatus, Query, QueryKind

PAIRS = 1000
HEADS = 5  #: asked of each modality


@pytest.fixture(scope="module")
def links(bundle_folder: Path) -> dict[str, dict[str, set[str]]]:
    """CURIE -> modality -> CURIEs that the table links it to, in either direction, is-a left out."""
    folder = bundle_folder / "kg"
    entities = pd.read_parquet(folder / "entities.parquet")
    triples = pd.read_parquet(folder / "triples.parquet", columns=["relation", "head", "tail"])
    relations = json.loads((folder / "relations.json").read_text(encoding="utf-8"))
    entries = relations.values() if isinstance(relations, dict) else relations
    isa = {entry["name"] for entry in entries if entry["hierarchical"]}
    triples = triples[~triples["relation"].isin(isa)]
    ids, modality = entities["id"].to_numpy(), entities["modality"].to_numpy()
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for head, tail in zip(triples["head"].to_numpy(), triples["tail"].to_numpy(), strict=True):
        found[ids[head]][modality[tail]].add(ids[tail])
        found[ids[tail]][modality[head]].add(ids[head])
    return found


def test_known_means_in_the_table_and_predicted_means_not(
    bundle_folder: Path, links: dict[str, dict[str, set[str]]]
) -> None:
    service = real_service()
    chance = random.Random(20)
    known: list[tuple[str, str, HitStatus]] = []
    others: list[tuple[str, str, HitStatus]] = []
    for name in service.modalities:
        rows = [row for row in service.graph.rows(name).tolist() if service.graph.ids[row] in links]
        for row in chance.sample(rows, HEADS):
            curie = service.graph.ids[row]
            for listed in service.retrieve(Query(curie, QueryKind.ENTITY, name, curie), k=30).lists:
                assert listed.n_known == len(links[curie][listed.modality]), (curie, listed.modality)
                for hit in listed.hits:
                    side = known if hit.entity.id in links[curie][listed.modality] else others
                    side.append((curie, hit.entity.id, hit.status))
                    assert bool(hit.sources) is (hit.status is HitStatus.KNOWN)
    assert len(known) >= PAIRS // 2
    assert len(others) >= PAIRS // 2
    wrong = [pair for pair in chance.sample(known, PAIRS // 2) if pair[2] is not HitStatus.KNOWN]
    wrong += [pair for pair in chance.sample(others, PAIRS // 2) if pair[2] is not HitStatus.PREDICTED]
    assert wrong == []
