import json
from pathlib import Path

import pytest

from biobridge_core.errors import GraphError
from biobridge_core.kg.sources.starter.describe import distinct, encoder_text, key, readable, similarity, words
from biobridge_core.kg.sources.starter.mondo import HUMAN, Match, Mondo, MondoTerm, read_mondo


def _mondo(*terms: MondoTerm) -> Mondo:
    return Mondo({term.id: term for term in terms})


@pytest.fixture
def terms() -> Mondo:
    return _mondo(
        MondoTerm("MONDO:1", "Dravet syndrome", xrefs=("OMIM:607208",)),
        MondoTerm("MONDO:2", "developmental encephalopathy, 4", ("DEE4",), xrefs=("OMIM:612164", "ORPHA:33069")),
        MondoTerm("MONDO:3", "familial long QT syndrome", ("Romano-Ward syndrome",), xrefs=("ORPHA:101016",)),
        MondoTerm("MONDO:4", "long QT syndrome 2", ("LQT2",), xrefs=("ORPHA:101016", "OMIM:613688")),
        MondoTerm("MONDO:5", "cataract 9 multiple types", xrefs=("ORPHA:1377", "ORPHA:98991")),
        MondoTerm("MONDO:6", "central diabetes insipidus", xrefs=("ORPHA:178029",)),
        MondoTerm("MONDO:7", "cone dystrophy", xrefs=("ORPHA:1871",)),
        MondoTerm("MONDO:8", "cone-rod dystrophy 3", xrefs=("ORPHA:1871",)),
    )


def test_a_title_that_names_a_term_outweighs_a_wrong_orphanet_xref(terms: Mondo) -> None:
    assert terms.resolve("ORPHA:33069", ["Dravet syndrome"]) == Match("MONDO:1", "name")


def test_an_omim_xref_outweighs_the_title(terms: Mondo) -> None:
    assert terms.resolve("OMIM:612164", ["Dravet syndrome"]) == Match("MONDO:2", "xref")


def test_of_several_terms_the_one_with_the_title_as_synonym_is_taken(terms: Mondo) -> None:
    assert terms.resolve("ORPHA:101016", ["Romano-Ward syndrome"]) == Match("MONDO:3", "synonym")


def test_of_several_terms_none_is_taken_when_no_title_is_near(terms: Mondo) -> None:
    assert terms.resolve("ORPHA:101016", ["something else"]) is None


def test_of_several_terms_the_one_that_shares_most_words_is_taken(terms: Mondo) -> None:
    assert terms.resolve("ORPHA:1871", ["Progressive cone dystrophy"]) == Match("MONDO:7", "words")


def test_a_renamed_orphanet_code_follows_a_lone_xref(terms: Mondo) -> None:
    assert terms.resolve("ORPHA:178029", ["Arginine vasopressin deficiency"]) == Match("MONDO:6", "xref")


def test_an_orphanet_code_among_several_of_one_term_needs_a_like_title(terms: Mondo) -> None:
    assert terms.resolve("ORPHA:98991", ["Early-onset nuclear cataract"]) is None
    assert terms.resolve("ORPHA:98991", ["Cataract 9, multiple types, nuclear"]) == Match("MONDO:5", "xref")


def test_an_unlisted_code_is_found_by_title_or_stays_apart(terms: Mondo) -> None:
    assert terms.resolve("OMIM:1", ["LQT2"]) == Match("MONDO:4", "synonym")
    assert terms.resolve("OMIM:1", ["Ullrich congenital muscular dystrophy 1C"]) is None


def test_a_name_that_two_terms_share_decides_nothing() -> None:
    twins = _mondo(MondoTerm("MONDO:1", "type 1 ataxia"), MondoTerm("MONDO:2", "ataxia type 1"))
    assert twins.resolve("ORPHA:5", ["Ataxia type 1"]) is None


