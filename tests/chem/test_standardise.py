"""Real molecules, written the one way; what cannot be used says why."""

import pytest

from biobridge_core.chem.standardise import MAX_CHARACTERS, from_inchi, looks_like_smiles, standardise
from biobridge_core.errors import InputError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.mark.parametrize(
    "written",
    [
        "CC(=O)OC1=CC=CC=C1C(O)=O",
        "CC(=O)Oc1ccccc1C(=O)[O-].[Na+]",
        "[Na]OC(=O)c1ccccc1OC(C)=O",
        "[Ca+2].CC(=O)Oc1ccccc1C(=O)[O-].CC(=O)Oc1ccccc1C(=O)[O-].O",
        "  CC(=O)Oc1ccccc1C(=O)O aspirin",
    ],
)
def test_aspirin_is_one_string_however_written(written: str) -> None:
    result = standardise(written)
    assert result.smiles == ASPIRIN
    assert result.inchikey == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"
    assert result.inchikey14 == "BSYNRYMUTXBXSQ"
    assert result.formula == "C9H8O4"


@pytest.mark.parametrize(
    ("smiles", "parent", "note"),
    [
        ("CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1.Cl", "CNCCC(Oc1ccc(C(F)(F)F)cc1)c1ccccc1", "salt removed: HCl"),
        ("CN1CCC[C@H]1c1cccnc1.OC(=O)[C@H](O)[C@@H](O)C(O)=O", "CN1CCC[C@H]1c1cccnc1", "salt removed: tartrate"),
        ("c1ccc(cc1)CCN.CS(O)(=O)=O", "NCCc1ccccc1", "salt removed: mesylate"),
        ("c1ccc(cc1)CC[NH3+].OC(=O)/C=C\\C([O-])=O", "NCCc1ccccc1", "salt removed: maleate or fumarate"),
        ("c1ccc(cc1)CCN.OC(=O)CC(O)(C(O)=O)CC(O)=O", "NCCc1ccccc1", "salt removed: citrate"),
        ("c1ccc(cc1)CC[NH3+]", "NCCc1ccccc1", "neutralised"),
        ("C[S+](C)[O-]", "CS(C)=O", "functional groups written the standard way"),
        ("[NH3+]CC([O-])=O", "NCC(=O)O", "neutralised"),
    ],
)
def test_every_change_is_said(smiles: str, parent: str, note: str) -> None:
    result = standardise(smiles)
    assert result.smiles == parent
    assert note in result.notes


@pytest.mark.parametrize(
    ("smiles", "parent", "notes"),
    [
        ("CCO.c1ccccc1CC", "CCc1ccccc1", ("of a mixture, the larger component is read; left out: ethanol",)),
        ("c1ccccc1CC.O.CC#N", "CCc1ccccc1", ("of a mixture, the larger component is read; left out: acetonitrile, water",)),
        ("c1ccc(cc1)CCCC(N)=O.CCC", "NC(=O)CCCc1ccccc1", ("of a mixture, the larger component is read; left out: CCC",)),
        ("NCCc1ccccc1.Cl.O", "NCCc1ccccc1", ("salt removed: HCl", "of a mixture, the larger component is read; left out: water")),
        ("OC(=O)c1ccccc1C(=O)OCC.C1CNCCN1", "CCOC(=O)c1ccccc1C(=O)O", ("salt removed: piperazine",)),
        ("CCC(=O)Nc1ccccc1C(=O)[O-].[Na+]", "CCC(=O)Nc1ccccc1C(=O)O", ("salt removed: sodium", "neutralised")),
    ],
)  # fmt: skip
def test_a_mixture_is_told_from_a_salt(smiles: str, parent: str, notes: tuple[str, ...]) -> None:
    result = standardise(smiles)
    assert result.smiles == parent
    assert result.notes == notes


def test_an_inchi_is_read_and_a_broken_one_refused() -> None:
    assert (
        standardise(from_inchi("InChI=1S/C9H8O4/c1-6(10)13-8-5-3-2-4-7(8)9(11)12/h2-5H,1H3,(H,11,12)")).smiles
        == ASPIRIN
    )
    assert from_inchi("InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3") == "CCO"
    for broken in ("InChI=1S/", "InChI=1S/C9H8O4/c1-", "InChI=", "InChI=1S/" + "C" * 20_000):
        with pytest.raises(InputError, match="not an InChI"):
            from_inchi(broken)


@pytest.mark.parametrize("smiles", ["Cn1cnc2c1c(=O)n(C)c(=O)n2C", "CS(C)=O", "O=[N+]([O-])c1ccccc1"])
def test_nothing_is_said_where_nothing_changes(smiles: str) -> None:
    assert standardise(smiles).notes == ()


