"""What is made once: a sample of MOSES, fragments for CReM; and the generator that uses them."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from design.inhibitors import INHIBITORS, OTHERS, background, made_evidence, quiet
from design.test_lineage import workshop
from rdkit import Chem

from biobridge_core.chem import crem
from biobridge_core.chem.fragments import flat_smiles
from biobridge_core.chem.genetic import REPLACEMENT
from biobridge_core.chem.traits import packed
from biobridge_core.design import moses
from biobridge_core.design.candidate import Found
from biobridge_core.design.extras import Extras
from biobridge_core.design.moses import Moses
from biobridge_core.design.mutation import Mutation
from biobridge_core.errors import WeightsError

GEFITINIB = flat_smiles(INHIBITORS["gefitinib"])


@cache
def database() -> Path:
    path = Path(mkdtemp()) / "crem.db"
    few = [*list(INHIBITORS.values())[:3], OTHERS["sotalol"]]
    assert crem.make(path, few * 2, quiet) > 20
    return path


def parents() -> list[Found]:
    made = [workshop().start(assembly) for assembly in workshop().library.starts[:2]]
    return [
        Found(m.smiles, m.assembly, m.atoms, "retrieved", (), 0, m.traits, m.bits, m.scaffold, {}, "", 0.0)
        for m in made
        if m.assembly and m.traits
    ]


def test_a_mutant_tells_of_every_atom_where_it_was() -> None:
    mutants = crem.mutate(GEFITINIB, database(), 6, 1)
    assert mutants
    parent = Chem.MolFromSmiles(GEFITINIB)
    for mutant in mutants:
        mol = Chem.MolFromSmiles(mutant.smiles)
        assert mutant.smiles != GEFITINIB
        assert len(mutant.atoms) == mol.GetNumAtoms()
        for atom, place in zip(mol.GetAtoms(), mutant.atoms, strict=True):
            assert place < 0 or parent.GetAtomWithIdx(place).GetAtomicNum() == atom.GetAtomicNum()
        kept = [place for place in mutant.atoms if place >= 0]
        assert len(kept) == len(set(kept)) > 0
    assert crem.mutate(GEFITINIB, database(), 6, 1) == mutants
    assert crem.mutate(GEFITINIB, database(), 6, 2) != mutants


def test_what_crem_put_in_is_accounted_for() -> None:
    generator = Mutation(workshop(), 1, database(), background().example)
    evidence = [workshop().start(assembly).smiles for assembly in workshop().library.starts]
    first = generator.propose(0, 16, [])
    assert first
    assert {proposal.parents for proposal in first} <= {(smiles,) for smiles in evidence}, "the evidence comes first"
    after = len(evidence) + 1
    proposals = generator.propose(after, 16, parents())
    assert proposals
    assert proposals == Mutation(workshop(), 1, database(), background().example).propose(after, 16, parents())
    assert generator.propose(after, 16, []) == []
    live = {item.id for item in made_evidence().molecules()}
    for proposal in proposals:
        made = proposal.made
        assert made.assembly
        assert proposal.parents[0] in {parent.smiles for parent in parents()}
        assert sorted(a for atoms in made.atoms for a in atoms) == list(
            range(Chem.MolFromSmiles(made.smiles).GetNumAtoms())
        )
        origins = made.assembly.origins
        assert all(origin in live or origin.removeprefix(REPLACEMENT) for origin in origins)
        assert any(origin in live for origin in origins), "most of the parent is still there"


def test_the_sample_of_moses_knows_its_own(tmp_path: Path) -> None:
    source = tmp_path / "train.csv.gz"
    rows = ["SMILES,SPLIT", *(f"{smiles},train" for smiles in OTHERS.values() for _ in range(moses.STEP))]
    source.write_bytes(gzip.compress("\n".join(rows).encode()))
    made = Moses.make(tmp_path, quiet, source)
    assert made.smiles == tuple(OTHERS.values())
    again = Moses.open(tmp_path)
    assert again is not None
    found = again.nearest([OTHERS["aspirin"], GEFITINIB], [packed(OTHERS["aspirin"]), packed(GEFITINIB)])
    assert found[0].same
    assert found[0].similarity == 1.0
    assert not found[1].same
    assert 0 < found[1].similarity < 0.6
    (tmp_path / f"moses-{moses.SIZE}-1.npy").write_bytes(b"no array")
    assert Moses.open(tmp_path) is None


def test_a_table_that_is_none_is_said(tmp_path: Path) -> None:
    source = tmp_path / "train.csv.gz"
    source.write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="molsets"):
        Moses.make(tmp_path, quiet, source)


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extras = Extras(tmp_path, background)
    assert extras.database is None
    assert extras.moses() is None
    monkeypatch.setattr(crem, "installed", lambda: False)

    def missing() -> Path:
        raise WeightsError("molsets is not installed")

    monkeypatch.setattr(moses, "table", missing)
    said = [extra.note for extra in extras.states()]
    assert "crem is not installed" in said[0]
    assert "not compared with MOSES" in said[1]
    assert not any(extra.possible for extra in extras.states())
    assert "Nothing" in extras.build(quiet)
    with pytest.raises(WeightsError, match="crem"):
        crem.make(tmp_path / "x.db", ["CCO"], quiet)
