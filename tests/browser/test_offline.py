"""With everything but loopback blocked, every page works and asks nothing of the outside."""

from __future__ import annotations

import pytest
from browser.serving import ROUTES


@pytest.mark.parametrize("name", ROUTES)
def test_a_page_asks_nothing_of_the_outside(visit, name):
    here = visit("/_stcore/health")
    failed: list[str] = []
    here.page.on("requestfailed", lambda request: failed.append(request.url))
    here.arrive(name)
    here.page.wait_for_timeout(1500)  # what is loaded late: fonts, chart and table code
    assert here.foreign == []
    assert [url for url in failed if "_stcore" not in url] == []


@pytest.mark.parametrize("name", ROUTES)
def test_addresses_of_the_outside_are_links_alone(visit, name):
    here = visit("/_stcore/health")
    here.arrive(name)
    found = here.page.evaluate(
        "() => [...document.querySelectorAll('[src], link[href]')].map(e => e.src || e.href)"
        ".filter(url => /^https?:/.test(url) && new URL(url).hostname !== '127.0.0.1')"
    )
    assert found == []
