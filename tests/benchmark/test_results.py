"""The results that are committed: whole, small, and of the settings that name them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.run.cost import mean_seconds, shipped_seconds
from bayesdrop.benchmark.run.plan import cells_of
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.spec import digest

FOLDER = Path(__file__).parents[2] / "docs" / "results"
FOLDERS = sorted(path.parent for path in FOLDER.rglob("suite.json"))
analysis_of = cache(analyse)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_records_are_small_and_named_by_their_settings(folder: Path) -> None:
    files = list((folder / "records").iterdir())
    assert files
    for file in files:
        assert file.stat().st_size <= 4096, file
        record = Store(folder).read(file.stem)
        assert record is not None
        assert digest(record["settings"]) == file.stem == record["key"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_run_would_keep_every_record(folder: Path, uci_data: Path) -> None:
    """But those of MCLMC, which now integrates the noise scale out: they wait to be redone."""
    store = Store(folder)
    kept = {r["key"] for r in store.records() if "inference:MCLMC" not in str(r["settings"])}
    assert kept <= {cell.key for cell in cells_of(store.suite()[1])}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_run_states_what_these_rows_cost(folder: Path) -> None:
    assert mean_seconds(Store(folder).records()).keys() <= shipped_seconds().keys()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_rows_are_the_suite_s_and_of_one_configuration_each(folder: Path) -> None:
    analysis = analysis_of(folder)
    labels = {row.label or f"{row.model} × {row.inference}" for row in analysis.suite.every_row}
    assert {line.row for line in analysis.every_line} <= labels


reports = pytest.mark.parametrize(
    ("out", "folders"),
    [
        (".", ["."]),
        ("peers", ["peers"]),
        ("released-em", ["released-em"]),
        ("seeds", ["seeds"]),
        ("mnist", ["mnist"]),
        ("with-peers", [".", "peers"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
AGAIN = "make the reports again, as docs/results/README.md says"


@reports
def test_reports_are_of_these_records(out: str, folders: list[str]) -> None:
    found = analysis_of(*(FOLDER / name for name in folders)).summary.to_csv(index=False)
    assert (FOLDER / out / "summary.csv").read_text() == found, AGAIN


@pytest.mark.slow
@reports
def test_reports_have_the_words_of_today(out: str, folders: list[str]) -> None:
    found = markdown(analysis_of(*(FOLDER / name for name in folders)))
    assert (FOLDER / out / "report.md").read_text() == found, AGAIN
