"""The page ``home`` on a small service: its words, its examples, its tour, and that it waits for nothing."""

from __future__ import annotations

import threading

import pytest

from ui import asking, home, service


def test_it_says_what_it_is_and_what_is_loaded(open_app, words_of):
    app = open_app()
    assert not app.exception
    said = words_of(app)
    assert "what a knowledge graph of public databases **knows**" in said
    assert "12\u2009345 links" in said
    assert "minilm-1 for text" in said
    assert "No GPU here." in said
    assert "no file" in said, "a model that cannot be used is named"


@pytest.mark.parametrize("number", range(len(asking.EXAMPLES)))
def test_each_example_opens_with_one_click(open_app, words_of, number):
    app = open_app()
    app.button(key=f"home example {number}").click().run()
    assert not app.exception
    assert app.header[0].value.endswith("Explore")
    assert "Read as" in words_of(app)
    assert app.chat_input[0].value == asking.EXAMPLES[number][1]


def test_a_question_typed_here_is_answered_on_explore(open_app, words_of):
    app = open_app()
    app.chat_input[0].set_value("TP53").run()
    assert app.header[0].value.endswith("Explore")
    assert "protein] **TP53**" in words_of(app)
    assert app.query_params["q"] == "UniProtKB:P04637"


def test_a_question_in_the_bare_address_is_answered(open_app, words_of):
    app = open_app("", {"q": "TP53", "to": "phenotype"})
    assert app.header[0].value.endswith("Explore")
    assert app.segmented_control(key="set to").value == "phenotype"


def test_the_tour_goes_forth_and_back(open_app, words_of):
    app = open_app()
    app.button(key="open tour").click().run()
    assert home.TOUR[0].title in words_of(app)
    assert app.button(key="tour back").disabled
    for step in home.TOUR[1:]:
        app.button(key="tour next").click().run()
        assert step.title in words_of(app)
    app.button(key="tour back").click().run()
    assert home.TOUR[-2].title in words_of(app)
    app.button(key="tour next").click().run()
    app.button(key="tour end").click().run()
    assert app.header[0].value.endswith("Explore")


def test_the_tour_takes_two_minutes():
    words = sum(len(f"{step.title} {step.text}".split()) for step in home.TOUR)
    assert 200 <= words <= 330, "read at 130 words a minute"


def test_it_works_before_the_service_is_ready(open_app, fake, monkeypatch, words_of):
    ready = threading.Event()

    def slow(progress):
        progress("Checking the graph", 0.1)
        ready.wait(60)
        return fake

    monkeypatch.setattr(service, "open_service", slow)
    try:
        app = open_app()
        assert not app.exception
        assert len([b for b in app.button if (b.key or "").startswith("home example")]) == 4
        assert "You can ask already" in words_of(app)
        assert "links between" not in words_of(app)
    finally:
        ready.set()
