"""axe-core finds no serious violation in what this app controls, in light and dark, wide and narrow."""

from __future__ import annotations

from importlib.resources import files

import pytest
from browser.serving import ROUTES

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
#: Drawn by Streamlit or by libraries inside it, without a way to change it from here: rule -> parts of selectors.
NOT_OURS: dict[str, tuple[str, ...]] = {}


def violations(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    lines = []
    for violation in found["violations"]:
        if violation["impact"] not in {"serious", "critical"}:
            continue
        for node in violation["nodes"]:
            target = " ".join(str(part) for part in node["target"])
            if not any(part in node["html"] + target for part in NOT_OURS.get(violation["id"], ())):
                lines.append(
                    f"{violation['id']}: {target}\n    {node['html'][:300]}\n    {node['failureSummary'][:300]}"
                )
    return lines


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", ROUTES)
def test_no_serious_violation(visit, name, width, dark):
    here = visit("/_stcore/health", width=width, height=900, dark=dark)
    here.arrive(name)
    here.page.wait_for_timeout(1000)
    found = violations(here.page)
    assert not found, "\n".join(found)


def test_a_planted_violation_is_found(visit):
    here = visit("/_stcore/health")
    here.arrive("about")
    here.page.evaluate(
        "document.querySelector('[data-testid=stMain]').insertAdjacentHTML('beforeend',"
        '\'<img id=planted src="data:,"><p style="color:#ccc;background:#fff">too pale to read</p>\')'
    )
    found = "\n".join(violations(here.page))
    assert "image-alt" in found
    assert "color-contrast" in found


@pytest.mark.parametrize("name", ROUTES)
def test_the_keyboard_reaches_the_controls(visit, name):
    here = visit("/_stcore/health")
    here.arrive(name)
    reached = set()
    for _ in range(25):
        here.page.keyboard.press("Tab")
        reached.add(here.page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
    assert len(reached) >= 8, reached
