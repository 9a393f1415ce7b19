"""The report of a results folder: tables, and a picture per dataset."""

from __future__ import annotations

from pathlib import Path

from bayesdrop.benchmark.compare import paired_differences, summarize
from bayesdrop.benchmark.markdown import markdown
from bayesdrop.benchmark.overview import overview
from bayesdrop.benchmark.picture import draw_dataset
from bayesdrop.benchmark.store import Store
from bayesdrop.benchmark.table import long_table

_COMPARED = ("rmse", "nll", "crps", "brier")


def report(out: str | Path) -> list[Path]:
    """Write the report of the results folder ``out`` into it.

    Returns
    -------
    paths
        What was written: ``report.md``; ``scores-<dataset>.png``; ``table.csv`` and
        ``table.parquet`` (:func:`bayesdrop.benchmark.table.long_table`); ``summary.csv``
        (:func:`bayesdrop.benchmark.compare.summarize`); ``differences.csv``
        (:func:`bayesdrop.benchmark.compare.paired_differences`).

    Raises
    ------
    FileNotFoundError, ValueError
        ``out`` is no results folder, or has no results yet.
    """
    import pandas as pd

    store = Store(out)
    name, suite = store.suite()
    records = store.records()
    table, lines = long_table(records, suite), overview(records, suite)
    compared = [paired_differences(table, metric) for metric in _COMPARED]
    differences = pd.concat([frame for frame in compared if len(frame)] or compared[:1])

    folder = store.folder
    text = markdown(name, suite.description, records, lines, differences)
    (folder / "report.md").write_text(text, encoding="utf-8")
    table.to_csv(folder / "table.csv", index=False)
    table.to_parquet(folder / "table.parquet", index=False)
    summarize(table).to_csv(folder / "summary.csv", index=False)
    differences.to_csv(folder / "differences.csv", index=False)
    for dataset, group in lines.items():
        draw_dataset(group, folder / f"scores-{dataset}.png")
    pictures = [f"scores-{dataset}.png" for dataset in lines]
    tables = ["table.csv", "table.parquet", "summary.csv", "differences.csv"]
    return [folder / file for file in ("report.md", *pictures, *tables)]
