"""A sentence about a patient on the page ``explore``, on a small service."""

from __future__ import annotations


def html_of(app):
    return "".join(element.proto.body for element in app.get("html"))


def opened(open_app, text):
    return open_app("pages/explore.py", {"q": text, "as": "phenotype"})


def test_the_findings_are_the_answer_and_can_be_asked(open_app, fake, words_of):
    app = opened(open_app, "a patient with seizures")
    assert not app.exception
    assert "Your words speak of **Seizure**; of 500 diseases, **disease 1** fits it best; the graph links the two." in (
        words_of(app)
    )
    assert list(app.dataframe[0].value["rank"]) == [1]
    assert "rank 1 of 500" in html_of(app)
    assert fake.calls == [("TEST:phenotype-1", 20)], "the sentence is not read as one description before that is opened"
    assert "q" not in app.query_params, "a sentence about a patient stays out of the address"
    app.button(key="finding TEST:phenotype-1").click().run()
    assert fake.calls[-1][0] == "TEST:phenotype-1"
    assert "Your words speak of" not in words_of(app)


def test_every_kind_is_ranked_by_the_findings(open_app, fake, words_of):
    app = opened(open_app, "a patient with seizures")
    app.segmented_control(key="findings kind").set_value("protein").run()
    assert not app.exception
    assert "of 500 proteins, **protein 1** fits it best" in words_of(app)


def test_the_one_description_is_folded_and_asked_without_what_is_denied(open_app, fake, words_of):
    app = opened(open_app, "a patient with seizures but no fever")
    assert "**Fever** is left out" in words_of(app)
    assert "shows Fever (3/4), which is said to be absent" in html_of(app)
    assert "Against" not in words_of(app)
    fold = next(item for item in app.expander if "one description" in item.label)
    assert not fold.proto.expanded
    app.session_state["one description"] = True
    app.run()
    assert not app.exception
    assert ("a patient with seizures", 20) in [(value, 20) for value, _ in fake.calls]
    assert all("fever" not in value for value, _ in fake.calls)


def test_a_sentence_that_only_denies_says_so(open_app, fake, words_of):
    app = opened(open_app, "no seizures or fever")
    said = words_of(app)
    assert "Your words say what is absent, **Seizure** and **Fever**, and no finding that is there." in said
    assert "nothing is ranked by what is absent alone" in said
    assert fake.calls == []


def test_words_that_are_denied_and_not_understood_are_not_asked(open_app, fake, words_of):
    app = opened(open_app, "a patient with no seizures and no flumoxia")
    assert "Not understood: “flumoxia”." in words_of(app)
    assert "nothing is ranked by what is absent alone" in words_of(app)
    assert fake.calls == []


def test_what_was_not_understood_is_said(open_app, fake, words_of):
    app = opened(open_app, "girl with seizures and flumoxia")
    assert "Not understood: “flumoxia”." in words_of(app)
    app = opened(open_app, "a girl with flumoxia")
    said = words_of(app)
    assert "No single finding was recognised" in said
    assert "Not understood: “flumoxia”." in said
    assert fake.calls[-1][0] == "a girl with flumoxia"


def test_foreign_words_are_escaped(open_app, words_of):
    app = opened(open_app, "a girl with seizures and [grobbles](http://x) <b>knobs</b>")
    said = "\n".join(element.value for element in (*app.markdown, *app.caption))
    assert not app.exception
    assert "<b>knobs" not in said
