"""Every atom of every molecule comes from somewhere, and what is struck out gives nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from design.inhibitors import INHIBITORS, OTHERS, background, made_evidence
from rdkit import Chem

from biobridge_core.chem.fragments import Assembly, Joint, build, cut, flat_smiles, heavy_atoms
from biobridge_core.chem.genetic import REPLACEMENT
from biobridge_core.chem.workshop import Crew, Limits, Made, Task, Workshop
from biobridge_core.design.evidence import Evidence
from biobridge_core.design.generator import Proposal, Recombination, in_turn
from biobridge_core.design.library import library
from biobridge_core.errors import InputError


def workshop(evidence: Evidence | None = None, limits: Limits | None = None) -> Workshop:
    return Workshop(library(evidence or made_evidence(), background()), limits or Limits())


def descendants(shop: Workshop, seed: int, n: int, generations: int = 3) -> Iterator[Made]:
    """Children of the evidence, their children, and so on."""
    starts = list(shop.library.starts)
    pool: list[Assembly] = starts
    for generation in range(generations):
        children = []
        for place in range(n // generations + 1):
            parents = (pool[place % len(pool)], pool[(7 * place + 3) % len(pool)])
            made = shop.make(Task(f"{seed}:{generation}:{place}", parents))
            if made.assembly is not None:
                children.append(made.assembly)
                yield made
        pool = children or starts


@cache
def many() -> tuple[Made, ...]:
    return tuple(descendants(workshop(), 1, 570))


@pytest.mark.parametrize("smiles", [*INHIBITORS.values(), *OTHERS.values()])
def test_taking_apart_and_putting_together_gives_the_same_molecule(smiles: str) -> None:
    built = build(cut(smiles))
    assert built is not None
    assert built.smiles == flat_smiles(smiles)


def test_every_fragment_of_500_candidates_is_accounted_for() -> None:
    evidence = made_evidence()
    items = {item.id: cut(item.entity.input).cores for item in evidence.items}
    drugs = {known.id: known.assembly.cores for known in background().molecules}
    assert len({made.smiles for made in many()}) >= 500
    for made in many():
        assert made.assembly is not None
        mol = Chem.MolFromSmiles(made.smiles)
        assert Chem.MolToSmiles(mol) == made.smiles, "the SMILES is canonical"
        places = [place for atoms in made.atoms for place in atoms]
        assert sorted(places) == list(range(mol.GetNumAtoms())), "every atom belongs to one fragment"
        for core, atoms, origin in zip(made.assembly.cores, made.atoms, made.assembly.origins, strict=True):
            assert len(atoms) == heavy_atoms(core)
            symbols = sorted(mol.GetAtomWithIdx(place).GetSymbol() for place in atoms)
            assert symbols == sorted(atom.GetSymbol() for atom in Chem.MolFromSmiles(core).GetAtoms())
            if origin.startswith(REPLACEMENT):
                assert core in drugs[origin.removeprefix(REPLACEMENT)]
            else:
                assert core in items[origin], "the item that is named has the fragment"
        between = {
            frozenset((made.atoms[j.a][j.atom_a], made.atoms[j.b][j.atom_b])) for j in made.assembly.joints
        }  # fmt: skip
        whose = {place: number for number, atoms in enumerate(made.atoms) for place in atoms}
        crossing = {
            frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
            for bond in mol.GetBonds()
            if whose[bond.GetBeginAtomIdx()] != whose[bond.GetEndAtomIdx()]
        }
        assert between == crossing, "the joints are the bonds between fragments, and there are no others"


def test_the_candidates_are_sound() -> None:
    for made in many():
        assert made.traits is not None
        assert 0 <= made.traits.qed <= 1
        assert 1 <= made.traits.sa <= 10
        assert 10 <= made.traits.heavy <= 50
        assert "." not in made.smiles
        assert len(made.bits) == 256
    assert not any(Chem.MolFromSmiles(m.smiles).HasSubstructMatch(Chem.MolFromSmarts("[CH]=O")) for m in many())
    assert len({made.smiles for made in many()} - {flat_smiles(s) for s in INHIBITORS.values()}) >= 490


def test_a_struck_item_gives_nothing() -> None:
    evidence = made_evidence()
    named = evidence.items[5].id  # osimertinib, the only one with an indole
    with_it = {origin for made in many() if made.assembly for origin in made.assembly.origins}
    assert named in with_it
    struck = evidence.strike([named])
    made = list(descendants(workshop(struck), 1, 150))
    assert len(made) > 120
    assert all(named not in one.assembly.origins for one in made if one.assembly)
    assert not any("c1ccc2[nH]ccc2c1" in one.assembly.cores for one in made if one.assembly)
    assert {one.smiles for one in made} != {one.smiles for one in many()[: len(made)]}


def test_nothing_left_of_the_evidence_is_said() -> None:
    evidence = made_evidence()
    with pytest.raises(InputError, match="taken apart"):
        library(evidence.strike(item.id for item in evidence.items), background())


def test_a_pinned_item_weighs_twice() -> None:
    evidence = made_evidence()
    pinned = evidence.pin([evidence.items[5].id])
    plain, heavier = (
        {piece.core: piece.weight for piece in library(one, background()).pieces} for one in (evidence, pinned)
    )
    assert heavier["c1ccc2[nH]ccc2c1"] > 1.5 * plain["c1ccc2[nH]ccc2c1"]


def test_what_is_special_to_the_evidence_weighs_more() -> None:
    pieces = {piece.core: piece for piece in library(made_evidence(), background()).pieces}
    assert pieces["c1ccc2ncncc2c1"].specificity > pieces["O"].specificity
    assert pieces["c1ccc2ncncc2c1"].sources[0].endswith("gefitinib"), "the item with the largest weight comes first"


def test_the_same_seed_gives_the_same_molecules_in_one_process_and_in_two() -> None:
    def molecules(seed: int, workers: int) -> list[Proposal]:
        shop = workshop()
        with Recombination(shop, seed, Crew(shop, workers)) as generator:
            return generator.propose(0, 24, []) + generator.propose(1, 16, [])

    one = molecules(3, 1)
    assert one == molecules(3, 1)
    assert one == molecules(3, 2)
    assert one != molecules(4, 1)


def test_every_molecule_of_the_evidence_has_its_turn_the_weightiest_first_and_most_often() -> None:
    assert in_turn([0.2, 1.0, 0.6], 4, 1) == [1, 2, 0, 1, 2, 1, 1]
    shop = workshop()
    generator = Recombination(shop, 1)
    starts = {shop.start(assembly).smiles for assembly in shop.library.starts}
    first = generator.propose(0, 4 * len(starts), [])
    assert {proposal.parents[0] for proposal in first if len(proposal.parents) == 1} == starts


def test_what_is_to_be_kept_is_kept() -> None:
    pattern = Chem.MolFromSmarts("c1ncnc2ccccc12")
    kept = list(descendants(workshop(limits=Limits(keep="c1ncnc2ccccc12")), 1, 60))
    without = list(descendants(workshop(limits=Limits(without="c1ncnc2ccccc12")), 1, 120))
    assert kept
    assert without
    assert all(Chem.MolFromSmiles(made.smiles).HasSubstructMatch(pattern) for made in kept)
    assert not any(Chem.MolFromSmiles(made.smiles).HasSubstructMatch(pattern) for made in without)


def test_an_assembly_that_cannot_be_is_none() -> None:
    assert build(Assembly(("FC(F)F", "C"), (Joint(0, 0, 1, 0),), ("", ""))) is None, "fluorine has one bond"


@pytest.mark.parametrize("smiles", ["", "nonsense", "[Na+].[Cl-]", "CCO.CCN", "C" * 200, "O"])
def test_what_cannot_be_taken_apart_is_refused(smiles: str) -> None:
    with pytest.raises(InputError):
        cut(smiles)
