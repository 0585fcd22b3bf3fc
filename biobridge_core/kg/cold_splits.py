"""Whole entities held out with all their links: what a model knows of them is their content alone.

All cold splits are one construction over different groups. Groups are drawn until the share of each modality is
reached, every group whole. Training keeps the links between known entities; validation has the links of the
validation-cold entities, the test those of the test-cold ones. Links of a cold entity to its parents and children are
taken out as well. A link that follows from training through the hierarchy is in no part, and stays filtered.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import GraphError
from biobridge_core.kg.hierarchy import Links, ancestor_matrix, implied_links
from biobridge_core.kg.split import KNOWN, TEST_COLD, VALID_COLD, Split
from biobridge_core.kg.synonyms import join_groups, synonym_groups
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_LOG = logging.getLogger(__name__)


def cold_entity(
    graph: KnowledgeGraph,
    *,
    seed: int,
    test: float = 0.1,
    valid: float = 0.05,
    groups: NDArray[np.integer] | None = None,
    modalities: Sequence[str] | None = None,
    largest: float = 1.0,
) -> Split:
    """Hold out a share of the entities of every modality with all their links.

    Parameters
    ----------
    test, valid
        Share of the entities of each modality.
    groups
        int (n_entities,) what is held out together; by default `synonym_groups`. Must be at least as coarse as these.
    modalities
        Where entities are held out; by default everywhere.
    largest
        Groups with more than this share of their modality stay known.

    Raises
    ------
    GraphError
        If no entity can be held out.
    LeakageError
        If ``groups`` part synonyms.
    """
    synonyms = synonym_groups(graph)
    groups = synonyms if groups is None else np.asarray(groups)
    cold = np.zeros(graph.n_entities, dtype=np.int8)
    for modality in graph.modalities if modalities is None else modalities:
        rows = graph.rows(modality)
        rng = np.random.default_rng([seed, zlib.crc32(modality.encode())])
        cold[rows] = _draw(groups[rows], rng, test, valid, largest)
    if not (cold == TEST_COLD).any():
        raise GraphError("No entity can be held out.", "Take a larger share, or smaller groups.")
    return from_cold(graph, cold, groups=join_groups(synonyms, enumerate(groups.tolist())), seed=seed)


def cold_cluster(
    graph: KnowledgeGraph,
    clusters: Mapping[str, str],
    *,
    seed: int,
    test: float = 0.1,
    valid: float = 0.05,
    largest: float = 0.02,
) -> Split:
    """Hold out whole clusters of similar proteins.

    Parameters
    ----------
    clusters
        Protein id -> id of its cluster, see `biobridge_core.kg.clusters.read_clusters`; a protein without one is alone.
    largest
        Clusters with more than this share of the proteins (olfactory receptors, zinc fingers) stay known: a test that
        is one family by a third says little of the others.

    Raises
    ------
    GraphError, LeakageError
        As `cold_entity`.
    """
    first: dict[str, int] = {}
    pairs = []
    modalities = set()
    for id_, cluster in clusters.items():
        row = graph.row(id_)
        pairs.append((first.setdefault(cluster, row), row))
        modalities.add(graph.modality(row))
    names = [name for name in graph.modalities if name in modalities]
    groups = join_groups(synonym_groups(graph), pairs)
    return cold_entity(graph, seed=seed, test=test, valid=valid, groups=groups, modalities=names, largest=largest)


def cold_scaffold(graph: KnowledgeGraph, *, seed: int, test: float = 0.1, valid: float = 0.05) -> Split:
    """Hold out whole Bemis–Murcko scaffolds (doi:10.1021/jm9602928) of the molecules that have one.

    Acyclic molecules have no scaffold: two of them need have nothing in common, so each is a group with its synonyms
    alone. Entities of the same modality that are no molecules (sequences, names) stay known.
    """
    from biobridge_core.chem.scaffolds import murcko_scaffold

    rows = np.flatnonzero(graph.kind_of_row == list(InputKind).index(InputKind.SMILES))
    if not len(rows):
        raise GraphError("The graph has no molecule, so it has no scaffold.", "Use another split.")
    first: dict[tuple[int, str], int] = {}
    pairs = []
    for row, smiles in zip(rows.tolist(), graph.inputs(rows), strict=True):
        scaffold = murcko_scaffold(smiles)
        if scaffold:
            pairs.append((first.setdefault((int(graph.modality_of_row[row]), scaffold), row), row))
    groups = join_groups(synonym_groups(graph), pairs)
    _LOG.info("%d scaffolds among %d molecules, %d of them without one.", len(first), len(rows), len(rows) - len(pairs))
    drawn = cold_entity_among(graph, rows, groups, seed=seed, test=test, valid=valid)
    return from_cold(graph, drawn, groups=groups, seed=seed)


def cold_branch(
    graph: KnowledgeGraph,
    *,
    seed: int,
    test: float = 0.1,
    valid: float = 0.05,
    smallest: int = 5,
    largest: float = 0.02,
) -> Split:
    """Hold out whole branches of every hierarchy: a term with all that lies under it.

    Branches are drawn at random among the terms with at least ``smallest`` and at most ``largest`` (share of the
    modality) descendants. What lies under a drawn term and elsewhere too goes with it, and so do the synonyms of all
    these and, of a disease in one of OMIM's phenotypic series, the whole series; a branch that this makes more than
    twice as large as ``largest`` is not drawn.

    Raises
    ------
    GraphError
        If there is no branch of such a size.
    """
    groups = join_groups(synonym_groups(graph), _series(graph))
    by_group = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[by_group], np.arange(graph.n_entities + 1))
    cold = np.zeros(graph.n_entities, dtype=np.int8)
    descendants = ancestor_matrix(graph).T.tocsr()
    names = [r.head for r in graph.relations.values() if r.hierarchical and r.forward and r.head == r.tail]
    for modality in dict.fromkeys(names):
        rows = graph.rows(modality)
        most = max(smallest, round(largest * len(rows)))
        rng = np.random.default_rng([seed, zlib.crc32(modality.encode())])
        size = np.diff(descendants.indptr)[rows]
        roots = rng.permutation(rows[(size >= smallest) & (size <= most)])
        for state, share in ((TEST_COLD, test), (VALID_COLD, valid)):
            room = round(share * len(rows))
            for root in roots:
                under = descendants.indices[descendants.indptr[root] : descendants.indptr[root + 1]]
                touched = np.unique(groups[[root, *under]])
                branch = np.concatenate([by_group[starts[group] : starts[group + 1]] for group in touched])
                if len(branch) <= min(room, 2 * most) and (cold[branch] == KNOWN).all():
                    cold[branch] = state
                    room -= len(branch)
    if not (cold == TEST_COLD).any():
        raise GraphError("No branch of the hierarchies has a size that can be held out.", "Take smaller branches.")
    return from_cold(graph, cold, groups=groups, seed=seed)


def _series(graph: KnowledgeGraph) -> list[tuple[int, int]]:
    """Each phenotypic series of OMIM with the diseases right under it."""
    xrefs = graph.text_columns()["xrefs"].to_pylist()
    series = {row for row, codes in enumerate(xrefs) if any(code.startswith("OMIMPS:") for code in codes)}
    links = [graph.edges(r.name) for r in graph.relations.values() if r.hierarchical and r.forward]
    return [(parent, child) for part in links for child, parent in part.tolist() if parent in series]


def cold_entity_among(
    graph: KnowledgeGraph,
    rows: NDArray[np.integer],
    groups: NDArray[np.integer],
    *,
    seed: int,
    test: float,
    valid: float,
) -> NDArray[np.int8]:
    """State of every entity when whole groups are drawn among some rows; shares are of these rows; int8 (n_entities,).

    A group that also has other rows is left known.
    """
    cold = np.zeros(graph.n_entities, dtype=np.int8)
    outside = np.setdiff1d(np.arange(graph.n_entities), rows)
    free = rows[~np.isin(groups[rows], groups[outside])]
    share = len(rows) / max(1, len(free))
    cold[free] = _draw(groups[free], np.random.default_rng(seed), test * share, valid * share)
    return cold


def from_cold(graph: KnowledgeGraph, cold: NDArray[np.int8], *, groups: NDArray[np.integer], seed: int) -> Split:
    """Part the links of a graph by what is cold; see `Split.cold`."""
    ancestors = ancestor_matrix(graph)
    train: dict[str, Links] = {}
    valid: dict[str, Links] = {}
    test: dict[str, Links] = {}
    dropped = 0
    for relation in graph.relations.values():
        links = graph.edges(relation.name)
        state = cold[links].max(axis=1, initial=KNOWN)
        train[relation.name] = links[state == KNOWN]
        if relation.hierarchical:
            continue
        for part, wanted in ((valid, VALID_COLD), (test, TEST_COLD)):
            mine = links[state == wanted]
            implied = implied_links(mine, train[relation.name], ancestors)
            part[relation.name] = mine[~implied]
            dropped += int(implied.sum())
    _LOG.info("%d held-out links follow from training through the hierarchy and are in no part.", dropped)
    return Split(graph, train, valid, test, groups=groups, seed=seed, cold=cold)


def _draw(
    groups: NDArray[np.integer], rng: np.random.Generator, test: float, valid: float, largest: float = 1.0
) -> NDArray[np.int8]:
    """State of each entity of one modality; a group that would overshoot the share is passed over; int8 (n,)."""
    names, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    state = np.full(len(names), KNOWN, dtype=np.int8)
    order = rng.permutation(len(names))
    order = order[sizes[order] <= max(1, largest * len(groups))]
    for wanted, share in ((TEST_COLD, test), (VALID_COLD, valid)):
        room = round(share * len(groups))
        for group in order:
            if state[group] == KNOWN and sizes[group] <= room:
                state[group] = wanted
                room -= int(sizes[group])
            if not room:
                break
    drawn: NDArray[np.int8] = state[group_of]
    return drawn
