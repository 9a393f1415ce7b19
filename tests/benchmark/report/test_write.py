"""What a report says and writes."""

from __future__ import annotations

import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from bayesdrop.benchmark.report import write
from bayesdrop.benchmark.report.dataset_tables import qualified
from bayesdrop.benchmark.report.figures.compute import draw_compute
from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.pictures import FigureFormat, Pictures
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.progress import describe
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import Analysis, analyse
from bayesdrop.benchmark.stats.overview import overview
from bayesdrop.suite import Suite


def test_what_is_written_is_listed_and_there(reported: list[Path]) -> None:
    assert {path.name for path in reported} == {
        *(
            "report.html",
            "report.md",
            "tables.tex",
            "table.csv",
            "table.parquet",
            "summary.csv",
            "differences.csv",
        ),
        *("scores-d.png", "compute-d.png", "convergence.png"),
    }
    assert all(path.stat().st_size > 100 for path in reported)


def test_the_picture_shows_something(reported: list[Path]) -> None:
    picture = imread(reported[0].with_name("scores-d.png"))
    height, width, _ = picture.shape
    assert height > 200
    assert 700 < width < 900  # a column of a paper, and a phone
    blue = (abs(picture[..., :3] - [0, 0x72 / 255, 0xB2 / 255]).max(-1) < 0.02).sum()
    assert blue > 100  # the dots of the first method


def test_the_text_of_the_report(reported: list[Path]) -> None:
    text = reported[0].with_name("report.md").read_text()
    assert text.startswith("# mine\n\nOf tests.\n\n- **Best.** ")
    assert "| model | method | converged | max R-hat f(x) | rows > 1.05 | diverg. | RMSE |" in text
    assert "| a | m | – | – | – | – | **1.50 ± 0.50** | 0.71 | **0.50 ± 0.50** | 0.71 |" in text
    assert "| a | nuts° | 1 of 2 | 2.25 | 50 % | 3 | 4.0 ± 1.0 | 1.4 | 3.0 ± 1.0 | 1.4 |" in text
    assert "| b | nuts | – | – | – | – | – | – | – | – | – | – | – | – | – | 0, 1 failed |" in text
    assert "- **°** On some splits this fit had not converged." in text
    assert "| a × nuts | ° | R-hat of f(x) on 1, divergences on 1 | 1 of 2 |" in text
    assert '<img src="scores-d.png" width="400" alt="RMSE and NLL on d">' in text
    assert "## Skipped\n\n- b × m, d, split 0, 1: too wide" in text
    assert "## Failed\n\n- b × nuts, d, split 0: E: broke" in text
    # a × nuts − a × m: 2 and 3, so 2.5, s² = 1/2, variance 1/2 (1/2 + 1/9), t at 97.5 % 12.7062
    assert "| a × nuts° | RMSE | a × m | 2.50 | -4.52 to 9.52 |" in text
    assert "| d | a × m | 2 | 2 | 1 | 2 | 1 | 4 |" in text
    assert "Machines: (1) Linux m, 2 processors, imaginary, 1 process." in text
    assert re.search("a × m: configuration [0-9a-f]{12}, revision 1, seed 0 \\+ the split's", text)


def test_chains_that_ran_away_are_counted_by_split(make_record) -> None:
    summary = "short chains, not converged; {} of 8 chains ran away, left out"
    records = [
        make_record(
            split=split,
            diagnostics={"converged": False, "summary": summary.format(count)},
            info={"excluded_chains": [{"chain": k} for k in range(count)]},
        )
        for split, count in enumerate((1, 2, 0))
    ]
    found = [tuple(row.values()) for row in qualified(overview(records)["d"])]
    assert found == [
        ("a × m", "°", "short chains, not converged", "3 of 3"),
        ("a × m", "†", "3 chains ran away", "2 of 3"),
        ("a × m", "¶", "judged by R-hat of f(x) at test rows alone", "3 of 3"),
    ]


