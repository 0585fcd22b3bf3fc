"""Each page, wide and light, narrow and dark, opened by its address with everything but loopback blocked."""

from __future__ import annotations

import pytest
from browser.serving import ROUTES
from browser.test_accessibility import violations


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
@pytest.mark.parametrize("name", ROUTES)
def test_a_page_fits_works_alone_and_can_be_used_by_everyone(visit, name, width, height, dark):
    here = visit("/_stcore/health", width=width, height=height, dark=dark)
    failed: list[str] = []
    here.page.on("requestfailed", lambda request: failed.append(request.url))
    here.arrive(name)
    assert here.page.locator("[data-testid=stException]").count() == 0
    assert "Traceback" not in here.page.locator("body").inner_text()
    here.page.wait_for_timeout(1500)  # what is loaded late: fonts, chart and table code
    here.screenshot(f"{name}-{width}-{'dark' if dark else 'light'}")
    assert here.page.evaluate("document.documentElement.scrollWidth") <= width
    main = here.page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth + 1"), "the page scrolls sideways"
    assert here.foreign == []
    assert [url for url in failed if "_stcore" not in url] == []
    assert _outside(here.page) == []
    found = violations(here.page)
    assert not found, "\n".join(found)
    if width > height:
        assert _reached_by_keyboard(here.page) >= 8


def _outside(page) -> list[str]:
    """Addresses of the outside that the page would load; links that a person may follow are none."""
    return page.evaluate(
        "() => [...document.querySelectorAll('[src], link[href]')].map(e => e.src || e.href)"
        ".filter(url => /^https?:/.test(url) && new URL(url).hostname !== '127.0.0.1')"
    )


def _reached_by_keyboard(page) -> int:
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
    return len(reached)
