"""What a report says and writes."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from bayesdrop.benchmark.compare import summary
from bayesdrop.benchmark.contents import contents_of
from bayesdrop.benchmark.figures.looks import looks
from bayesdrop.benchmark.format import number, plus_minus
from bayesdrop.benchmark.html import html
from bayesdrop.benchmark.overview import overview
from bayesdrop.benchmark.progress import describe
from bayesdrop.benchmark.report import report
from bayesdrop.benchmark.store import Store
from bayesdrop.benchmark.suite import Suite
from bayesdrop.benchmark.tables import notes
from bayesdrop.benchmark.terminal import print_report
from bayesdrop.benchmark.wide import not_begun

CHAINS = {
    "max_rhat_f": 2.25,
    "share_rhat_f_above_1_05": 0.75,
    "divergences": 3,
    "converged": False,
    "summary": "short chains, not converged",
}


@pytest.fixture
def results(tmp_path: Path, make_record) -> Path:
    """Two rows on two splits, one of them not converged; a skipped and a failed cell."""
    good = CHAINS | {"max_rhat_f": 1.01, "share_rhat_f_above_1_05": 0.25, "divergences": 0}
    good |= {"converged": True, "summary": "converged"}
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m", "nuts"), ("d",), 2, description="Of tests."))
    for record in (
        make_record("a", "m", 0, rmse=1.0),
        make_record("a", "m", 1, rmse=2.0),
        make_record("a", "nuts", 0, rmse=3.0, diagnostics=CHAINS),
        make_record("a", "nuts", 1, rmse=5.0, diagnostics=good),
        make_record("b", "m", 0, status="skipped", reason="too wide"),
        make_record("b", "m", 1, status="skipped", reason="too wide"),
        make_record(
            "b",
            "nuts",
            0,
            status="failed",
            error={"type": "E", "message": "broke", "traceback": ""},
        ),
    ):
        if record["status"] != "ok":
            del record["metrics"], record["diagnostics"]
        store.write(record)
    return store.folder


def test_the_long_table_in_csv_and_parquet(results: Path) -> None:
    report(results)
    csv, parquet = pd.read_csv(results / "table.csv"), pd.read_parquet(results / "table.parquet")
    assert list(csv.columns) == list(parquet.columns)
    assert len(csv) == len(parquet) == 4 * 6 + 3
    for table in (csv, parquet):
        cell = table[(table["row"] == "a × nuts") & (table["split"] == 1)].set_index("metric")
        assert cell.loc["rmse", "value"] == 5.0
        assert cell.loc["nll", "value"] == 4.0
        assert cell.loc["rmse", "diagnostics_max_rhat_f"] == 1.01
        assert cell.loc["rmse", "seconds_total"] == 4.0
        assert cell.loc["rmse", "versions_numpy"] in ("2.0", 2.0)
        assert cell.loc["rmse", "n_test"] == 10
        skipped = table[table["status"] == "skipped"]
        assert skipped["reason"].tolist() == ["too wide"] * 2
        assert skipped["value"].isna().all()
        assert table[table["status"] == "failed"]["error_message"].tolist() == ["broke"]


def test_what_is_written_is_listed_and_there(results: Path) -> None:
    written = report(results)
    assert {path.name for path in written} == {
        *(
            "report.html",
            "report.md",
            "tables.tex",
            "table.csv",
            "table.parquet",
            "summary.csv",
            "differences.csv",
        ),
        "scores-d.png",
    }
    assert all(path.stat().st_size > 100 for path in written)


def test_the_picture_shows_something(results: Path) -> None:
    report(results)
    picture = imread(results / "scores-d.png")
    height, width, _ = picture.shape
    assert height > 200
    assert width > 1000
    blue = (abs(picture[..., :3] - [0, 0x72 / 255, 0xB2 / 255]).max(-1) < 0.02).sum()
    assert blue > 100  # the dots of the first method


def test_the_text_of_the_report(results: Path) -> None:
    report(results)
    text = (results / "report.md").read_text()
    assert text.startswith("# mine\n\nOf tests.")
    assert "| a | m | **1.50 ± 0.50** | 0.71 | **0.50 ± 0.50** | 0.71 |" in text
    assert "| a | nuts (short chains) | 4.0 ± 1.0 | 1.4 | 3.0 ± 1.0 | 1.4 |" in text
    assert "| 2.25 | 50 % | 3 | 4 | 2 |" in text
    assert "| b | nuts | – | – | – | – | – | – | – | – | – | – | – | – | 0, 1 failed |" in text
    assert "- a × nuts: short chains, not converged (1 of 2 splits)" in text
    assert "![RMSE and NLL on d](scores-d.png)" in text
    assert "## Skipped\n\n- b × m, d, split 0, 1: too wide" in text
    assert "## Failed\n\n- b × nuts, d, split 0: E: broke" in text
    # a × nuts − a × m: 2 and 3, so 2.5, s² = 1/2, variance 1/2 (1/2 + 1/9), t at 97.5 % 12.7062
    assert "| a × nuts (short chains) | RMSE | a × m | 2.50 | -4.52 to 9.52 |" in text
    assert "| d | a × m | 2 | 2 | 1 | 2 | 1 | 4 |" in text
    assert "Machines: (1) Linux m, 2 processors, imaginary, 1 process." in text
    assert "a × m: configuration 1am, revision 1, seed 0 + the split's" in text


def test_rows_of_a_report_look_different(make_record) -> None:
    lines = overview([make_record(f"model{k}", "m") for k in range(20)])["d"]
    assert len(set(looks(lines).values())) == 20


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
    assert notes(overview(records)["d"]) == [
        "a × m: short chains, not converged (3 of 3 splits)",
        "a × m: chains left out: 3 that ran away (2 of 3 splits)",
    ]


def test_what_was_not_begun_is_said(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), ("x", "y", "z"), 2))
    store.write(make_record("a", "m", dataset="x"))
    store.write(make_record("b", "m", dataset="x", status="skipped", reason="too wide"))
    store.write(make_record("a", "m", dataset="y"))
    said = "Not run yet on y: b × m. Not run yet on z: any row."
    assert not_begun(contents_of(store.folder)) == said
    report(store.folder)
    assert said in (store.folder / "report.md").read_text()
    assert said in (store.folder / "report.html").read_text()


def test_what_earlier_settings_gave_is_shown_but_compared_with_nothing(
    tmp_path: Path, make_record
) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), ("x", "y", "z"), 2))
    for dataset in ("x", "y", "z"):
        for split in range(2):
            store.write(make_record("a", "m", split, 0.1, dataset, revision=1))
            store.write(make_record("a", "m", split, 2.0, dataset, revision=2))
            store.write(make_record("b", "m", split, 3.0, dataset, revision=2))
    contents = contents_of(store.folder)
    assert set(contents.ranks["rmse"].ranks) == {"a × m", "b × m"}
    assert set(contents.differences["a"]) | set(contents.differences["b"]) == {"a × m", "b × m"}
    report(store.folder)
    text = (store.folder / "report.md").read_text()
    assert "| a × m (revision 1) | 0.1000 |" in text
    assert "| a × m | **2** |" in text


def test_notes_of_several_types_are_texts(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 2))
    for split, temperature in enumerate(("learned", 0.5)):
        store.write(make_record(split=split, info={"temperature": temperature}))
    report(store.folder)
    table = pd.read_parquet(store.folder / "table.parquet")
    assert set(table["info_temperature"]) == {'"learned"', "0.5"}


def test_what_each_folder_has_not_begun(tmp_path: Path, make_record) -> None:
    stores = [Store(tmp_path / name) for name in "ab"]
    for store, dataset in zip(stores, "xy", strict=True):
        name = store.folder.name
        store.open(name, Suite((name,), ("m", "n"), (dataset,), 1))
        store.write(make_record(name, "m", dataset=dataset))
    said = "Not run yet on x: a × n. Not run yet on y: b × n."
    assert not_begun(contents_of(*(store.folder for store in stores))) == said


def test_names_on_the_page_are_escaped_and_the_best_are_bold(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    rows = {"<b>&": ("a", "m"), "Other": ("b", "m")}
    store.open("mine", Suite(rows=rows, datasets=("d",), splits=1))
    store.write(make_record("a", rmse=1.0))
    store.write(make_record("b", rmse=2.0))
    page = html(contents_of(store.folder))
    assert "&lt;b&gt;&amp;" in page
    assert "<b>&" not in page
    assert re.search(r'class="[^"]*best[^"]*"[^>]*>1<', page)
    assert not re.search(r'class="[^"]*best[^"]*"[^>]*>2<', page)


def test_all_scores_are_compared_in_pairs(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), ("d",), 2))
    for model, split in itertools.product("ab", range(2)):
        metrics = {"rmse": 1.0, "nll": 2.0, "crps": 3.0, "brier": 4.0}
        store.write(make_record(model, split=split, metrics=metrics))
    found = contents_of(store.folder).differences["metric"].tolist()
    assert found == ["rmse", "nll", "crps", "brier"]


def test_errors_of_several_lines_are_one(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 1))
    error = {"type": "XlaError", "message": "out of memory\n\n# HLO\nmore"}
    record = make_record(status="failed", error=error)
    store.write(record)
    report(store.folder)
    assert "XlaError: out of memory # HLO more\n" in (store.folder / "report.md").read_text()
    assert "\n" not in describe(record)


def test_a_report_of_two_folders(results: Path, tmp_path: Path, make_record) -> None:
    peers = Store(tmp_path / "peers")
    peers.open("peers", Suite(rows={"Trees": ("a", "t")}, datasets=("d",), splits=2))
    peers.write(make_record("a", "t", 0, rmse=0.5))
    peers.write(make_record("a", "t", 1, rmse=0.5))
    with pytest.raises(ValueError, match="say with --out"):
        report(results, peers.folder)
    both = contents_of(results, peers.folder)
    assert both.name == "mine + peers"
    assert {line.row for line in both.every_line} == {"a × m", "a × nuts", "b × nuts", "Trees"}
    written = report(results, peers.folder, out=tmp_path / "new" / "both")
    assert {path.parent for path in written} == {tmp_path / "new" / "both"}
    assert "Trees" in (tmp_path / "new" / "both" / "report.md").read_text()
    assert not list((tmp_path / "new" / "both").glob(".*"))
    assert not (results / "report.md").exists()


@pytest.mark.parametrize("first_has_it", [True, False])
def test_of_a_cell_in_two_folders_the_result_counts(
    tmp_path: Path, make_record, first_has_it: bool
) -> None:
    failed = {"status": "failed", "error": {"type": "E", "message": "broke"}}
    failed["finished"] = "2026-01-01T00:00:00+00:00"
    stores = [Store(tmp_path / "one"), Store(tmp_path / "two")]
    for store, has_it in zip(stores, (first_has_it, not first_has_it), strict=True):
        store.open("mine", Suite(("a",), ("m",), ("d",), 1))
        store.write(make_record() if has_it else make_record(**failed))
    (line,) = contents_of(*(store.folder for store in stores)).every_line
    assert (line.n, line.failed) == (1, 0)


def test_an_infinite_r_hat_is_the_largest(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 2))
    store.write(make_record(split=0, diagnostics=CHAINS | {"max_rhat_f": 1.06}))
    stuck = {"diagnostics": CHAINS | {"max_rhat_f": None}, "key": "stuck"}
    store.write(make_record(split=1, **stuck, not_finite=["diagnostics.max_rhat_f is inf"]))
    (line,) = contents_of(store.folder).every_line
    assert line.max_rhat_f == math.inf
    assert sorted(line.rhat_f) == [1.06, math.inf]
    table = contents_of(store.folder).table
    assert set(table["diagnostics_max_rhat_f"]) == {1.06, math.inf}
    assert "max R-hat of f(x) inf" in describe(store.read("stuck") or {})
    report(store.folder)
    assert "| ∞ |" in (store.folder / "report.md").read_text()


def test_ranks_of_an_earlier_report_go_and_nothing_else(results: Path) -> None:
    for name in ("ranks-rmse.png", "signed-rank.csv", "scores-of-mine.png", "notes.txt"):
        (results / name).write_text("of before")
    report(results)
    left = {path.name for path in results.iterdir()}
    assert {"scores-d.png", "scores-of-mine.png", "notes.txt"} <= left
    assert not left & {"ranks-rmse.png", "signed-rank.csv"}


def test_one_label_for_two_rows_of_two_folders(results: Path, tmp_path: Path, make_record) -> None:
    other = Store(tmp_path / "other")
    other.open("other", Suite(rows={"a × m": ("z", "y")}, datasets=("d",), splits=1))
    with pytest.raises(ValueError, match="'a × m' is a × m in one folder and z × y in another"):
        contents_of(results, other.folder)


def test_mixed_versions_are_marked(results: Path, make_record) -> None:
    versions = {"bayesdrop": "0.1.0", "numpy": "2.1"}
    Store(results).write(make_record("a", "m", 1, rmse=2.0, versions=versions))
    report(results)
    text = (results / "report.md").read_text()
    assert "| a | m (mixed versions) |" in text
    assert "- a × m: mixed versions of numpy among its splits" in text


def test_nothing_but_failures_still_makes_a_report(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 1))
    failed = make_record(status="failed", error={"type": "E", "message": "broke"})
    del failed["metrics"], failed["diagnostics"]
    store.write(failed)
    report(store.folder)
    assert "a × m, d, split 0: E: broke" in (store.folder / "report.md").read_text()


def test_no_results_yet(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 1))
    with pytest.raises(ValueError, match="no results yet"):
        report(store.folder)


def test_where_the_seconds_were_spent(results: Path, make_record) -> None:
    Store(results).write(make_record("a", "m", 1, rmse=2.0, jobs=4))
    report(results)
    assert "imaginary; imaginary, 4 processes |" in (results / "report.md").read_text()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.40, 0.44], "0.420 ± 0.020"),
        ([123.0, 169.0], "146 ± 23"),
        ([1000.0, 3000.0], "2000 ± 1000"),
        ([2.0, 2.0], "2"),
        ([0.123456], "0.1235"),
    ],
)
def test_a_score_has_two_digits_of_its_standard_error(values: list[float], text: str) -> None:
    assert plus_minus(summary(values)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (0.0, "0"),
        (3, "3"),
        (2.2549, "2.255"),
        (1234.5, "1234"),
        (0.00001234, "1.234e-05"),
        (-0.5, "-0.5000"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_what_a_search_chose_is_in_the_table_as_text(results: Path, make_record) -> None:
    for split, value in enumerate(("learned", 2)):
        info = {"chosen": {"inference.precision": value}, "grid": {"nll": [1.5, None]}}
        Store(results).write(make_record("a", "search", split, info=info))
    report(results)
    for table in (pd.read_csv(results / "table.csv"), pd.read_parquet(results / "table.parquet")):
        found = table[table["inference"] == "search"].groupby("split")[["info_chosen", "info_grid"]]
        assert found.first().to_numpy().tolist() == [
            ['{"inference.precision": "learned"}', '{"nll": [1.5, null]}'],
            ['{"inference.precision": 2}', '{"nll": [1.5, null]}'],
        ]


def test_the_table_on_the_terminal(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(results)
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "a nuts (short chains) 4.0 ± 1.0 3.0 ± 1.0",
        "2.25",
        "short chains, not converged (1 of 2 splits)",
    ):
        assert part in shown
    assert "skipped: b × m, d, split 0, 1: too wide" in shown
    assert "failed: b × nuts, d, split 0: E: broke" in shown


@pytest.mark.parametrize(
    ("width", "is_narrow"), [(60, True), (80, True), (120, True), (200, False)]
)
def test_numbers_stay_whole_on_a_narrow_terminal(
    results: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    is_narrow: bool,
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    print_report(results)
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert "4.0 ± 1.0" in shown
    assert ("too narrow for" in shown) == is_narrow
