"""The long table: a row per cell and metric."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.store import Store
from bayesdrop.suite import Suite


def test_the_long_table_in_csv_and_parquet(reported: list[Path]) -> None:
    folder = reported[0].parent
    csv, parquet = pd.read_csv(folder / "table.csv"), pd.read_parquet(folder / "table.parquet")
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


def test_notes_of_several_types_are_texts(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a",), ("m",), ("d",), 2))
    for split, temperature in enumerate(("learned", 0.5)):
        store.write(make_record(split=split, info={"temperature": temperature}))
    write_report(store.folder)
    table = pd.read_parquet(store.folder / "table.parquet")
    assert set(table["info_temperature"]) == {'"learned"', "0.5"}


def test_what_a_search_chose_is_in_the_table_as_text(results: Path, make_record) -> None:
    for split, value in enumerate(("learned", 2)):
        info = {"chosen": {"inference.precision": value}, "grid": {"nll": [1.5, None]}}
        Store(results).write(make_record("a", "search", split, info=info))
    write_report(results)
    for table in (pd.read_csv(results / "table.csv"), pd.read_parquet(results / "table.parquet")):
        found = table[table["inference"] == "search"].groupby("split")[["info_chosen", "info_grid"]]
        assert found.first().to_numpy().tolist() == [
            ['{"inference.precision": "learned"}', '{"nll": [1.5, null]}'],
            ['{"inference.precision": 2}', '{"nll": [1.5, null]}'],
        ]