def test_names_on_the_page_are_escaped_and_the_best_are_bold(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    rows = {"<b>&": ("a", "m"), "Other": ("b", "m")}
    store.open("mine", Suite(rows=rows, datasets=("d",), splits=1))
    store.write(make_record("a", rmse=1.0))
    store.write(make_record("b", rmse=2.0))
    page = html(analyse(store.folder))
    assert "&lt;b&gt;&amp;" in page
    assert "<b>&" not in page
    assert re.search(r'class="[^"]*best[^"]*"[^>]*>1<', page)
    assert not re.search(r'class="[^"]*best[^"]*"[^>]*>2<', page)


def test_errors_of_several_lines_are_one(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 1))
    error = {"type": "XlaError", "message": "out of memory\n\n# HLO\nmore"}
    record = make_record(status="failed", error=error)
    store.write(record)
    write_report(store.folder)
    assert "XlaError: out of memory # HLO more\n" in (store.folder / "report.md").read_text()
    assert "\n" not in describe(record)


def test_an_infinite_r_hat_is_the_largest(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 2))
    chains = {"converged": False, "summary": "short chains, not converged"}
    store.write(make_record(split=0, diagnostics=chains | {"max_rhat_f": 1.06}))
    stuck = make_record(split=1, diagnostics=chains | {"max_rhat_f": None})
    store.write(stuck | {"not_finite": ["diagnostics.max_rhat_f is inf"]})
    (line,) = analyse(store.folder).every_line
    assert line.max_rhat_f == math.inf
    assert sorted(line.rhat_f) == [1.06, math.inf]
    table = analyse(store.folder).table
    assert set(table["diagnostics_max_rhat_f"]) == {1.06, math.inf}
    assert "max R-hat of f(x) inf" in describe(store.read(stuck["key"]) or {})
    assert "| ∞ |" in markdown(analyse(store.folder))


def test_ranks_of_an_earlier_report_go_and_nothing_else(results: Path) -> None:
    of_before = ("ranks-rmse.png", "ranks-nll.pdf", "scores-d.svg", "signed-rank.csv")
    for name in (*of_before, "scores-of-mine.png", "notes.txt"):
        (results / name).write_text("of before")
    write_report(results)
    left = {path.name for path in results.iterdir()}
    assert {"scores-d.png", "scores-of-mine.png", "notes.txt"} <= left
    assert left.isdisjoint(of_before)


def test_mixed_versions_are_marked(results: Path, make_record) -> None:
    versions = {"bayesdrop": "0.1.0", "numpy": "2.1"}
    Store(results).write(make_record("a", "m", 1, rmse=2.0, versions=versions))
    text = markdown(analyse(results))
    assert "| a | m◊ |" in text
    assert "| a × m | ◊ | several versions of numpy | 2 of 2 |" in text


def test_nothing_but_failures_still_makes_a_report(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 1))
    failed = make_record(status="failed", error={"type": "E", "message": "broke"})
    del failed["metrics"], failed["diagnostics"]
    store.write(failed)
    write_report(store.folder)
    assert "a × m, d, split 0: E: broke" in (store.folder / "report.md").read_text()


def test_failures_have_the_name_of_their_row(tmp_path: Path, make_record) -> None:
    """The suite's label, and what tells settings apart that were changed since."""
    store = Store(tmp_path / "results")
    store.open("mine", Suite(rows={"My row": ("a", "m")}, datasets=("d",), splits=1))
    error = {"type": "E", "message": "broke"}
    old = make_record(variant="old", status="failed", error=error)
    store.write(old)
    store.write(make_record(finished="2026-01-01T00:00:00+00:00"))
    label = f"My row ({old['configuration'][:6]})"
    assert f"{label}, d, split 0: E: broke" in markdown(analyse(store.folder))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pdf", "svg"])
