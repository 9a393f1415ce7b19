"""The built site in a browser, on a desktop and on a phone; its links lead somewhere.

``make docs`` builds it into ``build/site``. With ``BAYESDROP_NEEDS_SITE`` set, a site that is not
there is a failure, as in continuous integration.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from browser import CHROMIUM
from quick import quick

SITE = Path(__file__).parents[1] / "build" / "site"
pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").is_file() and "BAYESDROP_NEEDS_SITE" not in os.environ,
    reason="needs the site: `make docs`",
)
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
SHOWN = (
    "index.html",
    "quickstart.html",
    "which-method.html",
    "methods.html",
    "results/report.html",
    "gallery/index.html",
    "gallery/plot_co2.html",
    "api/index.html",
    "api/inference.html",
    "api/generated/bayesdrop.NUTS.html",
)
QUICK = ("index.html", "methods.html", "api/generated/bayesdrop.NUTS.html")
LINKS = {("a", "href"), ("img", "src"), ("link", "href"), ("script", "src")}


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id":
                self.anchors.add(value)
            elif (tag, name) in LINKS:
                self.links.add(value)


def broken_links(site: Path) -> list[str]:
    """Every link within the site to a file or an anchor that is not there."""
    pages = {file: Page(file) for file in site.rglob("*.html") if "_static" not in file.parts}
    broken = []
    for file, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (file.parent / unquote(address.path)).resolve() if address.path else file
            anchor = unquote(address.fragment)
            lost = anchor and target in pages and anchor not in pages[target].anchors
            if not target.is_file() or lost:
                broken.append(f"{file.relative_to(site)}: {link}")
    return sorted(broken)


def test_no_internal_link_is_broken() -> None:
    assert broken_links(SITE.resolve()) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<p id="here"><a href="#here"><a href="#gone"><a href="b.html#far"><img src="no.png">'
    )
    (tmp_path / "b.html").write_text('<p id="far"><a href="index.html#here"><a href="no/">')
    found = ["b.html: no/", "index.html: #gone", "index.html: no.png"]
    assert broken_links(tmp_path.resolve()) == found


class Quiet(SimpleHTTPRequestHandler):
    """Serve files without a log."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the site is served."""
    handler = functools.partial(Quiet, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium")
    reason = "needs `pip install playwright`"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(params=SCREENS)
def tab(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A page on each screen, with the errors that it logs; it reaches no other host."""
    width, height = SCREENS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    context.route("**/*", lambda route: _local(route))
    found = context.new_page()
    found.errors = []
    found.on("pageerror", lambda error: found.errors.append(str(error)))
    yield found
    context.close()


def _local(route: Any) -> None:
    host = urlsplit(route.request.url).hostname
    route.continue_() if host == "127.0.0.1" else route.abort()


@pytest.mark.parametrize("name", quick(SHOWN, QUICK.__contains__))
def test_a_page_fits_the_screen(tab: Any, address: str, name: str) -> None:
    tab.goto(f"{address}/{name}", wait_until="load")
    width = tab.viewport_size["width"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    sizes = tab.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert all(sizes)
    assert tab.locator("h1").first.is_visible()
    assert tab.errors == []


def test_search_finds_a_method(tab: Any, address: str) -> None:
    tab.goto(f"{address}/index.html")
    tab.locator("button.search-button__button:visible, button.search-button:visible").first.click()
    tab.locator("dialog input[type=search]").fill("horseshoe")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=horseshoe*")
    results = tab.locator("#search-results ul.search li a")
    results.first.wait_for()
    assert results.count() > 3
    results.first.click()
    tab.wait_for_load_state()
    assert "horseshoe" in tab.locator("article").inner_text().lower()
    assert tab.errors == []


def test_the_menu_leads_through_the_site(tab: Any, address: str) -> None:
    tab.goto(f"{address}/index.html")
    if tab.viewport_size["width"] < 960:
        tab.locator("button.primary-toggle").click()
    tab.get_by_role("link", name="What do I use when").locator("visible=true").first.click()
    tab.wait_for_url("**/which-method.html")
    assert tab.locator("h1").inner_text().startswith("What do I use when")
