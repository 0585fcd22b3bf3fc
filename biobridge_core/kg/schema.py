"""The tables a source hands to the graph builder, column by column.

A source is a function ``read(fetch: Fetch, ...) -> Tables``. It joins nothing outside its own field; ``build`` puts the tables of all
sources together, merges duplicates and checks the result.
"""

from __future__ import annotations

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

    ``entities`` has ENTITY_COLUMNS, ``triples`` TRIPLE_COLUMNS. ``dropped`` counts rows left out, by reason: nothing vanishes
    silently.
    """

    entities: pd.DataFrame
    triples: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
