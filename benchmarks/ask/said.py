"""Which relations the words of a sentence speak of, by word stems, written apart from the program that is judged."""

from __future__ import annotations

import re
from collections.abc import Collection

_ACTIONS = frozenset(
    f"drug_{verb}_protein" for verb in ("inhibits", "agonist_of", "antagonist_of", "modulates", "blocks", "binds")
)
_IS_A = frozenset(
    f"{kind}_is_a"
    for kind in (
        "biological_process", "molecular_function", "cellular_component", "phenotype", "disease", "therapeutic_class"
    )
)  # fmt: skip
#: pattern -> forward relations that it may speak of
_SPOKEN: tuple[tuple[str, frozenset[str]], ...] = (
    (r"inhibit\w*|slow(s|ed)? down", frozenset({"drug_inhibits_protein"})),
    (r"agonis[tm]\w*|activat\w*|switch(es|ed)? on", frozenset({"drug_agonist_of_protein"})),
    (r"antagoni[sz]\w*", frozenset({"drug_antagonist_of_protein"})),
    (r"modulat\w*", frozenset({"drug_modulates_protein"})),
    (r"block\w*", frozenset({"drug_blocks_protein", "drug_inhibits_protein", "drug_antagonist_of_protein"})),
    (r"act(s|ed|ing)? on|bind\w*|bound|target\w*", _ACTIONS),
    (r"tak(e|es|ing) part|participa\w*|involv\w*", frozenset({"protein_participates_in_biological_process"})),
    (r"enabl\w*|functions? of", frozenset({"protein_enables_molecular_function"})),
    (r"locat\w*|found in", frozenset({"protein_located_in_cellular_component"})),
    (r"associat\w*", frozenset({"protein_associated_with_disease"})),
    (r"show(s|n|ing)?|signs?|features?", frozenset({"disease_has_phenotype"})),
    (r"belong\w*|contains? the drugs?|members?", frozenset({"drug_in_therapeutic_class"})),
    (r"in the class(es)?", frozenset({"drug_in_therapeutic_class", "therapeutic_class_used_for_disease"})),
    (r"used for|use of", frozenset({"therapeutic_class_used_for_disease"})),
    (r"kinds? of|has the kind|as (narrower|wider) kinds?|forms? of|types? of", _IS_A),
)
_QUOTED = re.compile(r"“[^”]*”")
_PATTERNS = tuple((re.compile(rf"\b(?:{pattern})\b"), relations) for pattern, relations in _SPOKEN)


def spoken(text: str, names: Collection[str]) -> list[frozenset[str]]:
    """For each relation word of a sentence the forward relations that it may mean.

    ``names`` are taken out before, and what stands between quotation marks and is no name: a quoted definition.
    """
    told = {_plain(name) for name in names}
    rest = _QUOTED.sub(lambda quoted: quoted[0] if _plain(quoted[0]) in told else " | ", text)
    rest = f" {_plain(rest)} "
    for name in filter(None, map(_plain, sorted(names, key=len, reverse=True))):
        rest = rest.replace(f" {name} ", " | ")
    return [relations for pattern, relations in _PATTERNS if pattern.search(rest)]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