def test_sulfoxide_keeps_its_handedness() -> None:
    esomeprazole = "COc1ccc2[nH]c([S@@](=O)Cc3ncc(C)c(OC)c3C)nc2c1"
    written = standardise(esomeprazole).smiles
    assert "S@" in written
    assert "=O" in written
    assert written != standardise(esomeprazole.replace("@@", "@")).smiles


def test_stereo_and_isotopes_stay_but_share_the_first_block() -> None:
    written = ("C[C@H](N)C(O)=O", "C[C@@H](N)C(O)=O", "[2H]C([2H])([2H])C(N)C(O)=O")
    left, right, heavy = (standardise(smiles) for smiles in written)
    assert len({left.smiles, right.smiles, heavy.smiles}) == 3
    assert left.inchikey14 == right.inchikey14 == heavy.inchikey14


@pytest.mark.parametrize("smiles", ["N.N.Cl[Pt]Cl", "[NH3][Pt](Cl)(Cl)[NH3]", "[NH3+][Pt-2](Cl)(Cl)[NH3+]"])
def test_cisplatin_keeps_its_platinum(smiles: str) -> None:
    result = standardise(smiles)
    assert "Pt" in result.elements
    assert "Pt" in result.smiles
    assert any("kept whole: Pt" in note for note in result.notes)
    assert result.inchikey14 == "LXZZYRPGZAFOLE"


def test_standardising_twice_changes_nothing() -> None:
    for smiles in ("CC(C)NCC(O)COc1ccccc1.Cl", "[O-]C(=O)c1ccccc1.[K+]", "C[N+](C)(C)CC(O)CC([O-])=O", "N.N.Cl[Pt]Cl"):
        once = standardise(smiles)
        assert standardise(once.smiles).smiles == once.smiles


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("CC(=O", "character 3"),
        ("CC1CC", "ring is opened"),
        ("CC(=O))C", "closed that was not opened"),
        ("notasmiles", "cannot|not a SMILES"),
        ("C(C)(C)(C)(C)C", r"atom 1 \(C\) has more bonds"),
        ("c1cccc1", "aromatic"),
        ("cco", "written aromatic but is in no ring"),
        ("CCO.CCN", "two molecules"),
        (f"{ASPIRIN}.Cn1cnc2c1c(=O)n(C)c(=O)n2C", "two molecules"),
        ("CCO\nCCN", "2 lines"),
        ("C" * 1000, "1,000 heavy atoms"),
        ("C" * 201, "201 heavy atoms"),
        ("C" * (MAX_CHARACTERS + 1), "too large"),
        ("[Na+].[Cl-]", "mineral"),
        ("O", "mineral"),
        ("[Li+].[Li+].[O-]C([O-])=O", "mineral"),
        ("[H][H]", "no atom but hydrogen"),
        ("[CH3]", "radical"),
        ("*CCO", "wildcard"),
    ],
)
def test_bad_input_says_what_and_how(smiles: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        standardise(smiles)
    assert caught.value.hint
    assert len(caught.value.message) < 200


def test_limit_counts_the_parent_and_can_be_raised() -> None:
    assert standardise("C" * 200).n_heavy == 200
    assert standardise("C" * 300, max_atoms=300).n_heavy == 300


def test_rdkit_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for smiles in ("CC(=O", "c1cccc1"):
        with pytest.raises(InputError):
            standardise(smiles)
    looks_like_smiles("C1CC")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [ASPIRIN, "c1ccccc1", "C1CC1", "CCCCO", "CC(=O", "C=O", "[Na+].[Cl-]", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "C" * 1000,
     "N#Cc1ccccc1", "C[C@H](N)C(=O)O", "CC(=O)[O-"],
)  # fmt: skip
def test_smiles_are_recognised(text: str) -> None:
    assert looks_like_smiles(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "C", "CO", "COCO", "CNS", "CCNO", "SCN1A", "TP53", "NOS1", "CCNB1IP1", "C3", "PSPC1", "BONBON", "cocoon",
     "aspirin", "insulin", "5-HT", "NO-CO", "I/O", "GO:0008150", "UniProtKB:P04637", "HP:0001250", "(+)-menthol", "B12",
     "PPSPCCSFINPPSNCC", "MTEYKLVVVGAGGVGKSALTIQ", "small head", "CCO is ethanol", "p53(R175H)", "IL-2", "[1]",
     "vitamin=C"],
)  # fmt: skip
def test_words_are_not_smiles(text: str) -> None:
    assert not looks_like_smiles(text)
