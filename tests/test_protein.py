from __future__ import annotations

import pytest

from biobridge_core.errors import InputError
from biobridge_core.protein import looks_like_sequence, parse_sequence

P53 = "MEEPQSDPSVEPPLSQETFSDLWKLLPENN"


def test_bare_sequence_is_kept_as_it_is() -> None:
    assert parse_sequence(P53).residues == P53
    assert parse_sequence(P53).notes == ()


def test_fasta_header_line_breaks_and_case() -> None:
    parsed = parse_sequence(f">sp|P04637|P53_HUMAN\n{P53[:10]}\n{P53[10:].lower()}\n")
    assert parsed.residues == P53
    assert parsed.header == "sp|P04637|P53_HUMAN"


def test_position_numbers_and_stop_sign_are_left_out_and_said() -> None:
    parsed = parse_sequence(f"1 {P53[:10]} {P53[10:20]}\n21 {P53[20:]}*")
    assert parsed.residues == P53
    assert "numbers" in parsed.notes[0]
    assert "*" in parsed.notes[1]


def test_unusual_residues_are_kept_and_named() -> None:
    assert parse_sequence(P53 + "UX").notes == ("Non-standard residues kept as they are: U, X.",)


@pytest.mark.parametrize(
    ("text", "says", "way_out"),
    [
        ("", "empty", "Paste"),
        (">only a header", "empty", "Paste"),
        ("MEEPQSDPS", "9 residues", "longer"),
        ("M" * 35_001, "35,001 residues", "domain"),
        (P53 + "J1J", "'J' at position 31", "one-letter"),
        (P53 + "é-", "'É' at position 31", "one-letter"),
        (f">a\n{P53}\n>b\n{P53}", "2 FASTA records", "one protein"),
        ("ATGGAGGAGCCGCAGTCAGATCC", "DNA", "Translate"),
    ],
)
def test_bad_sequences_say_what_is_wrong_and_the_way_out(text: str, says: str, way_out: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_sequence(text)
    assert says in caught.value.message
    assert way_out in caught.value.hint


def test_longest_human_protein_is_taken() -> None:
    assert len(parse_sequence("MA" * 17_500).residues) == 35_000


@pytest.mark.parametrize(
    "text", [P53, ">x\nMEE", P53.lower(), P53[:12], f"1 {P53[:10]} {P53[10:]} 30", P53 + "J", f"{P53}\n{P53}"]
)
def test_sequences_are_recognised(text: str) -> None:
    assert looks_like_sequence(text)


@pytest.mark.parametrize(
    "text",
    ["TP53", "ACETAMINOPHEN", "CARBAMAZEPINE", "hypertension", "CC(=O)Oc1ccccc1C(=O)O", "", "C" * 9,
     "autosomal recessive disease with early-onset seizures", "AUTOSOMAL RECESSIVE DISEASE WITH EARLY SEIZURES", "GO:0006915"],
)  # fmt: skip
def test_other_things_are_not_taken_for_sequences(text: str) -> None:
    assert not looks_like_sequence(text)