def test_pictures_for_a_paper(results: Path, form: FigureFormat) -> None:
    (results / "scores-d.png").write_text("of before")
    written = write_report(results, figures=form)
    names = {path.name for path in written}
    assert {f"scores-d.{form}", f"compute-d.{form}", f"convergence.{form}"} <= names
    assert not list(results.glob("*.png"))
    picture = (results / f"scores-d.{form}").read_bytes()
    assert picture.startswith(b"%PDF") if form == "pdf" else b"<svg" in picture
    assert (form == "pdf") == (b"Type3" not in picture and b"FontFile2" in picture)
    text = (results / "report.md").read_text()
    shown = "](scores-d.pdf)" if form == "pdf" else 'src="scores-d.svg"'
    assert shown in text


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"figures": "jpeg"}, "unknown format of figures 'jpeg'; .*known: pdf, png, svg"),
        ({"published": "some"}, "unknown choice of published scores 'some'; .*known: all, none"),
    ],
    ids=str,
)
def test_an_unknown_choice_is_refused_before_any_work(
    tmp_path: Path, choice: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_report(tmp_path / "nowhere", **choice)


def test_no_results_yet(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 1))
    with pytest.raises(ValueError, match="no results yet"):
        write_report(store.folder)


def test_where_the_seconds_were_spent(results: Path, make_record) -> None:
    Store(results).write(make_record("a", "m", 1, rmse=2.0, jobs=4))
    assert "imaginary; imaginary, 4 processes |" in markdown(analyse(results))


@pytest.mark.parametrize(
    ("devices", "label"),
    [
        (("cpu", "cpu:0"), "seconds per split"),
        (("cpu", "cuda:0"), "seconds per split\n(devices or numbers of processes differ)"),
    ],
    ids=str,
)
def test_seconds_say_whether_they_compare(
    make_record, devices: tuple[str, str], label: str
) -> None:
    records = [make_record(f"on {name}", info={"device": name}) for name in devices]
    lines = overview(records)["d"]
    assert draw_compute(lines).axes[0].get_xlabel() == label


def test_models_crossed_with_methods_are_told_apart(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("crossed", Suite(("a", "b"), ("m", "n"), ("d",), 3))
    for model, method, of_both in (
        ("a", "m", 1.0),
        ("a", "n", 3.0),
        ("b", "m", 2.0),
        ("b", "n", 4),
    ):
        for split, noise in enumerate((0.0, 0.1, -0.1)):
            store.write(make_record(model, method, split, rmse=of_both * (1 + noise)))
    written = write_report(tmp_path / "results")
    assert {p.name for p in written} >= {
        "model-or-inference-rmse.png",
        "model-or-inference-nll.png",
    }
    text = (tmp_path / "results" / "report.md").read_text()
    head = "| data set | models | methods | splits | inference | model | both together |"
    assert head in text
    row = r"\| d \| 2 \| 2 \| 3 \| 1(\.0)? \(0\.043\) \| 0\.50 \(0\.043\) \|"
    assert re.search(row, text)
    page = (tmp_path / "results" / "report.html").read_text()
    assert '<h2 id="model-or-inference">Model or inference?</h2>' in page


def test_reports_made_at_once_leave_the_files_of_the_later_one(
    results: Path, make_record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has read its records keeps the other waiting until all its files are written."""
    store, first_has_read, second_is_done = Store(results), threading.Event(), threading.Event()
    tables = write._tables

    def slow_tables(analysis: Analysis, folder: Path) -> list[Path]:
        if not first_has_read.is_set():
            first_has_read.set()
            second_is_done.wait(0.5)
        return tables(analysis, folder)

    monkeypatch.setattr(write, "_tables", slow_tables)
    monkeypatch.setattr(write, "_texts", lambda *_: [])
    monkeypatch.setattr(write, "pictures_of", lambda *_: Pictures({}, {}, {}, None))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(write_report, results)
        assert first_has_read.wait(60)
        store.write(make_record("a", "m", 1, rmse=7.0))
        second = pool.submit(write_report, results)
        second.add_done_callback(lambda _: second_is_done.set())
        first.result()
        second.result()
    summary = pd.read_csv(results / "summary.csv").query("row == 'a × m' and metric == 'rmse'")
    assert summary["mean"].tolist() == [4.0]
    assert [path.name for path in results.glob(".*")] == [".report.lock"]


def test_a_full_disk_names_the_folder(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = {path.name for path in results.iterdir()}
    monkeypatch.setattr(write, "_texts", lambda *_: [])
    monkeypatch.setattr(write, "pictures_of", lambda *_: Pictures({}, {}, {}, None))
    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match=rf"No space left on device: '{results}'"):
        write_report(results)
    assert {path.name for path in results.iterdir()} == before | {".report.lock"}
