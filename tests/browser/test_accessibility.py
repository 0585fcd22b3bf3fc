"""axe-core as the pages are judged by it, and that it does find what is wrong (see test_every_page)."""

from __future__ import annotations

from importlib.resources import files

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


def test_a_planted_violation_is_found(visit):
    here = visit("/_stcore/health")
    here.arrive("about")
    here.wait_until_idle()
    here.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<div style=\"position:fixed;inset:40% 0 auto 0;z-index:999999\">"
        '<img id=planted src="data:,"><p style="color:#ccc;background:#fff">too pale to read</p></div>\')'
    )
    found = "\n".join(violations(here.page))
    assert "image-alt" in found
    assert "color-contrast" in found
