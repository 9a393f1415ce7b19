"""The text of a report, which stands on its own: tables, tests, what did not run, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.format import markdown_table, notes, number, score_table, time_cells
from bayesdrop.benchmark.overview import Line
from bayesdrop.benchmark.picture import panels
from bayesdrop.benchmark.store import Record
from bayesdrop.spec import canonical_json

if TYPE_CHECKING:
    import pandas as pd

_HOW_TO_READ = (
    "± is the standard error over splits. All scores are in the target's original units and of "
    "the mixture over draws; RMSE and MAE are of the predictive mean. *MAE per draw* is the mean "
    'absolute error of single draws, which some published tables call "RMSE". *max R-hat f(x)* '
    "is the largest over test rows and splits, *rows > 1.05* the mean share of test rows above "
    "1.05; – where a method has no chains. *s / split* is the wall time, compilation included. "
    "Of classes, *accuracy* is that of the most probable class, and *ECE* the expected calibration "
    "error (Guo et al. 2017)."
)
_TIME = (
    "Mean seconds per split: compiling, the method's own run, and everything else (data, "
    "prediction, scores, diagnostics). Splits of one shape share a compiled program."
)
_AGAINST_THE_BEST = (
    "Differences to the row of the lowest mean, paired over splits, by the corrected resampled "
    "t-test (Nadeau & Bengio 2003):"
)


def markdown(
    name: str,
    description: str,
    records: Sequence[Record],
    lines: Mapping[str, list[Line]],
    differences: pd.DataFrame,
) -> str:
    """The report of suite ``name`` in Markdown; pictures are named ``scores-<dataset>.png``."""
    pairs: list[dict[str, Any]] = differences.to_dict("records")  # type: ignore[assignment]
    sections = [f"# {name}", description, _HOW_TO_READ]
    for dataset, group in lines.items():
        sections += [
            f"## {dataset}",
            markdown_table(score_table(group)),
            "\n".join(f"- {note}" for note in notes(group)),
            f"![{' and '.join(panels(group))} on {dataset}](scores-{dataset}.png)",
            *_tests(group, [pair for pair in pairs if pair["dataset"] == dataset]),
        ]
    every_line = [line for group in lines.values() for line in group]
    if every_line:
        sections += ["## Time", _TIME, markdown_table([time_cells(line) for line in every_line])]
    for status in ("skipped", "failed"):
        if found := not_run(records, status):
            sections += [f"## {status.capitalize()}", "\n".join(f"- {line}" for line in found)]
    sections += _what_ran(records)
    return "\n\n".join(section for section in sections if section) + "\n"


def not_run(records: Sequence[Record], status: str) -> list[str]:
    """One line per model, method, dataset and reason, with the splits it holds for."""
    splits: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record["status"] == status:
            row = f"{record['model']} × {record['inference']}, {record['dataset']}"
            error = record.get("error", {})
            reason = record.get("reason") or f"{error['type']}: {error['message']}"
            splits.setdefault((row, reason), []).append(str(record["split"]))
    return [
        f"{row}, split {', '.join(numbers)}: {reason}" for (row, reason), numbers in splits.items()
    ]


def _tests(lines: list[Line], pairs: list[dict[str, Any]]) -> Iterator[str]:
    """Every row's difference to the row of the lowest mean."""
    found = []
    for metric in ("rmse", "brier", "nll"):
        scored = [line for line in lines if metric in line.scores]
        if not scored:
            continue
        best = min(scored, key=lambda line: line.scores[metric].mean).row
        for pair in pairs:
            if pair["metric"] == metric and best in (pair["a"], pair["b"]):
                sign = 1 if pair["b"] == best else -1
                low, high = sorted((sign * pair["low"], sign * pair["high"]))
                found.append(
                    {
                        "row": pair["a"] if sign == 1 else pair["b"],
                        "metric": metric.upper() if metric != "brier" else "Brier",
                        "lowest": best,
                        "difference": number(sign * pair["difference"], 3),
                        "95 % interval": f"{number(low, 3)} to {number(high, 3)}",
                        "p": number(pair["p"], 2),
                        "splits": str(pair["n"]),
                    }
                )
    if found:
        yield _AGAINST_THE_BEST
        yield markdown_table(found)


def _what_ran(records: Sequence[Record]) -> Iterator[str]:
    """Resolved settings, versions and devices."""
    settings, versions, devices = set(), set(), set()
    for record in records:
        model, inference = (canonical_json(record["settings"][k]) for k in ("model", "inference"))
        settings.add(f"- {record['model']}: `{model}`")
        settings.add(f"- {record['inference']}, revision {record['revision']}: `{inference}`")
        versions.add(", ".join(f"{name} {v}" for name, v in sorted(record["versions"].items())))
        devices.add(str(record.get("info", {}).get("device", "")))
    yield "## Settings"
    yield "\n".join(sorted(settings))
    yield "Versions: " + "; ".join(sorted(versions)) + "."
    if named := sorted(devices - {""}):
        yield "Devices: " + ", ".join(named) + "."
