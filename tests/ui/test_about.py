"""The page ``about``: method, models, sources, model card and limits; figures are those of the files."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from biobridge_core import card, results
from biobridge_core.errors import ArtifactError
from ui import nav
from ui.about import _inside_the_app

CARD = nav.ROOT / "docs" / "model-card.md"


def test_about_says_how_with_what_and_what_for(open_app, words_of):
    app = open_app("pages/about.py")
    assert not app.exception
    assert not app.error
    said = words_of(app)
    for wanted in (
        "Frozen models",
        "The bridge",
        "no medical device",
        "held out of training",
        "gives no medical advice",
    ):
        assert wanted in said, wanted
    assert [s.value for s in app.subheader] == ["Method", "Loaded now", "Sources and licences", "Model card", "Limits"]
    models = app.dataframe[1].value
    assert list(models["model"]) == ["UniRep, 1,900 units", "ChemNet", "all-MiniLM-L6-v2"]
    assert models["licence of weights"].str.contains("GPL-3.0").any()


def test_figures_of_the_card_are_those_of_the_result_file(open_app, words_of):
    head = results.read("first_bridge").headline
    assert f"ten best in {100 * head['mean_hits_at_10_bridge']:.0f}\u2009%" in words_of(open_app("pages/about.py"))


def test_the_card_says_what_the_manifests_say(bundle_folder):
    found = card.read(bundle_folder)
    bridge = json.loads((bundle_folder / "bridge" / "manifest.json").read_text(encoding="utf-8"))
    assert found.trained == datetime.fromisoformat(bridge["created"])
    assert found.graph == bridge["inputs"]["graph"]
    kinds = json.loads((bundle_folder / "catalogue" / "manifest.json").read_text(encoding="utf-8"))["meta"]["kinds"]
    assert {m.reads.value: (m.encoder, m.entities, m.width) for m in found.frozen} == {
        kind: (entry["encoder"], entry["n"], entry["raw_dim"]) for kind, entry in kinds.items()
    }


def test_a_bundle_that_does_not_say_is_an_error_with_a_way_out(tmp_path):
    with pytest.raises(ArtifactError) as caught:
        card.read(tmp_path)
    assert caught.value.hint


def test_the_document_holds_no_figures_of_its_own_and_its_links_lead_somewhere():
    text = CARD.read_text(encoding="utf-8")
    assert not re.search(r"\d ?%|\b0\.\d\d", text), "figures stand in benchmarks/results"
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        assert target.startswith("https://") or (CARD.parent / target).exists(), target


def test_inside_the_app_the_document_has_no_link_into_the_repository():
    shown = _inside_the_app(CARD.read_text(encoding="utf-8"))
    assert "arXiv:2310.03320](https://" in shown
    assert "](.." not in shown
    assert "benchmarks/results" in shown


def test_licences_stand_for_every_source_of_the_shipped_graph(bundle_folder):
    sources = json.loads((Path(bundle_folder) / "kg" / "SOURCES.json").read_text(encoding="utf-8"))
    listed = sources.values() if isinstance(sources, dict) else sources
    assert all(source["licence"] and source["version"] for source in listed)
