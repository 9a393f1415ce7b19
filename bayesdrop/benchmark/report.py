"""The report of a results folder: tables, a picture per dataset, and the terminal's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdrop.benchmark import format as text
from bayesdrop.benchmark.compare import paired_differences
from bayesdrop.benchmark.overview import overview
from bayesdrop.benchmark.picture import draw_dataset
from bayesdrop.benchmark.store import Record, Store
from bayesdrop.benchmark.table import long_table
from bayesdrop.spec import canonical_json

if TYPE_CHECKING:
    import pandas as pd

_COMPARED = ("rmse", "nll", "crps")
_HOW_TO_READ = (
    "± is the standard error over splits. All scores are in the target's original units, of the "
    "mixture over draws; RMSE and MAE are of the predictive mean. MAE per draw is the mean "
    'absolute error of single draws, which some published tables call "RMSE". max R-hat f(x) is '
    "the largest over test rows and splits; rows > 1.05 the share of test rows above 1.05; "
    "– where a method has no chains. s / split is the wall time of a cell, compilation included."
)


def report(out: str | Path) -> list[Path]:
    """Write the report of the results folder ``out``.

    Returns
    -------
    paths
        What was written: ``report.md``; ``table.csv`` and ``table.parquet`` (see
        :func:`bayesdrop.benchmark.table.long_table`); ``overview.csv``; ``differences.csv`` (see
        :func:`bayesdrop.benchmark.compare.paired_differences`); ``scores-<dataset>.png``.

    Raises
    ------
    FileNotFoundError, ValueError
        ``out`` is no results folder, or has no results yet.
    """
    import pandas as pd

    store = Store(out)
    name, suite = store.suite()
    records = store.records()
    table = long_table(records)
    lines = overview(table)
    differences = pd.concat([paired_differences(table, metric) for metric in _COMPARED])
    folder = store.folder
    table.to_csv(folder / "table.csv", index=False)
    table.to_parquet(folder / "table.parquet", index=False)
    lines.to_csv(folder / "overview.csv", index=False)
    differences.to_csv(folder / "differences.csv", index=False)
    written = ["table.csv", "table.parquet", "overview.csv", "differences.csv"]
    for dataset, group in _by_dataset(lines):
        draw_dataset(group, folder / f"scores-{dataset}.png")
        written.append(f"scores-{dataset}.png")
    sections = [f"# {name}", suite.description, *_sections(records, lines, differences)]
    content = "\n\n".join(section for section in sections if section) + "\n"
    (folder / "report.md").write_text(content, encoding="utf-8")
    return [folder / file for file in ("report.md", *written)]


def print_report(out: str | Path) -> None:
    """Print the table of the results folder ``out`` to the terminal."""
    from rich.console import Console
    from rich.table import Table

    records = Store(out).records()
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    for dataset, group in _by_dataset(overview(long_table(records))):
        rows = [text.score_cells(line) for _, line in group.iterrows()]
        shown = Table(title=dataset, title_justify="left", box=None, padding=(0, 1))
        for head in rows[0]:
            shown.add_column(head, justify="left" if head in ("model", "method") else "right")
        for row in rows:
            shown.add_row(*row.values())
        console.print(shown)
        for note in text.notes(group):
            console.print(note, highlight=False, markup=False)
        console.print()
    for line in _not_run(records, "skipped") + _not_run(records, "failed"):
        console.print(line, highlight=False, markup=False)


def _by_dataset(lines: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    if len(lines):
        for dataset, group in lines.groupby("dataset", sort=False):
            yield str(dataset), group


def _sections(
    records: Sequence[Record], lines: pd.DataFrame, differences: pd.DataFrame
) -> Iterator[str]:
    yield _HOW_TO_READ
    for dataset, group in _by_dataset(lines):
        yield f"## {dataset}"
        yield text.markdown_table([text.score_cells(line) for _, line in group.iterrows()])
        yield "\n".join(f"- {note}" for note in text.notes(group))
        yield f"![RMSE and NLL on {dataset}](scores-{dataset}.png)"
        yield from _against_the_best(group, differences[differences["dataset"] == dataset])
    if len(lines):
        yield "## Time"
        yield (
            "Mean seconds per split: compiling, the method's own run, and everything else (data, "
            "prediction, scores, diagnostics). Splits of one shape share a compiled program."
        )
        yield text.markdown_table([text.time_cells(line) for _, line in lines.iterrows()])
    for status in ("skipped", "failed"):
        if found := _not_run(records, status):
            yield f"## {status.capitalize()}"
            yield "\n".join(f"- {line}" for line in found)
    yield from _what_ran(records)


def _against_the_best(lines: pd.DataFrame, differences: pd.DataFrame) -> Iterator[str]:
    """Every row's difference to the row of the lowest mean, with a corrected 95 % interval."""
    found = []
    for metric in ("rmse", "nll"):
        best = lines.loc[lines[metric].idxmin(), "row"]
        for _, pair in differences[differences["metric"] == metric].iterrows():
            if best in (pair["a"], pair["b"]):
                sign = 1 if pair["b"] == best else -1
                low, high = sorted((sign * pair["low"], sign * pair["high"]))
                found.append(
                    {
                        "row": pair["a"] if sign == 1 else pair["b"],
                        "metric": metric.upper(),
                        "against": best,
                        "difference": text.number(sign * pair["difference"], 3),
                        "95 % interval": f"{text.number(low, 3)} to {text.number(high, 3)}",
                        "p": text.number(pair["p"], 2),
                        "splits": str(pair["n"]),
                    }
                )
    if found:
        yield (
            "Against the row of the lowest mean, paired over splits, with the corrected resampled "
            "t-test (Nadeau & Bengio 2003):"
        )
        yield text.markdown_table(found)


def _not_run(records: Sequence[Record], status: str) -> list[str]:
    """One line per model, method, dataset and reason, with the splits it holds for."""
    splits: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record["status"] == status:
            row = f"{record['model']} × {record['inference']}, {record['dataset']}"
            error = record.get("error", {})
            reason = record.get("reason") or f"{error.get('type')}: {error.get('message')}"
            splits.setdefault((row, reason), []).append(str(record["split"]))
    return [
        f"{status}: {row} (split {', '.join(numbers)}): {reason}"
        for (row, reason), numbers in splits.items()
    ]


def _what_ran(records: Sequence[Record]) -> Iterator[str]:
    """Resolved settings and versions, so that the report stands on its own."""
    yield "## Settings"
    settings: dict[str, None] = {}
    for record in records:
        for kind in ("model", "inference"):
            revision = f", revision {record['revision']}" if kind == "inference" else ""
            resolved = canonical_json(record["settings"][kind])
            settings[f"- {record[kind]}{revision}: `{resolved}`"] = None
    yield "\n".join(sorted(settings))
    versions = {", ".join(f"{k} {v}" for k, v in record["versions"].items()) for record in records}
    devices = {
        str(record["info"]["device"]) for record in records if "device" in record.get("info", {})
    }
    yield "Versions: " + "; ".join(sorted(versions)) + "."
    if devices:
        yield "Devices: " + ", ".join(sorted(devices)) + "."
