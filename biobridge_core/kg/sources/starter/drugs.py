"""Drugs: Guide to PHARMACOLOGY's ligands and the approved drugs of ADMET-AI's table, one entity for all forms of one.

Two rows are forms of one drug when their standardised parents share the first InChIKey block (salts, stereoisomers,
isotope labels), when a labelled peptide has the sequence of an unlabelled one, or, where a row has no usable structure,
when the primary names are equal. Structures come from Guide to PHARMACOLOGY first; a drug that only ADMET-AI's
(DrugBank-derived) table knows has its source key and can be left out.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.chem.standardise import Standardised, standardise
from biobridge_core.errors import InputError
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter import atc, drug_names, gtopdb
from biobridge_core.kg.sources.starter.describe import distinct, encoder_text
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

logger = logging.getLogger(__name__)

ADMET = "drugbank_admet_ai"  #: source key of what comes from ADMET-AI's table of approved drugs
CLASS_RELATION = "drug_in_therapeutic_class"

#: Elements that the SMILES encoder has learnt (Preuer 2018, doi:10.1021/acs.jcim.8b00234).
ENCODER_ELEMENTS = frozenset({"B", "Br", "C", "Cl", "F", "I", "N", "O", "P", "S", "Si"})

MAX_SYNONYMS = 60
MIN_LABELLED = 5  #: residues from which an equal sequence tells whose labelled copy a peptide is
MAX_DRAWN_SMILES = 500  #: characters; a longer one is neither encoded nor drawn, so it is not kept
#: Salts of these with citrate, acetate, gluconate … are taken for the metal, so they are no forms of the acid.
_MINERALS = ("lithium", "potassium", "magnesium", "calcium", "strontium", "zinc", "aluminium")
_PLAIN_SEQUENCE = re.compile(r"[ACDEFGHIKLMNPQRSTVWY]{10,}")
#: Synonyms that tell the target or the role: kept for look-up, never read by an encoder.
_ROLE = re.compile(r"\banti-|inhibitor|agonist|antagonist|blocker|modulator|activator|receptor|\bmAb\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """One row of one of the two tables: a salt, an isomer, a labelled copy, or the drug itself."""

    source: str
    id: str  #: ligand id, or DrugBank id
    name: str
    type: str = ""
    inn: str = ""  #: international nonproprietary name
    names: tuple[str, ...] = ()  #: synonyms
    smiles: str = ""
    sequence: str = ""
    xrefs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()  #: level 4 ATC codes
    approved: bool = False
    approved_isomer: bool = False  #: exactly this isomer is approved in either table
    withdrawn: bool = False
    labelled: bool = False
    endogenous: bool = False
    foreign: bool = False  #: the peptide of another species alone
    structure: Standardised | None = None
    problem: str = ""  #: flag that says why the structure cannot be encoded

    @property
    def curie(self) -> str:
        """The CURIE of this row in its own database."""
        return f"GtoPdb:{self.id}" if self.source == gtopdb.SOURCE else f"DrugBank:{self.id}"

    @property
    def plain_sequence(self) -> str:
        """The amino-acid sequence, if it is at least ten of the twenty residues and nothing else; otherwise ""."""
        return self.sequence if _PLAIN_SEQUENCE.fullmatch(self.sequence) else ""

    @property
    def order(self) -> tuple[int, ...]:
        """Sort key: Guide to PHARMACOLOGY first, then approved, human, unlabelled, usable, the lowest number."""
        return (
            self.source != gtopdb.SOURCE,
            not self.approved,
            not self.approved_isomer,
            self.foreign,
            self.labelled,
            self.structure is None,
            int(re.sub(r"\D", "", self.id)),
        )


def read(packages: Packages, context: Context) -> Tables:
    """Read the drugs, their human targets and their ATC classes.

    Every drug with at least one link to a protein or a class of the graph is kept.
    """
    approved = atc.approved_table(packages)
    forms = [_from_ligand(ligand) for ligand in gtopdb.ligands(packages)] + _from_approved(approved)
    return assemble(forms, gtopdb.interactions(packages), drug_names.read(packages), context)


def assemble(
    forms: Iterable[Form], interactions: pd.DataFrame, names: drug_names.DrugNames, context: Context
) -> Tables:
    """Join the forms into drugs, link them, and keep what has a link."""
    dropped: Counter[str] = Counter()
    drugs = join(_with_approved_isomers([_with_structure(form) for form in forms]))
    if not context.drugbank_structures:
        kept = [drug for drug in drugs if drug[0].source == gtopdb.SOURCE]
        dropped["drug whose structure only the DrugBank-derived table has, left out by switch"] = len(drugs) - len(kept)
        drugs = kept
    curie_of = {form.id: drug[0].curie for drug in drugs for form in drug if form.source == gtopdb.SOURCE}
    targets, lost = gtopdb.links(interactions, curie_of, context.proteins_by_accession)
    dropped.update(lost)
    classes, lost = class_links(drugs, context.class_ids)
    dropped.update(lost)
    triples = pd.concat([targets, classes], ignore_index=True)
    linked = set(triples["head"])
    owner = {form.curie: drug[0].curie for drug in drugs for form in drug}
    entities = []
    for drug in drugs:
        if drug[0].curie not in linked:
            status = "approved" if any(form.approved for form in drug) else "not approved"
            dropped[f"drug without a link to a human protein or a class, {status}"] += 1
            continue
        entities.append(entity(drug, names, owner, use_drugbank=context.drugbank_structures))
    dropped["row that is a further form of a drug (merged, not lost)"] = sum(len(drug) - 1 for drug in drugs)
    logger.info("%d drugs of %d have a link", len(entities), len(drugs))
    return Tables(pd.DataFrame(entities, columns=list(ENTITY_COLUMNS)), triples, dict(dropped))


def _from_ligand(ligand: gtopdb.Ligand) -> Form:
    return Form(
        source=gtopdb.SOURCE,
        id=ligand.id,
        name=ligand.name,
        type=ligand.type,
        inn=ligand.inn,
        names=ligand.synonyms,
        smiles=ligand.smiles,
        sequence=ligand.sequence,
        xrefs=(f"PubChem:{ligand.pubchem}",) if ligand.pubchem else (),
        approved=ligand.approved,
        withdrawn=ligand.withdrawn,
        labelled=ligand.labelled,
        endogenous=ligand.endogenous,
        foreign=ligand.foreign,
    )


def _from_approved(table: pd.DataFrame) -> list[Form]:
    forms = []
    for row in table.to_dict("records"):
        first, *others = row["id"].split(";")
        forms.append(
            Form(
                source=ADMET,
                id=first,
                name=gtopdb.plain(row["name"]),
                type="Small molecule",
                smiles=row["smiles"],
                xrefs=tuple(f"DrugBank:{other}" for other in others),
                classes=tuple(atc.codes(row["atc"])),
                approved=True,
            )
        )
    return forms


def _with_structure(form: Form) -> Form:
    """Standardise the structure; where no encoder can read it, say why in a flag instead."""
    if not form.smiles:
        return form
    try:
        structure = standardise(form.smiles)
    except InputError as error:
        problem = "structure_unreadable"
        for words, flag in (
            ("two molecules", "mixture"),
            ("heavy atoms", "structure_too_large"),
            ("mineral", "structure_outside_encoder"),
            ("open valence", "structure_outside_encoder"),
        ):
            problem = flag if words in error.message else problem
        return replace(form, problem=problem)
    if structure.counter_ion and any(f"salt removed: {metal}" in structure.notes for metal in _MINERALS):
        return replace(form, problem="mineral_salt")
    outside = set(structure.elements) - ENCODER_ELEMENTS
    return replace(form, structure=structure, problem="structure_outside_encoder" if outside else "")


def _with_approved_isomers(forms: list[Form]) -> list[Form]:
    approved = {form.structure.inchikey for form in forms if form.approved and form.structure}
    return [
        replace(form, approved_isomer=True) if form.structure and form.structure.inchikey in approved else form
        for form in forms
    ]


def join(forms: Iterable[Form]) -> list[list[Form]]:
    """Put the forms of one drug together, the form that gives the id first; drugs in the order of their ids."""
    groups: dict[str, list[Form]] = {}
    loose: list[Form] = []
    for form in sorted(forms, key=lambda form: form.order):
        if form.structure is not None:
            groups.setdefault(form.structure.inchikey14, []).append(form)
        else:
            loose.append(form)
    _merge_redrawn(groups)
    by_name = {form.name.lower(): key for key, group in groups.items() for form in group}
    by_sequence: dict[str, str] = {}
    for key, group in groups.items():
        for form in group:
            by_sequence.setdefault(form.sequence, key)
    for form in sorted(loose, key=lambda form: (form.labelled, form.order)):
        labelled = form.labelled and len(form.sequence) >= MIN_LABELLED
        unlabelled = by_sequence.get(form.sequence) if labelled else None
        chosen = by_name.get(form.name.lower()) or unlabelled or f"{form.source} {form.id}"
        groups.setdefault(chosen, []).append(form)
        by_name.setdefault(form.name.lower(), chosen)
        by_sequence.setdefault(form.sequence, chosen)
    drugs = [sorted(group, key=lambda form: form.order) for group in groups.values()]
    return sorted(drugs, key=lambda drug: drug[0].order)


def _merge_redrawn(groups: dict[str, list[Form]]) -> None:
    """Merge drugs of one name and one heavy-atom composition: the tables drew another tautomer or charge."""
    first: dict[tuple[str, str], str] = {}
    for key in list(groups):
        names = {(form.name.lower(), _heavy_formula(form)) for form in groups[key]}
        known = next((first[name] for name in sorted(names) if name in first), None)
        if known is not None:
            groups[known] += groups.pop(key)
        for name in names:
            first.setdefault(name, known or key)


def _heavy_formula(form: Form) -> str:
    return re.sub(r"H\d*(?![a-z])|[+-]\d*$", "", form.structure.formula) if form.structure else ""


def class_links(drugs: Iterable[list[Form]], class_ids: Iterable[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the links from drugs to their level 4 ATC classes, and how many were left out and why."""
    known, unknown = set(class_ids), 0
    triples = []
    for drug in drugs:
        curie = drug[0].curie
        for code in sorted({code for form in drug for code in form.classes}):
            if f"ATC:{code}" in known:
                via = sorted({form.curie for form in drug if code in form.classes})
                triples.append((curie, CLASS_RELATION, f"ATC:{code}", ADMET, f"ATC code of {', '.join(via)}", ""))
            else:
                unknown += 1
    dropped = {"ATC code that is no class of the graph": unknown} if unknown else {}
    return pd.DataFrame(triples, columns=list(TRIPLE_COLUMNS)), dropped


