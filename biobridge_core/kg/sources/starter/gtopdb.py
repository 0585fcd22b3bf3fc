"""Ligands and their targets from the Guide to PHARMACOLOGY 2020.5 (doi:10.1093/nar/gkz951), as scConnect ships it."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.errors import GraphError
from biobridge_core.kg.schema import TRIPLE_COLUMNS

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

SOURCE = "gtopdb"
PACKAGE = "scConnect"
FOLDER = "scConnect/data/GTP_tables/2020-5"

_INHIBITS, _BLOCKS, _BINDS = "drug_inhibits_protein", "drug_blocks_protein", "drug_binds_protein"
_AGONIST, _ANTAGONIST = "drug_agonist_of_protein", "drug_antagonist_of_protein"
_MODULATES = "drug_modulates_protein"

#: GtoPdb type -> action -> relation; "" is every action of the type that is not named. The type decides, the action
#: splits it: inverse agonists stand with the antagonists, since both lower the signal; an activator is an agonist only
#: where the action says so, otherwise (enzymes, channels) it modulates; where type and action contradict one another,
#: the drug only "acts on" the target. A type that is not here stops the build.
RELATION_OF: dict[str, dict[str, str]] = {
    "Agonist": {"": _AGONIST, "Inverse agonist": _ANTAGONIST, "Antagonist": _BINDS},
    "Antagonist": {"": _ANTAGONIST, "Agonist": _BINDS, "Full agonist": _BINDS},
    "Activator": {
        "": _MODULATES,
        "Agonist": _AGONIST,
        "Full agonist": _AGONIST,
        "Partial agonist": _AGONIST,
        "Inhibition": _BINDS,
    },
    "Allosteric modulator": {"": _MODULATES},
    "Antibody": {"": _BINDS, "Agonist": _AGONIST, "Antagonist": _ANTAGONIST, "Inhibition": _INHIBITS},
    "Channel blocker": {"": _BLOCKS, "Agonist": _BINDS},
    "Gating inhibitor": {"": _BLOCKS},
    "Inhibitor": {"": _INHIBITS, "Potentiation": _BINDS},
    "None": {"": _BINDS, "Inhibition": _INHIBITS},
    "Subunit-specific": {"": _BINDS, "Inhibition": _INHIBITS, "Potentiation": _MODULATES},
}

#: Affinity measures from the most to the least comparable between assays.
_UNITS = ("pKi", "pKd", "pKB", "pA2", "pIC50", "pEC50")
_FLIPPED = {">": "<", "<": ">", "~": "~"}  #: a Ki above a bound is a pKi below it


@dataclass(frozen=True, slots=True)
class Ligand:
    """One row of the ligand table, cleaned."""

    id: str
    name: str
    type: str  #: Synthetic organic, Natural product, Metabolite, Inorganic, Peptide, Antibody
    inn: str
    synonyms: tuple[str, ...]
    smiles: str
    sequence: str  #: as given; X stands for residues that are not among the twenty
    pubchem: str  #: PubChem compound id
    approved: bool
    withdrawn: bool
    labelled: bool
    endogenous: bool
    foreign: bool = False  #: the peptide of another species alone


def plain(text: str) -> str:
    """Return a name without its HTML: ``[<sup>125</sup>I]&alpha;-bungarotoxin`` becomes ``[125I]α-bungarotoxin``."""
    text = html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", html.unescape(text)))
    return " ".join(re.sub(r"[®™\x00-\x1f\x7f]", " ", text).split())


def ligands(packages: Packages) -> list[Ligand]:
    """Read every ligand, by ascending id; peptides with their sequence."""
    table, peptides = (_table(packages, name) for name in ("ligands", "peptides"))
    sequences = dict(zip(peptides["Ligand id"], peptides["Single letter amino acid sequence"], strict=True))
    endogenous = set(peptides.loc[peptides["Type"].str.startswith("Endogenous"), "Ligand id"])
    found = [
        Ligand(
            id=row["Ligand id"],
            name=plain(row["Name"]),
            type=row["Type"],
            inn=plain(row["INN"]),
            synonyms=tuple(name for name in map(plain, row["Synonyms"].split("|")) if name and "$$$" not in name),
            smiles=row["SMILES"].strip(),
            sequence="".join(sequences.get(row["Ligand id"], "").split()).upper(),
            pubchem=row["PubChem CID"],
            approved=row["Approved"] == "yes",
            withdrawn=row["Withdrawn"] == "yes",
            labelled=row["Labelled"] == "yes" or row["Radioactive"] == "yes",
            endogenous=row["Ligand id"] in endogenous,
            foreign=bool(row["Species"]) and "Human" not in row["Species"],
        )
        for row in table.to_dict("records")
    ]
    return sorted(found, key=lambda ligand: int(ligand.id))


def interactions(packages: Packages) -> pd.DataFrame:
    """Read every ligand–target row, every cell text, "" where absent."""
    return _table(packages, "interactions")


def _table(packages: Packages, name: str) -> pd.DataFrame:
    path = packages.open(PACKAGE, f"{FOLDER}/{name}.csv")
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def relation(kind: str, action: str) -> str:
    """Return the relation of a GtoPdb type and action.

    Raises
    ------
    GraphError
        If the type is unknown.
    """
    if kind not in RELATION_OF:
        raise GraphError(
            f"The interaction type {kind!r} of the Guide to PHARMACOLOGY is not known.", "Add it to RELATION_OF."
        )
    actions = RELATION_OF[kind]
    return actions.get(action, actions[""])


def links(
    table: pd.DataFrame, drug_of_ligand: Mapping[str, str], proteins: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the drug–protein links and how many rows were left out and why.

    Parameters
    ----------
    table
        As ``interactions`` reads it.
    drug_of_ligand
        Ligand id -> drug CURIE.
    proteins
        UniProt accession -> protein CURIE. Each protein of a complex gets a link of its own, which says so.
    """
    dropped: Counter[str] = Counter()
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for cells in table.to_dict("records"):
        row = {str(column): str(value) for column, value in cells.items()}
        accessions = [a for a in (row["target_uniprot"] or row["target_ligand_uniprot"]).split("|") if a]
        if row["target_species"] != "Human":
            dropped["interaction with a target that is not human or of no stated species"] += 1
        elif row["ligand_id"] not in drug_of_ligand:
            dropped["interaction of a ligand that is not among the drugs"] += 1
        elif not accessions:
            dropped["interaction with a target that has no UniProt accession"] += 1
        else:
            known = sorted({proteins[accession] for accession in accessions if accession in proteins})
            unknown = sum(accession not in proteins for accession in accessions)
            if unknown:
                dropped["link to a protein that is not in the graph"] += unknown
            complexed = {"complex": plain(row["target"] or row["target_ligand"])} if len(accessions) > 1 else {}
            for protein in known:
                key = (drug_of_ligand[row["ligand_id"]], relation(row["type"], row["action"]), protein)
                groups.setdefault(key, []).append(row | complexed)
    triples = [(*key, SOURCE, evidence(rows), affinity(rows)) for key, rows in sorted(groups.items())]
    return pd.DataFrame(triples, columns=list(TRIPLE_COLUMNS)), dict(dropped)


