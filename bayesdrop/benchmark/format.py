"""Lines of the overview as text, for the terminal and for Markdown alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bayesdrop.benchmark.compare import Summary
from bayesdrop.benchmark.overview import Line

NOT_CONVERGED, MIXED = "†", "‡"


_SCORES: dict[str, tuple[str, Callable[[Summary], str]]] = {
    "rmse": ("RMSE", lambda score: plus_minus(score)),
    "accuracy": ("accuracy", lambda score: plus_minus(score)),
    "nll": ("NLL", lambda score: plus_minus(score)),
    "crps": ("CRPS", lambda score: number(score.mean)),
    "mae": ("MAE", lambda score: number(score.mean)),
    "mae_per_draw": ("MAE per draw", lambda score: number(score.mean)),
    "coverage_90": ("cover 90 %", lambda score: percent(score.mean)),
    "brier": ("Brier", lambda score: number(score.mean)),
    "expected_calibration_error": ("ECE", lambda score: number(score.mean)),
}
"""Metric → its column and how that shows it."""


def score_table(lines: Sequence[Line]) -> list[dict[str, str]]:
    """One row per line, column → text: the scores that any line has, and sampler diagnostics."""
    there = [metric for metric in _SCORES if any(metric in line.scores for line in lines)]
    return [_score_cells(line, there) for line in lines]


def _score_cells(line: Line, metrics: Sequence[str]) -> dict[str, str]:
    marks = (NOT_CONVERGED if line.not_converged else "") + (MIXED if line.mixed else "")
    scores = {}
    for metric in metrics:
        column, shown = _SCORES[metric]
        scores[column] = shown(line.scores[metric]) if metric in line.scores else "–"
    return {
        "model": line.model,
        "method": line.method + marks,
        **scores,
        "max R-hat f(x)": number(line.max_rhat_f, 3),
        "rows > 1.05": percent(line.share_rhat_f),
        "diverg.": number(line.divergences),
        "s / split": number(line.total, 3),
        "splits": str(line.n),
    }


def time_cells(line: Line) -> dict[str, str]:
    """Column → text: where the time went."""
    return {
        "dataset": line.dataset,
        "row": line.row,
        "splits": str(line.n),
        "of these compiled": str(line.compiled),
        "compile": number(line.compiling, 3),
        "run": number(line.running, 3),
        "other": number(line.other, 3),
        "total": number(line.total, 3),
    }


def notes(lines: Sequence[Line]) -> list[str]:
    """What the marks in those lines mean, row by row."""
    found = []
    for line in lines:
        if line.not_converged:
            share = f"{line.not_converged} of {line.n} splits"
            found.append(f"{NOT_CONVERGED} {line.row}: {line.verdict} ({share})")
        if line.mixed:
            found.append(
                f"{MIXED} {line.row}: its splits ran under several versions of {line.mixed}"
            )
    return found


def plus_minus(score: Summary) -> str:
    """``mean ± se`` with two significant digits of the standard error."""
    if not math.isfinite(score.se) or score.se == 0:
        return number(score.mean)
    digits = max(0, 1 - math.floor(math.log10(score.se)))
    return f"{score.mean:.{digits}f} ± {score.se:.{digits}f}"


def number(value: float | None, digits: int = 4) -> str:
    """Significant digits, without an exponent where that reads well; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value) or value == int(value):
        return f"{value:.0f}"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def percent(value: float | None) -> str:
    """A share in whole percent; a dash for none."""
    return "–" if value is None else f"{100 * value:.0f} %"


def markdown_table(rows: Sequence[dict[str, str]]) -> str:
    """A Markdown table; the first column is text, the others numbers."""
    heads = list(rows[0])
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(map(_escape, line)) + " |" for line in lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
