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
    (r"inhibit\w*|slow(s|ed)? (it )?down", frozenset({"drug_inhibits_protein"})),
    (r"agonis[tm]\w*|activat\w*|switch(es|ed)? (it )?on", frozenset({"drug_agonist_of_protein"})),
    (r"antagoni[sz]\w*|keeps? signals away|shielded from its signals", frozenset({"drug_antagonist_of_protein"})),
    (r"modulat\w*|tune[sd]?", frozenset({"drug_modulates_protein"})),
    (r"block\w*", frozenset({"drug_blocks_protein", "drug_inhibits_protein", "drug_antagonist_of_protein"})),
    (r"act(s|ed|ing)? on|bind\w*|bound|target\w*", _ACTIONS),
    (r"tak(e|es|ing) part|participa\w*|involv\w*|needs?", frozenset({"protein_participates_in_biological_process"})),
    (r"enabl\w*|functions? of|do(es)? the jobs?|is a job of", frozenset({"protein_enables_molecular_function"})),
    (r"locat\w*|found in|where one finds", frozenset({"protein_located_in_cellular_component"})),
    (r"associat\w*", frozenset({"protein_associated_with_disease"})),
    (r"show(s|n|ing)?|signs? of|features? of|can come with", frozenset({"disease_has_phenotype"})),
    (r"belong\w*|contains? the drugs?|has in it", frozenset({"drug_in_therapeutic_class"})),
    (r"in the (class|group)(es|s)?", frozenset({"drug_in_therapeutic_class", "therapeutic_class_used_for_disease"})),
    (r"used for|use of", frozenset({"therapeutic_class_used_for_disease"})),
    (r"kinds? of|has the kind|as (narrower|wider) kinds?|forms? of|types? of", _IS_A),
)
_ASIDE = re.compile(r"“[^”]*”|\([^()]*\)")
_WORD = re.compile(r"[^\W_]+|\|")
_PATTERNS = tuple((re.compile(rf"\b(?:{pattern})\b"), relations) for pattern, relations in _SPOKEN)


def spoken(text: str, names: Collection[str]) -> list[frozenset[str]]:
    """For each relation word of a sentence the forward relations that it may mean.

    ``names`` are taken out before, then what stands between quotation marks or brackets: definitions, chances, and
    what else people call a thing.
    """
    rest = text.casefold()
    for name in sorted(map(str.casefold, filter(None, names)), key=len, reverse=True):
        rest = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " | ", rest)
    rest = " ".join(_WORD.findall(_ASIDE.sub(" | ", rest)))
    return [relations for pattern, relations in _PATTERNS if pattern.search(rest)]