def evidence(rows: Iterable[Mapping[str, str]]) -> str:
    """Return what a link rests on: ``Inhibitor (competitive); primary target; PMID:1, PMID:2, PMID:3 and 2 more``."""
    rows = list(rows)
    kinds = Counter(_kind(row["type"], row["action"]) for row in rows)
    parts = [", ".join(sorted(kinds, key=lambda kind: (-kinds[kind], kind)))]
    parts += sorted({f"as part of {row['complex']}" for row in rows if row.get("complex")})
    for column, words in (("primary_target", "primary target"), ("endogenous", "endogenous ligand")):
        if any(row[column] == "t" for row in rows):
            parts.append(words)
    papers = sorted({paper for row in rows for paper in re.findall(r"\d+", row["pubmed_id"])}, key=int)
    if papers:
        more = f" and {len(papers) - 3} more" if len(papers) > 3 else ""
        parts.append(", ".join(f"PMID:{paper}" for paper in papers[:3]) + more)
    return "; ".join(parts)


def _kind(kind: str, action: str) -> str:
    kind = "acts on the target" if kind == "None" else kind
    same = action in {"", "None", kind} or kind[:5].lower() == action[:5].lower()
    return kind if same else f"{kind} ({action.lower()})"


def affinity(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the affinity in the most comparable measure given, median and range: ``pKi 8.9 (8.7–9.1)``, or ""."""
    by_unit: dict[str, list[tuple[float, str]]] = {}
    for row in rows:
        numbers = [float(row[f"affinity_{which}"]) for which in ("low", "median", "high") if row[f"affinity_{which}"]]
        sign = _FLIPPED.get(row["original_affinity_relation"], "")
        by_unit.setdefault(row["affinity_units"], []).extend((number, sign) for number in numbers)
    for unit in _UNITS:
        measured = by_unit.get(unit, [])
        exact = [number for number, sign in measured if sign != "<"]
        if exact:
            low, middle, high = (f"{value:.1f}" for value in (min(exact), median(exact), max(exact)))
            signs = {sign for _, sign in measured}
            sign = signs.pop() if len(signs) == 1 else ""
            return f"{unit} {sign}{middle}" + (f" ({low}–{high})" if low != high else "")
        if measured:
            return f"{unit} <{min(number for number, _ in measured):.1f}"
    return ""
