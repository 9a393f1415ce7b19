"""The page in a browser: it sorts, fits a phone, and asks nothing of the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import CHROMIUM
from matplotlib.image import imread

from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.suite import Suite

playwright = pytest.importorskip("playwright.sync_api", reason="needs `pip install playwright`")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

ERRORS = {"Best": 1.0, "Worst": 30.0, "Middle <b>&": 4.0}
BROWSER_SERVICES = (".google.com", ".googleapis.com")  # Chromium's updates and accounts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def page_file(folder: Path, make_record: Any) -> Path:
    """Three named rows on two data sets and two splits, one of them of short chains; on the
    second data set one more, which failed."""
    store = Store(folder / "results")
    rows = {label: (f"model{k}", "method") for k, label in enumerate(ERRORS)}
    store.open("a suite", Suite(datasets=("boston", "yacht"), splits=2, rows=rows))
    for dataset in ("boston", "yacht"):
        for k, (label, error) in enumerate(ERRORS.items()):
            for split in range(2):
                record = make_record(f"model{k}", "method", split, error + split, dataset)
                record |= {"pit_histogram": [0.05] * 20}
                if label == "Worst":
                    chains = {"max_rhat_f": 1.5, "converged": False, "problems": {}}
                    record |= {"diagnostics": chains, "info": {"gradients": 1000}}
                store.write(record)
    failed = make_record("broken", "method", 0, dataset="yacht", status="failed")
    failed |= {"error": {"type": "E", "message": "broke"}}
    store.write({k: v for k, v in failed.items() if k not in ("metrics", "diagnostics")})
    path = folder / "report.html"
    path.write_text(html(analyse(store.folder)), encoding="utf-8")
    return path


class Browser:
    """Chromium, with its network log."""

    def __init__(self, chromium: Any, log: Path) -> None:
        self.log = log
        options = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        self._browser = chromium.launch(
            executable_path=CHROMIUM, args=[*options, f"--log-net-log={log}"]
        )

    def open(self, path: Path, width: int, height: int) -> Any:
        page = self._browser.new_page(viewport={"width": width, "height": height})
        page.goto(path.as_uri())
        return page

    def close(self) -> None:
        self._browser.close()

    def asked_for(self) -> set[str]:
        """Every address in the network log, but for the browser's own services."""
        events = json.loads(self.log.read_text())["events"]
        found = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
        hosts = {url: f".{urlsplit(url).hostname}" for url in found}
        return {url for url, host in hosts.items() if not host.endswith(BROWSER_SERVICES)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One Playwright for all browsers: a second one in the same thread is refused."""
    with playwright.sync_playwright() as driver:
        yield driver.chromium


@pytest.fixture(scope="module")
def browser(chromium: Any, folder: Path) -> Iterator[Browser]:
    found = Browser(chromium, folder / "network.json")
    yield found
    found.close()


@pytest.fixture(scope="module")
def page(page_file: Path, browser: Browser) -> Any:
    """The page on a desktop, for tests that each touch a part of it."""
    return browser.open(page_file, 1280, 900)


def is_shown(table: Any, head: str, width: int) -> bool:
    """Whether a column is within the screen, before anything is scrolled."""
    found = table.get_by_role("button", name=re.compile(f"^{re.escape(head)}$"))
    box = found.bounding_box() if found.is_visible() else None
    return box is not None and box["x"] + box["width"] <= width


def first_column(page: Any, section: str) -> list[str]:
    return (
        page.locator(f"{section} ~ .scroll table")
        .first.locator("tbody:not(.published) th")
        .all_inner_texts()
    )


def test_a_click_on_a_head_sorts(page: Any) -> None:
    worst = "Worst°"
    assert first_column(page, "#boston") == ["Best", worst, "Middle <b>&"]
    table = page.locator("#boston ~ .scroll table").first
    rmse = table.locator("th button").filter(has_text=re.compile("^RMSE$"))
    rmse.click()
    assert first_column(page, "#boston") == ["Best", "Middle <b>&", worst]
    assert table.locator("th[aria-sort=ascending]").inner_text().startswith("RMSE")
    rmse.click()
    assert first_column(page, "#boston") == [worst, "Middle <b>&", "Best"]
    table.get_by_role("button", name="max R-hat").click()
    assert first_column(page, "#boston")[0] == worst  # dashes come last
    assert table.locator("td.best").first.inner_text() == "1.50 ± 0.50"


def test_texts_sort_by_the_alphabet(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    made = page.get_by_role("button", name="how it was made").first
    column = made.locator("xpath=ancestor::table").locator("tbody tr td:last-child")
    ends = []
    for _ in range(2):
        made.click()
        texts = column.all_inner_texts()
        ends.append((texts[0][:6], texts[-1][:6]))
    assert ends == [("github", "Wu et "), ("Wu et ", "github")]


def test_what_is_no_number_stays_at_the_end(page: Any) -> None:
    heads = page.locator("#yacht ~ .scroll table").first.locator("th button")
    nll = heads.filter(has_text=re.compile("^NLL$"))
    for expected in (["Best", "Middle <b>&"], ["Worst°", "Middle <b>&"]):
        nll.click()
        rows = first_column(page, "#yacht")
        assert rows[:2] == expected
        assert rows[-1] == "broken × method"


def test_the_legend_is_folded_below_its_table(browser: Browser, page_file: Path) -> None:
    page = browser.open(page_file, 1280, 900)
    legend = page.locator("#boston ~ details.legend").first
    term = legend.get_by_text("max R-hat f(x)", exact=True)
    assert not term.is_visible()
    legend.locator("summary").click()
    assert term.is_visible()
    assert "On some splits this fit had not converged." in legend.inner_text()


def test_every_picture_is_there(page: Any) -> None:
    sizes = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(sizes) == 3 * 2 + 1  # three of each data set, convergence
    assert min(sizes) > 300
    assert page.locator("#yacht ~ details .scroll table").count()
    assert "MC dropout (2018 rerun)" in page.content()


def test_no_request_leaves_the_page(chromium: Any, page_file: Path, tmp_path: Path) -> None:
    leaky = tmp_path / "leaky.html"
    leaky.write_text('<img src="http://leak.invalid/x.png">')
    browser = Browser(chromium, tmp_path / "network.json")
    browser.open(page_file, 1280, 900).get_by_role("button").first.click()
    browser.open(leaky, 1280, 900)
    browser.close()
    assert browser.asked_for() == {"http://leak.invalid/x.png"}


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [pytest.param("desktop", 1280, 900, marks=pytest.mark.slow), ("phone", 390, 844)],
)
def test_it_fits_the_screen(
    page_file: Path, browser: Browser, tmp_path: Path, name: str, width: int, height: int
) -> None:
    page = browser.open(page_file, width, height)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    is_phone = name == "phone"
    table = page.locator("#boston ~ .scroll").first
    assert is_shown(table, "RMSE", width)
    assert is_shown(table, "diverg.", width) != is_phone
    if is_phone:
        page.get_by_label("Show every column").check()
        assert table.get_by_role("button", name="diverg.").is_visible()
    for picture in page.locator(".pictures img").all():
        box = picture.bounding_box()
        assert 300 < box["width"] <= width - box["x"]
    path = tmp_path / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    picture = imread(path)
    assert picture.shape[1] == width
    assert picture.std() > 0.05
