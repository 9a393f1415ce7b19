"""The tables of one data set as texts, for the terminal and for every format of a report alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.legend import (
    BEATEN,
    LEFT_OUT,
    MIXED,
    NOT_CONVERGED,
    OLD_VERDICT,
    marks,
)
from bayesdrop.benchmark.report.numbers import number, percent, score_text
from bayesdrop.benchmark.report.published import PUBLISHED, Published, published_on
from bayesdrop.benchmark.report.words import counted
from bayesdrop.benchmark.run.stored_record import Record, reason_line
from bayesdrop.benchmark.stats.comparable import best_lines, better_on_fewer
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.benchmark.stats.row_names import RowName


def score_table(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return column → text for each line: its name, convergence, scores that any line has."""
    there = [metric for metric in METRICS if any(metric in line.scores for line in lines)]
    rows = [
        _name_cells(line, lines) | convergence_cells([line]) | _score_cells(line, there)
        for line in lines
    ]
    for metric in there:
        if better_on_fewer(lines, metric):
            for k in best_lines(lines, metric):
                rows[k][METRICS[metric].title] += BEATEN
    return rows


def marked(line: Line) -> str:
    """Return the row's name with the marks of what qualifies its numbers."""
    return line.row + marks(line)


def _name_cells(line: Line, lines: Sequence[Line]) -> dict[str, str]:
    if all(line.row == f"{line.model} × {line.method}" for line in lines):
        return {"model": line.model, "method": line.method + marks(line)}
    return {"row": marked(line)}


def _score_cells(line: Line, metrics: Sequence[str]) -> dict[str, str]:
    scores = {}
    for metric in metrics:
        score, made = line.scores.get(metric), METRICS[metric]
        scores[made.title] = score_text(score, made.shown_as) if score else "–"
        if made.with_std:
            scores[f"{made.title} sd"] = number(score.std, 2) if score else "–"
    failed = f", {line.failed} failed" if line.failed else ""
    return {
        **scores,
        "s / split": number(line.total, 3) if line.n else "–",
        "splits": f"{line.n}{failed}",
    }


def convergence_cells(lines: Sequence[Line]) -> dict[str, str]:
    """Return column → text: whether one or several lines of a row converged, and how far."""
    judged = sum(line.judged for line in lines)
    converged = judged - sum(line.not_converged for line in lines)
    rhat = [line.max_rhat_f for line in lines if line.max_rhat_f is not None]
    shares = [line.share_rhat_f for line in lines if line.share_rhat_f is not None]
    divergences = [line.divergences for line in lines if line.divergences is not None]
    return {
        "converged": f"{converged} of {judged}" if judged else "–",
        "max R-hat f(x)": number(max(rhat, default=None), 3),
        "rows > 1.05": percent(sum(shares) / len(shares) if shares else None),
        "diverg.": number(sum(divergences) if divergences else None),
    }


def best_cells(lines: Sequence[Line]) -> set[tuple[int, str]]:
    """Return (number of the line, column) of the best mean of every score with a direction."""
    return {(k, made.title) for metric, made in METRICS.items() for k in best_lines(lines, metric)}


def time_cells(line: Line) -> dict[str, str]:
    """Return column → text: where the time went."""
    return {
        "data set": line.dataset,
        "row": marked(line),
        "splits": str(line.n),
        "of these compiled": str(line.compiled),
        "compile": number(line.compiling, 3),
        "run": number(line.running, 3),
        "other": number(line.other, 3),
        "total": number(line.total, 3),
        "on": line.ran_on,
    }


def qualified(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return a line for each mark of each row: why it is there, and on how many splits."""
    return [
        {
            "row": line.row,
            "mark": mark,
            "why": why,
            "splits": f"{count} of {line.n}",
        }
        for line in lines
        for mark, (count, why) in _reasons(line).items()
        if mark in marks(line)
    ] + [
        {
            "row": " and ".join(lines[k].row for k in best_lines(lines, metric)),
            "mark": BEATEN,
            "why": f"{line.row} has a better {METRICS[metric].title}",
            "splits": f"{line.n} of {lines[best_lines(lines, metric)[0]].n}",
        }
        for metric in METRICS
        for line in (lines[k] for k in better_on_fewer(lines, metric))
    ]


def _reasons(line: Line) -> dict[str, tuple[int, str]]:
    """Mark → on how many splits it holds, and why."""
    return {
        NOT_CONVERGED: (line.not_converged, line.verdict or "not converged"),
        LEFT_OUT: (
            len(line.left_out),
            f"{counted(sum(line.left_out), 'chain')} ran away",
        ),
        OLD_VERDICT: (line.old_verdict, "judged by R-hat of f(x) at test rows alone"),
        MIXED: (line.n, f"several versions of {line.mixed}"),
    }


def published_table(
    dataset: str, published: Sequence[Published] = PUBLISHED
) -> list[dict[str, str]]:
    """Return published scores on that data set, and what keeps each from a direct comparison."""
    return [
        {
            "published": publication.title,
            "RMSE": str(publication.rmse.get(dataset, "–")),
            "NLL": str(publication.nll.get(dataset, "–")),
            "how it was made": f"{publication.source}. {publication.caveat}",
        }
        for publication in published_on(dataset, published)
    ]


def not_run(records: Sequence[Record], names: Mapping[str, RowName], status: str) -> list[str]:
    """Return a text per row, dataset and reason, with the splits it holds for."""
    splits: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record["status"] == status:
            row = f"{names[record['key']].label}, {record['dataset']}"
            splits.setdefault((row, reason_line(record)), []).append(str(record["split"]))
    return [
        f"{row}, split {', '.join(numbers)}: {reason}" for (row, reason), numbers in splits.items()
    ]


def tests_against_the_best(
    lines: Sequence[Line], pairs: Sequence[dict[str, Any]]
) -> list[dict[str, str]]:
    """Compare every row with the row of the best mean, of those that ran on every split."""
    names = {line.row: marked(line) for line in lines}
    return [
        _test_cells(pair, lines[first].row, names)
        for metric in METRICS
        for first in best_lines(lines, metric)[:1]
        for pair in pairs
        if pair["metric"] == metric and lines[first].row in (pair["a"], pair["b"])
    ]


def _test_cells(pair: dict[str, Any], first: str, names: dict[str, str]) -> dict[str, str]:
    sign = 1 if pair["b"] == first else -1
    low, high = sorted((sign * pair["low"], sign * pair["high"]))
    return {
        "row": names[pair["a"] if sign == 1 else pair["b"]],
        "metric": METRICS[pair["metric"]].title,
        "best": names[first],
        "difference": number(sign * pair["difference"], 3),
        "95 % interval": f"{number(low, 3)} to {number(high, 3)}",
        "p": number(pair["p"], 2),
        "detectable": number(pair["detectable"], 2),
        "splits": str(pair["n"]),
    }