def test_reading_leaves_out_animals_and_parents_leave_out_groupers(tmp_path: Path) -> None:
    path = tmp_path / "mondo.json"
    path.write_text(
        json.dumps(
            [
                {"id": "0000001", "name": "disease", "namespace": "mondo"},
                {"id": "0700096", "name": "human disease", "namespace": "mondo", "relations": {"is_a": ["0000001"]}},
                {
                    "id": "0005583",
                    "name": "non-human animal disease",
                    "namespace": "mondo",
                    "relations": {"is_a": ["0000001"]},
                },
                {"id": "9", "name": "ataxia, cat", "namespace": "mondo", "relations": {"is_a": ["0005583"]}},
                {
                    "id": "5",
                    "name": "ataxia",
                    "namespace": "mondo",
                    "relations": {"is_a": ["0700096"], "excluded_subClassOf": ["9"]},
                    "xrefs": [{"namespace": "Orphanet", "id": "7"}, {"namespace": "PMID", "id": "1"}],
                    "synonyms": ["unsteadiness"],
                    "alt_ids": ["4"],
                },
                {
                    "id": "6",
                    "name": "late ataxia",
                    "namespace": "mondo",
                    "relations": {"is_a": ["5", "0700096", "404"]},
                },
            ]
        )
    )
    terms = read_mondo(path)
    assert set(terms.terms) == {"MONDO:0000001", HUMAN, "MONDO:5", "MONDO:6"}
    assert terms.terms["MONDO:5"] == MondoTerm(
        "MONDO:5", "ataxia", ("unsteadiness",), ("ORPHA:7",), (HUMAN,), ("MONDO:4",)
    )
    assert terms.parents == {"MONDO:5": (), "MONDO:6": ("MONDO:5",)}
    assert terms.under(HUMAN) == {"MONDO:5", "MONDO:6"}


@pytest.mark.parametrize(
    "content", ["{", '["x"]', '[{"name": "no id"}]', '[{"id": "1", "name": "a", "namespace": "mondo", "xrefs": 3}]']
)
def test_a_damaged_table_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mondo.json"
    path.write_text(content)
    with pytest.raises(GraphError, match=r"mondo\.json"):
        read_mondo(path)


def test_titles_are_compared_without_order_accents_case_and_fillers() -> None:
    assert words("Stüve-Wiedemann syndrome, type 1") == words("syndrome 1, STUVE WIEDEMANN")
    assert words("type") == {"type"}
    assert key("type 1 diabetes 2") == key("Diabetes, type 1, 2") != key("type 2 diabetes 1")
    assert similarity("cone dystrophy", "progressive cone dystrophy") == pytest.approx(2 / 3)
    assert similarity("", "x") == 0.0


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("EPILEPTIC ENCEPHALOPATHY, EARLY INFANTILE, 6", "Epileptic encephalopathy, early infantile, 6"),
        ("GLYCOGEN STORAGE DISEASE IV", "Glycogen storage disease IV"),
        ("EEC", "EEC"),
        ("Dravet  syndrome", "Dravet syndrome"),
        ("HEMOPHILIA A", "Hemophilia A"),
    ],
)
def test_capitals_become_a_sentence(title: str, expected: str) -> None:
    assert readable(title) == expected


def test_the_text_names_the_thing_first_and_only_synonyms_with_new_words() -> None:
    text = encoder_text("type 2 diabetes", "High blood sugar.", ["diabetes, type 2", "NIDDM", "adult-onset diabetes"])
    assert text == "type 2 diabetes. High blood sugar. Also called NIDDM; adult-onset diabetes."
    assert encoder_text("ataxia", "", []) == "ataxia."
    long = encoder_text("x", " ".join(["word"] * 200), [])
    assert long.count("word") == 80
    assert long.endswith("…")


def test_synonyms_stand_once_whatever_their_case() -> None:
    assert distinct(["DS", "ds", " Dravet  Syndrome", "", "SME"], "Dravet syndrome") == ["DS", "SME"]
