"""The app as people meet it: start, pages, questions, reasons, files, ten people at once, memory.

    python benchmarks/app.py                       # all of it, about ten minutes on two quiet cores
    python benchmarks/app.py --small --parts pages # minutes, few repeats, writes nothing

One server is started and measured from outside: in Chromium where a person waits for a picture, and over the page's own
protocol where ten people ask at once (see `visitors`). Needs Chromium.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from common import write_result
from latency import SEED, _molecules, _mutated
from playwright.sync_api import Browser, Page, sync_playwright
from visitors import Drawn, Server, Visitor, serving, wait_for

from biobridge_core.service import BridgeService
from biobridge_core.types import HitStatus
from ui import nav

_IDLE = (
    "() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'"
    " && !document.querySelector('[data-stale=true], [data-testid=stSpinner]')"
)
_PAUSE = 5.0  #: seconds between two questions of one person


@dataclass
class Sizes:
    """How often each thing is measured."""

    starts: int = 3
    rounds: int = 5  #: of all pages
    questions: int = 25
    reasons: int = 12
    smiles: int = 1000
    proteins: int = 200
    people: int = 10
    minutes: float = 2.0
    alone: int = 24
    growth: int = 500


SMALL = Sizes(1, 1, 4, 2, 20, 3, 3, 0.25, 4, 20)


@dataclass
class Measured:
    """What was found so far."""

    headline: dict[str, float] = field(default_factory=dict)
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, key: str, value: float, decimals: int, seconds: list[float] | None = None, **more: object) -> None:
        """Keep one headline figure, with the single measurements behind it."""
        self.headline[key] = round(value, decimals)
        row: dict[str, object] = {"figure": key, "value": round(value, decimals), **more}
        if seconds:
            row |= {"n": len(seconds), "median": round(statistics.median(seconds), 3), "most": round(max(seconds), 3)}
        self.rows.append(row)
        print(row, flush=True)


@dataclass
class World:
    """What the parts share."""

    sizes: Sizes
    browser: Browser
    service: BridgeService
    folder: Path
    measured: Measured
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def entities(self, n: int) -> list[str]:
        """Entities drawn at random, none twice."""
        return [self.service.graph.ids[row] for row in self.chance.sample(range(self.service.graph.n_entities), n)]

    @contextmanager
    def page(self, server: Server, width: int = 1440) -> Iterator[Page]:
        """A browser window on the app."""
        context = self.browser.new_context(viewport={"width": width, "height": 900})
        context.set_default_timeout(300_000)
        yield context.new_page()
        context.close()


def starts(world: World) -> None:
    """From starting the process until the first page stands in a browser that is open already."""
    seconds, ready = [], []
    for _ in range(world.sizes.starts):
        begin = time.perf_counter()
        with serving(world.folder / "start.log") as server, world.page(server) as page:
            wait_for(server)
            page.goto(server.address)
            page.locator(".st-key-home_examples button").first.wait_for()
            seconds.append(time.perf_counter() - begin)
            page.goto(f"{server.address}/explore?q=TP53")
            page.locator(".bb-card").first.wait_for(state="attached")
            ready.append(time.perf_counter() - begin)
    world.measured.add("cold_start_s", statistics.median(seconds), 2, seconds)
    world.measured.rows.append(
        {"figure": "first answer after a cold start, s", "value": round(statistics.median(ready), 2)}
    )


def warm_up(world: World, server: Server) -> None:
    """Ask one question of each kind, so that every model is loaded."""
    with world.page(server) as page:
        page.goto(f"{server.address}/explore?q=TP53")
        page.locator(".bb-card").first.wait_for(state="attached")
        for text in (
            "CCCCCCOc1ccccc1C(=O)O",
            "MVHLTPVEKSAVTALWGKVNVDEVGGEALGR",
            "a child with seizures and a small head",
        ):
            _ask(page, text)


def _ask(page: Page, text: str) -> float:
    """Type a question, and wait until another answer stands and nothing moves any more."""
    page.evaluate("document.querySelectorAll('.bb-card').forEach(card => card.setAttribute('data-old', ''))")
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(text)
    begin = time.perf_counter()
    box.press("Enter")
    page.locator(".bb-card:not([data-old])").first.wait_for(state="attached")
    page.wait_for_function(_IDLE)
    return time.perf_counter() - begin


def pages(world: World, server: Server) -> None:
    """From a click in the menu until the page stands."""
    seconds: dict[str, list[float]] = {}
    there = [title for name, title in nav.PAGES if nav.exists(name)]
    with world.page(server) as page:
        page.goto(f"{server.address}/about")
        for number in range(world.sizes.rounds + 1):
            for title in there:
                link = page.locator("[data-testid=stTopNavLink]").get_by_text(title, exact=True)
                begin = time.perf_counter()
                link.click()
                page.locator(".st-key-frame").get_by_text(f"{nav.NAME} · {title}", exact=True).wait_for()
                page.wait_for_function(_IDLE)
                if number:  # the first round fetches what the browser keeps from then on
                    seconds.setdefault(title, []).append(time.perf_counter() - begin)
    every = [one for some in seconds.values() for one in some]
    world.measured.add("page_switch_s_p95", _p95(every), 3, every)
    for title, some in seconds.items():
        world.measured.rows.append({"figure": f"page {title}, s", "value": round(statistics.median(some), 3)})


def questions(world: World, server: Server) -> None:
    """From Enter until the answer to a known entity is drawn."""
    with world.page(server) as page:
        page.goto(f"{server.address}/explore?q=TP53")
        page.locator(".bb-card").first.wait_for(state="attached")
        seconds = [_ask(page, curie) for curie in world.entities(world.sizes.questions + 3)][3:]
    world.measured.add("query_to_drawn_s_p50", statistics.median(seconds), 3, seconds, p95=round(_p95(seconds), 3))


def reasons(world: World, server: Server) -> None:
    """From choosing a hit until its reasons are drawn, and the same without a page."""
    seconds = []
    with world.page(server, width=390) as page:
        for curie in world.entities(world.sizes.reasons):
            page.goto(f"{server.address}/explore?q={curie}")
            page.locator(".bb-card").first.wait_for(state="attached")
            page.wait_for_function(_IDLE)
            page.locator(".st-key-hits_cards").get_by_role("combobox").click()
            choice = page.get_by_role("option").first
            choice.wait_for()
            begin = time.perf_counter()
            choice.click()
            page.locator(".st-key-why").get_by_text("Explained in").wait_for()
            seconds.append(time.perf_counter() - begin)
    world.measured.add("why_s_p50", statistics.median(seconds), 3, seconds)
    inside = []
    for curie in world.entities(world.sizes.reasons):
        found = world.service.ask(curie, k=5)
        hits = [hit for listed in found.lists for hit in listed.hits if hit.status is HitStatus.PREDICTED][:2]
        for hit in hits:
            begin = time.perf_counter()
            world.service.why(found.query, hit.entity.id)
            inside.append(time.perf_counter() - begin)
    world.measured.rows.append({"figure": "why without a page, s", "value": round(statistics.median(inside), 3)})


def attribution(world: World) -> None:
    """Which of 500 residues carry a score, for a protein that the graph does not have."""
    rows = world.service.graph.rows("protein").tolist()
    long = [s for s in world.service.graph.inputs(world.chance.sample(rows, 400)) if len(s) >= 500]
    query = world.service.find(_mutated(long[0][:500], world.chance)).chosen
    assert query is not None
    tail = world.service.retrieve(query, to=["disease"], k=1).lists[0].hits[0].entity.id
    begin = time.perf_counter()
    world.service.attribute(query, tail)
    world.measured.add("attribution_seconds_500", time.perf_counter() - begin, 2)


def files(world: World, server: Server) -> None:
    """From the button until every row of a file of new molecules, or of new proteins, is answered."""
    sizes = world.sizes
    smiles = _new_molecules(world, sizes.smiles)
    rows = world.service.graph.rows("protein").tolist()
    proteins = [
        _mutated(s, world.chance) for s in world.service.graph.inputs(world.chance.sample(rows, sizes.proteins))
    ]
    residues = sum(map(len, proteins))
    fasta = "".join(f">protein {i}\n{s}\n" for i, s in enumerate(proteins))
    for key, name, text, n, more in (
        ("batch_1000_smiles_s", "new.smi", "\n".join(smiles), len(smiles), {}),
        ("batch_200_proteins_s", "new.fasta", fasta, len(proteins), {"residues": residues}),
    ):
        with world.page(server) as page:
            page.goto(f"{server.address}/batch")
            given = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
            page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(files=[given])
            start = page.get_by_role("button", name="Ask about every row")
            start.wait_for()
            page.wait_for_function(_IDLE)
            begin = time.perf_counter()
            start.click()
            page.get_by_text("rows answered").wait_for()
            page.wait_for_function(_IDLE)
            world.measured.add(key, time.perf_counter() - begin, 1, rows=n, **more)
            said = page.locator("h5").filter(has_text="rows answered").first.inner_text()
            world.measured.rows[-1]["said"] = said.replace("\u2009", "")


def _new_molecules(world: World, n: int) -> list[str]:
    """Homologues of real drugs, as many as asked."""
    found: list[str] = []
    while len(found) < n:
        found += [f"{'C' * (len(found) % 7)}{s}" for s in _molecules(world.service, world.chance, 40)]
    return list(dict.fromkeys(found))[:n] if len(set(found)) >= n else found[:n]


def load(world: World, server: Server) -> None:
    """Ten people, each a question every five seconds for two minutes, beside one who is alone."""
    sizes = world.sizes
    alone = _person(world, server, world.entities(sizes.alone), 0.0, 1.0)
    each = max(1, round(60 * sizes.minutes / _PAUSE))
    asked = world.entities(sizes.people * each)
    answers: list[list[Drawn]] = [[] for _ in range(sizes.people)]

    def visit(who: int) -> None:
        mine = asked[who * each : (who + 1) * each]
        answers[who] = _person(world, server, mine, _PAUSE * who / sizes.people, _PAUSE)

    threads = [Thread(target=visit, args=(who,)) for who in range(sizes.people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [drawn for some in answers for drawn in some]
    one = [drawn.seconds for drawn in alone]
    many = [drawn.seconds for drawn in every if drawn.cards]
    errors = [error for drawn in [*alone, *every] for error in drawn.errors]
    lost = sizes.people * each - len(every)
    world.measured.add(
        "ten_users_ratio",
        statistics.median(many) / statistics.median(one),
        2,
        many,
        alone=round(statistics.median(one), 3),
    )
    world.measured.add("errors_under_load", len(errors) + lost, 0, kinds=sorted(set(errors)))


def _person(world: World, server: Server, asked: list[str], wait: float, pause: float) -> list[Drawn]:
    time.sleep(wait)
    visitor = Visitor(server)
    visitor.ask(q="UniProtKB:P04637")  # arrives
    drawn = []
    for curie in asked:
        begin = time.perf_counter()
        drawn.append(visitor.ask(q=curie))
        time.sleep(max(0.0, pause - (time.perf_counter() - begin)))
    visitor.close()
    return drawn


def growth(world: World, server: Server) -> None:
    """Memory after everything above, and how much 500 more questions add to it."""
    visitor = Visitor(server)
    for curie in world.entities(20):
        visitor.ask(q=curie)
    before = server.resident_mb()
    for curie in world.entities(world.sizes.growth):
        visitor.ask(q=curie)
    after = server.resident_mb()
    visitor.close()
    world.measured.add("rss_gb", after / 1024, 2)
    world.measured.add("rss_growth_mb_500_queries", after - before, 1, questions=world.sizes.growth)


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


PARTS: dict[str, Callable[[World, Server], None]] = {
    "pages": pages,
    "questions": questions,
    "reasons": reasons,
    "load": load,
    "files": files,
    "growth": growth,
}


NOTES = (
    "cold_start_s: from starting the process until the first page stands in an open browser; files may be in the "
    "system's cache. page_switch, query_to_drawn, why and batch: in Chromium on the same machine, so the browser's "
    "own work counts too. A page stands when its script has ended and nothing is stale.",
    "query_to_drawn, ten_users and growth: entities of the graph drawn at random, none twice in one part. ten_users: "
    "sessions over the page's own WebSocket, from question to end of the script; ten browsers on two cores would "
    "measure themselves. The one who is alone asks in the same way.",
    "attribution: without a page, through the service. batch: molecules and proteins that the graph does not have, "
    "from the button until all rows are answered.",
    "rss: of the server's process, after everything else was measured.",
)


def main() -> None:
    """Measure and write ``benchmarks/results/app.json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--parts", nargs="+", choices=["starts", "attribution", *PARTS], default=["starts", "attribution", *PARTS]
    )
    parser.add_argument("--small", action="store_true", help="few repeats; writes nothing")
    arguments = parser.parse_args()
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("There is no Chromium.")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        sizes = SMALL if arguments.small else Sizes()
        world = World(sizes, browser, BridgeService.open(), Path(folder), Measured())
        measure(world, set(arguments.parts))
        browser.close()
    print(f"{(time.perf_counter() - began) / 60:.1f} minutes")
    if not arguments.small and len(arguments.parts) == len(PARTS) + 2:
        write_result(
            "app",
            headline=world.measured.headline,
            rows=world.measured.rows,
            notes=NOTES,
            seeds=[SEED],
            manifest={"graph": world.service.graph.digest, "bridge": world.service.status().bridge},
        )


def measure(world: World, parts: set[str]) -> None:
    """Run the chosen parts, those of one server on one server."""
    if "starts" in parts:
        starts(world)
    if "attribution" in parts:
        attribution(world)
    if not parts & set(PARTS):
        return
    with serving(world.folder / "app.log") as server:
        wait_for(server)
        warm_up(world, server)
        for name, part in PARTS.items():
            if name in parts:
                part(world, server)


if __name__ == "__main__":
    main()