def entity(
    drug: list[Form], names: drug_names.DrugNames, owner: Mapping[str, str], *, use_drugbank: bool
) -> dict[str, object]:
    """Write one drug as a row of the entity table; ``owner`` tells which drug a row's CURIE belongs to.

    Its encoder reads, in this order: a plain amino-acid sequence, a SMILES whose elements it knows, or the text
    "name. type. synonyms" without ATC names or roles.
    """
    first = drug[0]
    usable = [form for form in drug if use_drugbank or form.source == gtopdb.SOURCE]
    own_ids = [form.id for form in drug if form.source == ADMET]
    primary = distinct([first.name, *(form.name for form in drug if form.structure == first.structure)])
    others, found_ids = names.of(own_ids, filter(None, [*primary, first.inn]))
    own = [name for form in drug for name in (form.name, form.inn, *form.names)]
    synonyms = distinct([*own, *others], first.name)[:MAX_SYNONYMS]
    kind, content = encoder_input(usable, first.name, synonyms)
    drawn = next((form for form in usable if form.structure), None)
    xrefs = [form.curie for form in drug[1:]]
    found = [f"DrugBank:{drugbank}" for drugbank in found_ids]
    xrefs += [curie for curie in found if owner.get(curie, first.curie) == first.curie]
    xrefs += [xref for form in drug for xref in form.xrefs]
    if drawn is not None and drawn.structure is not None:
        xrefs.append(f"InChIKey:{drawn.structure.inchikey}")
    if kind != InputKind.SMILES:
        smiles = next((form.structure.smiles if form.structure else form.smiles for form in usable if form.smiles), "")
        xrefs += [f"SMILES:{smiles}"] if 0 < len(smiles) <= MAX_DRAWN_SMILES else []
    return {
        "id": first.curie,
        "modality": "drug",
        "name": first.name,
        "full_name": "",
        "synonyms": synonyms,
        "definition": definition(drug),
        "xrefs": [xref for xref in dict.fromkeys(xrefs) if xref != first.curie],
        "input_kind": kind.value,
        "input": content,
        "source": first.source,
        "flags": flags(drug, usable, kind),
    }


