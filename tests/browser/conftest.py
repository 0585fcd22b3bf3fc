"""The real app on a free port and a Chromium that can reach nothing but it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser.serving import DEEP_LINK, ROUTES, App, started
from playwright.sync_api import Browser, BrowserContext, Locator, Page, TimeoutError, sync_playwright

NO_BROWSER = os.environ.get("BIOBRIDGE_NO_BROWSER") == "1"
SCREENSHOTS = os.environ.get("BIOBRIDGE_SCREENSHOTS")  #: a folder outside the repository
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no name leads anywhere
)
PATIENCE = int(os.environ.get("BIOBRIDGE_PATIENCE", "90")) * 1000  #: milliseconds for one answer
LOADING = 600_000  #: milliseconds for the models to load; seconds on an idle machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.bundle)
            if NO_BROWSER:
                item.add_marker(pytest.mark.skip(reason="BIOBRIDGE_NO_BROWSER=1"))


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[App]:
    with started(tmp_path_factory.mktemp("app") / "log.txt") as running:
        _visit_first(running, chromium)
        yield running


def _visit_first(running: App, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LOADING)
    page.goto(running.address + DEEP_LINK)
    page.locator(".bb-card, [data-testid=stAlert], [role=dialog]").first.wait_for(state="attached")
    page.wait_for_timeout(1000)
    running.first_cards = page.locator(".bb-card").evaluate_all("cards => cards.map(card => card.textContent)")
    running.first_text = page.locator("body").inner_text()
    page.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "There is no Chromium. Install it, or set BIOBRIDGE_NO_BROWSER=1 to leave the browser tests out."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Visit:
    """One window on the app, and what it asked of the outside."""

    page: Page
    app: App
    foreign: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.app.address + path)

    def ask(self, text: str) -> None:
        box = self.page.get_by_test_id("stChatInputTextArea")
        box.wait_for(state="visible")
        box.fill(text)
        box.press("Enter")

    def wait_for_hits(self, kind: str = "") -> None:
        self.page.locator(self._cards(kind)).first.wait_for(state="attached")

    def cards(self, kind: str = "") -> list[str]:
        """Texts of the hits; the cards stand in the page at every width, a style sheet shows them on phones."""
        self.wait_for_hits(kind)
        return self.page.locator(self._cards(kind)).evaluate_all("cards => cards.map(card => card.textContent)")

    @staticmethod
    def _cards(kind: str) -> str:
        return f".st-key-kind_{kind} .bb-card" if kind else ".bb-card"

    def arrive(self, name: str) -> None:
        """Open a page by its deep link and wait until it stands."""
        path, ready = ROUTES[name]
        self.open(path)
        self.page.locator(ready).first.wait_for(state="attached")
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=stStatusWidget], [data-testid=stSpinner], [data-stale=true]')"
            " && document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        )

    def choose(self, menu: Locator, number: int) -> None:
        """Pick an entry of a menu; what is still being drawn may fold it again, and then it is opened once more."""
        entry = self.page.get_by_role("option").nth(number)
        for _ in range(5):
            self.wait_until_idle()
            menu.click()
            try:
                entry.click(timeout=5000)
            except TimeoutError:
                continue
            return
        entry.click()

    def screenshot(self, name: str) -> None:
        if SCREENSHOTS:
            self.wait_until_idle()
            self.page.wait_for_timeout(1000)
            self.page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"))


@pytest.fixture(scope="session")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """One for all windows: what the app's frame is made of is fetched and compiled once."""
    made = chromium.new_context()
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, app: App) -> Iterator[Callable[..., Visit]]:
    pages = []

    def opened(path: str = "/", width: int = 1440, height: int = 900, dark: bool = False) -> Visit:
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_default_timeout(PATIENCE)
        made = Visit(page, app)

        def seen(address: str) -> None:
            url = urlsplit(address)
            if url.scheme not in {"data", "blob"} and url.hostname != "127.0.0.1":
                made.foreign.append(address)

        page.on("request", lambda request: seen(request.url))
        page.on("websocket", lambda socket: seen(socket.url))
        made.open(path)
        return made

    yield opened
    for page in pages:
        page.close()
