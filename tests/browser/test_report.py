"""The report opens without a network and holds what was found; address, command line and call give the same hits."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from browser.serving import ROOT

from biobridge_core.service import BridgeService

QUERY = "UniProtKB:P35498"


def download(here, ending):
    with here.page.expect_download() as waiting:
        here.page.locator(".st-key-below").get_by_role("button", name=ending).click()
    return waiting.value


@pytest.fixture(scope="module")
def called(bundle_folder):
    return BridgeService.open().ask(QUERY, k=20)


def hits_of(result):
    """Modality -> (id, rank, status, score) of every hit."""
    return {
        listed["modality"]: [
            (hit["entity"]["id"], hit["rank"], hit["status"], round(hit["score"], 5)) for hit in listed["hits"]
        ]
        for listed in result["lists"]
    }


def test_address_command_line_and_call_give_the_same_hits(visit, called):
    here = visit(f"/explore?q={QUERY}&to=disease&k=20")
    here.wait_for_hits()
    here.wait_until_idle()
    by_address = hits_of(json.loads(download(here, "JSON").path().read_text(encoding="utf-8")))
    done = subprocess.run(
        [sys.executable, "-m", "biobridge_core.cli", "query", QUERY, "--k", "20", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    by_command = hits_of(json.loads(done.stdout))
    by_call = {
        listed.modality: [(h.entity.id, h.rank, h.status.value, round(h.score, 5)) for h in listed.hits]
        for listed in called.lists
    }
    assert set(by_call) == set(by_command) == set(by_address) - {"protein"}
    for modality, hits in by_call.items():
        assert len(hits) >= 20 or modality == "drug"
        for other in (by_command[modality], by_address[modality]):
            assert [hit[:3] for hit in other] == [hit[:3] for hit in hits], modality
            assert [hit[3] for hit in other] == pytest.approx([hit[3] for hit in hits], abs=2e-5)


def test_the_report_opens_without_a_network(visit, chromium, tmp_path, called):
    here = visit(f"/explore?q={QUERY}&to=disease&k=20")
    here.wait_for_hits()
    here.wait_until_idle()
    file = tmp_path / "report.html"
    given = download(here, "HTML")
    assert given.suggested_filename == "biobridge_SCN1A.html"
    given.save_as(file)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, offline=True)
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(file.as_uri())
    text = page.locator("main").inner_text()
    for listed in called.lists:
        for hit in listed.hits[:60]:
            assert hit.entity.id in text, hit.entity.id
    made = called.provenance
    for wanted in (
        made.encoder,
        made.bridge,
        made.graph,
        "Why these hits",
        "Research use, not medical advice",
        "CC BY",
        QUERY,
    ):
        assert wanted in text, wanted
    assert page.locator("figure svg circle").count() >= 100
    drawn = page.locator("img").evaluate_all("all => all.filter(i => i.complete && i.naturalWidth > 0).length")
    assert drawn >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    context.close()
