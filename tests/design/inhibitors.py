"""Evidence of real EGFR inhibitors, and a background of real drugs, where the bridge is not needed."""

from __future__ import annotations

from functools import cache

from biobridge_core.design.background import Background
from biobridge_core.design.evidence import Evidence, Item, Part, Role
from biobridge_core.design.goal import Goal
from biobridge_core.types import Entity, HitStatus, InputKind, Query, QueryKind

INHIBITORS = {
    "gefitinib": "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1",
    "erlotinib": "COCCOc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OCCOC",
    "lapatinib": "CS(=O)(=O)CCNCc1ccc(-c2ccc3ncnc(Nc4ccc(OCc5cccc(F)c5)c(Cl)c4)c3c2)o1",
    "afatinib": "CN(C)C/C=C/C(=O)Nc1cc2c(Nc3ccc(F)c(Cl)c3)ncnc2cc1O[C@H]1CCOC1",
    "dacomitinib": "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1NC(=O)/C=C/CN1CCCCC1",
    "osimertinib": "COc1cc(N(C)CCN(C)C)c(NC(=O)C=C)cc1Nc1nccc(-c2cn(C)c3ccccc23)n1",
    "vandetanib": "COc1cc2c(Nc3ccc(Br)cc3F)ncnc2cc1OCC1CCN(C)CC1",
    "neratinib": "CCOc1cc2ncc(C#N)c(Nc3ccc(OCc4ccccn4)c(Cl)c3)c2cc1NC(=O)/C=C/CN(C)C",
    "canertinib": "C=CC(=O)Nc1cc2c(Nc3ccc(F)c(Cl)c3)ncnc2cc1OCCCN1CCOCC1",
    "AG-1478": "COc1cc2ncnc(Nc3cccc(Cl)c3)c2cc1OC",
}
OTHERS = {
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O", "ibuprofen": "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "caffeine": "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "imatinib": "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1", "terfenadine": "CC(C)(C)c1ccc(C(O)CCCN2CCC(C(O)(c3ccccc3)c3ccccc3)CC2)cc1",
    "sildenafil": "CCCc1nn(C)c2c1nc([nH]c2=O)-c1cc(ccc1OCC)S(=O)(=O)N1CCN(C)CC1", "warfarin": "CC(=O)CC(c1ccccc1)c1c(O)c2ccccc2oc1=O",
    "omeprazole": "COc1ccc2[nH]c(nc2c1)S(=O)Cc1ncc(C)c(OC)c1C", "haloperidol": "OC1(CCN(CCCC(=O)c2ccc(F)cc2)CC1)c1ccc(Cl)cc1",
    "metformin": "CN(C)C(=N)NC(N)=N", "atenolol": "CC(C)NCC(O)COc1ccc(CC(N)=O)cc1", "fluoxetine": "CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1",
    "sotalol": "CC(C)NCC(O)c1ccc(NS(C)(=O)=O)cc1", "losartan": "CCCCc1nc(Cl)c(CO)n1Cc1ccc(cc1)-c1ccccc1-c1nnn[nH]1",
}  # fmt: skip


def quiet(_message: str, _done: float) -> None:
    """Progress that nobody listens to."""


@cache
def background() -> Background:
    molecules = [(f"drug:{name}", name, smiles) for name, smiles in (INHIBITORS | OTHERS).items()]
    return Background.of([(f"{id_}:{n}", name, smiles) for id_, name, smiles in molecules for n in range(5)], quiet)


def made_evidence(goal: Goal | None = None) -> Evidence:
    query = Query("EGFR", QueryKind.ENTITY, "protein", "UniProtKB:P00533", "EGFR")
    part = Part("target:EGFR", Role.TARGET, "EGFR", query, Entity("UniProtKB:P00533", "protein", "EGFR"))
    items = [
        Item(
            f"{part.key}|{name}", part.key,
            Entity(f"drug:{name}", "drug", name, input_kind=InputKind.SMILES, input=smiles),
            HitStatus.KNOWN, 1.0 - 0.05 * place, rank=place + 1,
        )
        for place, (name, smiles) in enumerate(INHIBITORS.items())
    ]  # fmt: skip
    return Evidence(goal or Goal(targets=("EGFR",)), (part,), tuple(items))
