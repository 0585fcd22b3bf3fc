"""The page ``explore`` on a small service: what it says, what its address says, and what it does with bad input."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from biobridge_core.errors import ArtifactError
from biobridge_core.types import HitStatus
from ui import answer, asking, headline, hits, service, state


def table(app: AppTest):
    return app.dataframe[0].value


def ask(app: AppTest, text: str) -> AppTest:
    return app.chat_input[0].set_value(text).run()


def test_empty_page_offers_four_examples_and_each_answers(open_app, words_of):
    app = open_app("pages/explore.py")
    labels = [label for label, _, _ in asking.EXAMPLES]
    assert len(labels) == 4
    for label in labels:
        app = open_app("pages/explore.py")
        next(button for button in app.button if button.label == label).click()
        app.run()
        assert not app.exception
        assert len(table(app)) >= 20
        assert "Read as" in words_of(app)


def test_a_symbol_typed_gives_a_sentence_then_hits(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "TP53")
    assert "protein] **TP53**" in words_of(app)
    assert "linked to 3 diseases in the graph" in words_of(app)
    shown = table(app)
    assert list(shown["status"][:3]) == ["● known"] * 3
    assert list(shown["rank"][:3]) == [2, 77, 99]
    assert len(shown) == 22
    assert "22 of 500 diseases. Known links come first, whatever their rank: 1 of these 3 is among the best 20." in (
        words_of(app)
    )


def test_a_list_says_what_it_rests_on(open_app, words_of):
    assert "Rests on the links of protein 0 in the graph, and on its description." in words_of(
        ask(open_app("pages/explore.py"), "TP53")
    )
    app = ask(open_app("pages/explore.py"), "MVHLTPEEKS")
    said = next(element.value for element in app.caption if "neighbours" in element.value)
    assert "protein 5 (60 %), \\<img src=x onerror=alert(1)\\>" in said
    assert said.endswith("(40 %).")
    assert "99 % identical (A7V) to TP53. ● Known of TP53, not of this sequence: disease" in words_of(app).replace(
        "**", ""
    )
    app.segmented_control(key="set to").set_value("protein").run()
    assert "neighbours" not in words_of(app), "similar entities are the nearness itself"


@pytest.mark.parametrize(("n_known", "why"), [(80, "held back from training"), (0, "has no link of it")])
def test_a_known_entity_without_a_memory_says_why(fake, n_known, why):
    asked = fake.retrieve(fake.find("TP53").chosen, k=2)
    lists = tuple(replace(item, n_known=n_known) for item in asked.lists)
    lent = ((asked.lists[0].hits[0].entity, 0.32),)
    cold = replace(asked, lists=lists, own_memory=False, read_from=lent)
    (line,) = answer.rests_on(cold, lists[2])
    assert why in line
    assert f"{lent[0][0].name} (32 %)" in line


@pytest.mark.parametrize(
    ("score", "shown"), [(0.3968, "0.397"), (0.0029, "0.0029"), (0.00007, "<0.0001"), (-0.25, "-0.250"), (0.0, "0.000")]
)
def test_a_score_is_never_written_with_an_exponent(score, shown):
    assert hits._score(score) == shown


def test_where_nothing_is_known_nothing_is_said_about_known_links(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "CCO")
    assert "20 of 500 diseases. Best first." in words_of(app)
    assert "Known links" not in words_of(app)
    assert "● known" not in set(table(app)["status"])


def test_an_input_is_described_once(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "MVHLTPEEKS")
    read_as = next(element.value for element in app.markdown if element.value.startswith("Read as"))
    assert read_as.count("sequence") == 1
    assert len(app.selectbox[0].options) == 2, "the reading in use is not offered again"


def test_an_entity_found_by_another_name_says_so(open_app, words_of):
    assert "tumor protein p53 · TEST:7" in words_of(ask(open_app("pages/explore.py"), "TEST:7"))
    assert "also called “BCC7”" in words_of(ask(open_app("pages/explore.py"), "BCC7"))
    assert "also called" not in words_of(ask(open_app("pages/explore.py"), "TP53"))


@pytest.mark.parametrize("text", ["x", "SAME", "NONE:1"])
def test_a_question_without_an_answer_does_not_keep_the_address_of_the_last_one(open_app, text):
    app = ask(open_app("pages/explore.py"), "TP53")
    assert "q" in app.query_params
    app = ask(app, text)
    assert dict(app.query_params) == {}
    assert app.chat_input[0].value in (text, None)
    again = open_app("pages/explore.py", {"q": text, "to": "disease"})
    assert dict(again.query_params)["q"] == text, "an address that was given stays as it is"


def test_the_examples_stay_at_hand(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "TP53")
    label, text, _ = asking.EXAMPLES[2]
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert app.query_params["q"] == text


def test_loading_a_model_is_said_and_the_word_is_gone_afterwards(open_app, fake, monkeypatch):
    told = []
    monkeypatch.setattr(service, "_tell", lambda place, message: told.append(message))
    fake.slow = True
    app = ask(open_app("pages/explore.py"), "a patient with seizures")
    assert told == ["Loading the text model"]
    assert not app.info


def test_text_about_a_disease_shows_the_diseases_that_it_fits(open_app):
    app = ask(open_app("pages/explore.py"), "a patient with seizures")
    assert app.segmented_control(key="set to").value == "disease"
    assert set(table(app)["status"]) == {"◇ similar"}


def test_models_for_raw_input_are_loaded_ahead(open_app, fake, monkeypatch):
    monkeypatch.setattr(service, "_HEAD_START", 0.0)
    open_app("pages/explore.py")
    assert until(lambda: fake.warmed)


def until(said: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not said() and time.monotonic() < end:
        time.sleep(0.02)
    return said()


def test_address_is_written_and_restores_the_view(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "TP53")
    app.segmented_control(key="set to").set_value("phenotype").run()
    app.segmented_control(key="set show").set_value("predicted").run()
    app.selectbox(key="set k").set_value(50).run()
    assert dict(app.query_params) == {
        "q": "UniProtKB:P04637",
        "to": "phenotype",
        "show": "predicted",
        "k": "50",
    }
    again = open_app("pages/explore.py", dict(app.query_params))
    assert set(table(again)["status"]) == {"○ predicted"}
    assert len(table(again)) == 49
    assert again.segmented_control(key="set to").value == "phenotype"


def test_another_question_after_a_deep_link_takes_its_place(open_app, words_of):
    app = ask(open_app("pages/explore.py", {"q": "UniProtKB:P35498", "to": "disease"}), "CCO")
    assert app.query_params["q"] == "CCO"
    assert "drug] **molecule**" in words_of(app)


def test_coming_back_from_another_page_goes_on_with_the_question(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "TP53")
    app.switch_page("pages/about.py").run()
    app.query_params.clear()
    app.switch_page("pages/explore.py").run()
    assert "linked to 3 diseases" in words_of(app)
    assert app.query_params["q"] == "UniProtKB:P04637"


def test_free_text_and_long_input_stay_out_of_the_address(open_app):
    app = ask(open_app("pages/explore.py"), "a patient with seizures")
    assert "q" not in app.query_params
    assert any("a+patient+with+seizures" in code.value for code in app.code), "a link can still be copied"
    app = ask(app, "MVH" + "A" * 600)
    assert "q" not in app.query_params
    assert not app.code


def test_free_text_in_an_address_is_read(open_app, words_of):
    app = open_app("pages/explore.py", {"q": "a patient with seizures", "as": "phenotype"})
    assert "phenotype] in words" in words_of(app)


def test_the_reading_can_be_switched(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "CCO")
    assert "phenotype" in app.selectbox[0].options[1]
    app.selectbox[0].set_value("phenotype").run()
    assert "phenotype] in words" in words_of(app)


def test_pasted_fasta_keeps_its_lines(open_app, fake, words_of):
    app = ask(open_app("pages/explore.py"), ">sp|P1|A protein\nMVHLTPEEKS")
    assert fake.calls[0][0] == "MVHLTPEEKS"
    assert "The sequence was read in windows." in words_of(app)
    assert "99 % identical (A7V) to TP53." in words_of(app)
    app.segmented_control(key="set to").set_value("protein").run()
    assert "nearest known" not in words_of(app), "the list itself says it"


def test_several_matches_are_offered(open_app, fake, words_of):
    app = ask(open_app("pages/explore.py"), "SAME")
    assert "can mean 2 different things" in words_of(app)
    assert not fake.calls
    app.button(key="choose TEST:protein-2").click().run()
    assert fake.calls[-1][0] == "TEST:protein-2"


def test_a_filter_that_leaves_nothing_says_so(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "CCO")
    app.segmented_control(key="set show").set_value("known").run()
    assert "There is no known link to" in words_of(app)
    assert not app.dataframe


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"q": "TP53", "k": "1000000000"}, "no whole number from 1 to 200"),
        ({"q": "TP53", "k": "-3"}, "no whole number from 1 to 200"),
        ({"q": "TP53", "k": "١٢"}, "no whole number from 1 to 200"),
        ({"q": "TP53", "show": "<b>"}, "both are shown"),
        ({"q": "TP53", "to": "nonsense"}, "no kind of entity called “nonsense”"),
        ({"q": "TP53", "as": "nonsense"}, "cannot be read as “nonsense”"),
        ({"q": "NONE:1"}, "has no entity NONE:1"),
        ({"k": "zero"}, "no whole number from 1 to 200"),
    ],
)
def test_made_up_addresses_get_a_message(open_app, words_of, params, said):
    app = open_app("pages/explore.py", params)
    assert said in words_of(app)
    assert not app.exception


def test_bad_input_is_explained_and_the_app_lives_on(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "x")
    assert "One character is too little" in words_of(app)
    assert "Type at least a short name" in words_of(app)
    app = ask(app, "TP53")
    assert not app.error
    assert len(table(app)) == 22


def test_the_unforeseen_is_a_plain_sentence_and_the_query_is_not_logged(open_app, fake, words_of, caplog):
    fake.fails = ValueError("secret words of the query")
    app = ask(open_app("pages/explore.py"), "TP53")
    assert "Something went wrong" in words_of(app)
    assert not app.exception
    assert "unexpected ValueError" in caplog.text
    assert "secret words" not in words_of(app) + caplog.text


def test_a_bundle_that_cannot_be_opened_says_which_file(open_app, monkeypatch, words_of):
    def broken(progress):
        raise ArtifactError("kg/entities.parquet is damaged.", "Restore it.")

    monkeypatch.setattr(service, "open_service", broken)
    app = open_app("pages/explore.py")
    assert "kg/entities.parquet is damaged." in words_of(app)
    assert "Restore it." in words_of(app)
    assert any(button.label == "Try again" for button in app.button)


def test_molecules_are_drawn_and_an_undrawable_one_is_left_blank(open_app):
    app = ask(open_app("pages/explore.py"), "TP53")
    app.segmented_control(key="set to").set_value("drug").run()
    drawn = table(app)["drawing"]
    assert drawn[0].startswith("data:image/svg+xml;base64,")
    assert (drawn == "").any()


def test_foreign_names_are_never_html_or_markdown(open_app):
    app = ask(open_app("pages/explore.py"), "TP53")
    cards = "".join(str(element.proto.body) for element in app.get("html"))
    assert "&lt;img src=x onerror" in cards
    assert "<img src=x" not in cards


def test_a_hit_can_be_asked_about(open_app, fake):
    app = ask(open_app("pages/explore.py"), "TP53")
    app.session_state["ask"] = state.Ask("TEST:disease-1")
    app.run()
    assert fake.calls[-1][0] == "TEST:disease-1"


def _listed(fake, text, modality, **changes):
    asked = fake.retrieve(fake.find(text).chosen, k=3)
    listed = next(item for item in asked.lists if item.modality == modality)
    hits_ = tuple(replace(hit, status=HitStatus.PREDICTED, **changes) for hit in listed.hits)
    return asked, replace(listed, hits=hits_, n_known=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"probability": 0.021, "confident": False},
            "**disease 1** stands highest (2.1 %, not confident).",
        ),
        ({"probability": 0.7, "confident": True}, "the bridge is confident about 5 or more, **disease 1** first."),
        ({}, "the bridge ranks **disease 1** highest of 500 diseases."),
    ],
)
def test_the_first_line_says_how_sure_the_bridge_is(fake, changes, said):
    asked, listed = _listed(fake, "TP53", "disease", **changes)
    assert headline.sentence(asked, listed).replace("\u2009", " ").endswith(said)


def test_far_from_everything_nothing_is_named(fake):
    asked, listed = _listed(fake, "MVHLTPEEKS", "disease", probability=0.7, confident=True)
    told = headline.sentence(replace(asked, distance_percentile=99.0), listed)
    assert "Nothing in the graph is like this sequence" in told
    assert listed.hits[0].entity.name not in told


def test_a_drug_for_a_disease_may_do_harm(fake):
    asked, listed = _listed(fake, "TP53", "drug")
    over = replace(listed, route="disease → protein → drug")
    ill = replace(asked, query=replace(asked.query, modality="disease"))
    assert "It may help, harm or do nothing." in headline.sentence(ill, over)
    assert "harm" not in headline.sentence(asked, over)
