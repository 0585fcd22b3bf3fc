"""Uploaded and predicted structures: what is kept, what is refused and why, where a chain lies on a sequence."""

from __future__ import annotations

import gzip

import pytest
from helix import cif, pdb

from biobridge_core import structures
from biobridge_core.errors import InputError
from biobridge_core.structures import Origin, parse, parse_predicted, place

HBB = (
    "MVHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCV"
    "LAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)


@pytest.mark.parametrize("write", [pdb, cif])
def test_both_formats_give_the_same_structure(write):
    found = parse(write(HBB[1:31], first=5, chain="B", b=42).encode(), "mine")
    (chain,) = found.chains
    assert (chain.id, chain.letters, chain.numbers[0], chain.numbers[-1]) == ("B", HBB[1:31], 5, 34)
    assert set(chain.b_factors) == {42.0}
    assert (found.n_atoms, found.predicted, found.name, found.origin) == (120, False, "mine", Origin.UPLOAD)
    again = parse(found.pdb.encode())
    assert again.chains == found.chains, "what is drawn reads like what was read"


def test_what_is_drawn_holds_nothing_else_of_the_file():
    text = "REMARK <script>alert(1)</script>\n" + pdb(HBB[:20]) + "JUNK <img src=x>\n"
    drawn = parse(text.encode()).pdb
    assert "<" not in drawn
    assert {line[:6] for line in drawn.splitlines()} == {"ATOM  ", "END"}


def test_the_first_model_and_the_first_place_are_kept_and_water_is_left_out():
    model = pdb(HBB[:20]).replace("END\n", "ENDMDL\n")
    water = "HETATM 9999  O   HOH A 900       1.000   1.000   1.000  1.00 10.00           O\n"
    second = pdb("A" * 30, first=50)
    other_place = "ATOM      1  CA BALA A  99       1.000   1.000   1.000  0.50 10.00           C\n"
    found = parse(("MODEL        1\n" + other_place + water + model + "MODEL        2\n" + second).encode())
    assert found.chains[0].letters == HBB[:20]
    assert found.notes == ("The file holds 2 models; the first is shown.",)
    assert "HOH" not in found.pdb


def test_a_few_broken_lines_are_left_out_and_counted():
    lines = pdb(HBB[:40]).splitlines()
    lines[7] = lines[7][:30] + "   x.yyy" + lines[7][38:]
    found = parse("\n".join(lines).encode())
    assert found.n_atoms == 159
    assert found.notes == ("1 atom line was left out, the first is line 8.",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"   \n\n", "empty"),
        (b"hello, this is no structure", "holds no atoms"),
        (b"\x00\x01\x02ATOM", "binary"),
        (gzip.compress(pdb(HBB[:20]).encode()), "compressed"),
        (b"x" * (structures.MAX_BYTES + 1), "at most 20 MB"),
        (b"ATOM  broken\n" * 50, "50 of 50 atom lines"),
        (b"HETATM    1  C1  LIG A   1       1.000   1.000   1.000  1.00 10.00           C\n", "no protein"),
        (b"data_x\nloop_\n_atom_site.group_PDB\n_atom_site.id\nATOM 1\nATOM 2\n", "2 of 2 atom lines"),
        (pdb(HBB[:20]).encode().replace(b"80.00", b"  nan"), "80 of 80 atom lines"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_says_why(data, said):
    with pytest.raises(InputError, match=said) as caught:
        parse(data)
    assert caught.value.hint


def test_too_many_atoms_are_refused():
    many = "".join(pdb("A" * 420, chain=chain) for chain in structures._CHAIN_NAMES)
    with pytest.raises(InputError, match="more than 100,000 atoms"):
        parse(many.replace("END\n", "").encode())


def test_chains_with_long_names_get_letters():
    found = parse(cif(HBB[:30], chain="Axp").encode())
    assert found.chains[0].id == "A"
    assert "letters" in found.notes[0]


def test_the_confidence_of_a_model_is_told_from_a_b_factor():
    assert parse(pdb(HBB[:20], b=90, head="TITLE     ALPHAFOLD MONOMER V2.0 PREDICTION").encode()).predicted
    assert not parse(pdb(HBB[:20], b=90).encode()).predicted
    folded = parse_predicted(pdb(HBB[:20], b=0.91), Origin.ESMFOLD)
    assert folded.predicted
    assert folded.chains[0].b_factors[0] == pytest.approx(91)
    assert " 91.00 " in folded.pdb


def test_a_chain_is_placed_on_its_sequence_whatever_its_numbering():
    whole = parse(pdb(HBB[1:], first=1).encode())
    (found,) = place(whole, HBB)
    assert (found.chain, found.shift, found.agree, found.of) == ("A", 1, 146, 146)
    part = parse(pdb(HBB[60:90], first=401).encode())
    assert place(part, HBB)[0].shift == 61 - 401


def test_a_variant_is_placed_and_another_protein_is_not():
    sickle = HBB[:6] + "V" + HBB[7:]
    assert place(parse(pdb(sickle).encode()), HBB)[0].agree == 146
    assert place(parse(pdb("AG" * 40).encode()), HBB) == ()
    assert place(parse(pdb(HBB[:40]).encode()), "") == ()


def test_every_fitting_chain_is_placed():
    both = pdb(HBB[:60], chain="A").replace("END\n", "") + pdb(HBB[:60], first=11, chain="B")
    found = place(parse(both.encode()), HBB)
    assert [(p.chain, p.shift) for p in found] == [("A", 0), ("B", -10)]
