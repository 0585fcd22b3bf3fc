"""The tables a source hands to the graph builder, column by column.

A source is a function ``read(packages: Packages, context: Context) -> Tables``. It joins nothing outside its own field
beyond the look-ups of its context; ``build`` puts the tables of all sources together, merges duplicates and checks the
result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

#: One row an entity. List columns hold Python lists of str. See ``types.Entity`` for the meaning.
ENTITY_COLUMNS = (
    "id", "modality", "name", "full_name", "synonyms", "definition", "xrefs", "input_kind", "input", "source", "flags",
)  # fmt: skip

#: One row a link in its forward direction. ``head`` and ``tail`` are CURIEs.
TRIPLE_COLUMNS = ("head", "relation", "tail", "source", "evidence", "value")


@dataclass
class Tables:
    """What one source contributes.

    ``entities`` has ENTITY_COLUMNS, ``triples`` TRIPLE_COLUMNS. ``dropped`` counts rows left out, by reason: nothing
    vanishes silently.
    """

    entities: pd.DataFrame
    triples: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What a source may know of the sources read before it: look-ups to entities that are in the graph.

    Keys of ``disease_by_xref`` are CURIEs with the prefixes OMIM, ORPHA, DECIPHER, DOID and MONDO (``OMIM:219700``):
    the ids and the xrefs of the disease entities.
    """

    proteins_by_accession: Mapping[str, str] = field(default_factory=dict)  #: any human UniProt accession -> CURIE
    proteins_by_symbol: Mapping[str, str] = field(default_factory=dict)  #: approved HGNC symbol -> CURIE
    proteins_by_entrez: Mapping[str, str] = field(default_factory=dict)  #: NCBI gene id as text -> CURIE
    proteins_by_omim: Mapping[str, str] = field(default_factory=dict)  #: gene MIM number as text -> CURIE
    disease_by_xref: Mapping[str, str] = field(default_factory=dict)  #: CURIE elsewhere -> disease CURIE
    phenotype_ids: frozenset[str] = frozenset()  #: phenotypes read so far
    class_ids: frozenset[str] = frozenset()  #: therapeutic classes read so far
    drugbank_structures: bool = True  #: keep drugs whose structure only the DrugBank-derived table has