def encoder_input(forms: list[Form], name: str, synonyms: Iterable[str]) -> tuple[InputKind, str]:
    """Choose what the drug's encoder reads, and of what kind it is."""
    for form in forms:
        if form.plain_sequence:
            return InputKind.SEQUENCE, form.plain_sequence
    for form in forms:
        if form.structure is not None and not form.problem:
            return InputKind.SMILES, form.structure.smiles
    words = next((form.type for form in forms if form.type), "")
    return InputKind.TEXT, encoder_text(name, words, (synonym for synonym in synonyms if not _ROLE.search(synonym)))


def definition(drug: list[Form]) -> str:
    """Return one plain sentence on what the drug is; nothing that it does."""
    kind = next((form.type for form in drug if form.type), "Substance")
    status = "approved drug" if any(form.approved for form in drug) else "no approval recorded"
    status = "withdrawn drug" if any(form.withdrawn for form in drug) else status
    formula = next((f", {form.structure.formula}" for form in drug if form.structure), "")
    return f"{kind}{formula}; {status}."


def flags(drug: list[Form], usable: list[Form], kind: InputKind) -> list[str]:
    """Return what a list may filter on."""
    found = []
    for name in ("approved", "withdrawn", "endogenous"):
        found += [name] if any(getattr(form, name) for form in drug) else []
    found += ["labelled"] if all(form.labelled for form in drug) else []
    found += [flag for flag in ("peptide", "antibody") if any(form.type.lower() == flag for form in drug)]
    found += ["several_forms"] if len({form.curie for form in drug}) > 1 else []
    if kind == InputKind.TEXT:
        found += sorted({form.problem for form in usable if form.problem})
    return found
