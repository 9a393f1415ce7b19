"""Numbers of the overview as text, for the terminal and for Markdown alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NOT_CONVERGED, MIXED = "†", "‡"


def score_cells(line: pd.Series) -> dict[str, str]:
    """Column → text of one line of the overview: scores and sampler diagnostics."""
    marks = (NOT_CONVERGED if line["not_converged"] else "") + (MIXED if line["mixed"] else "")
    return {
        "model": line["model"],
        "method": line["method"] + marks,
        "RMSE": plus_minus(line["rmse"], line["rmse_se"]),
        "NLL": plus_minus(line["nll"], line["nll_se"]),
        "CRPS": number(line["crps"]),
        "MAE": number(line["mae"]),
        "MAE per draw": number(line["mae_per_draw"]),
        "cover 90 %": percent(line["coverage_90"]),
        "max R-hat f(x)": number(line["max_rhat_f"], 3),
        "rows > 1.05": percent(line["share_rhat_f"]),
        "diverg.": number(line["divergences"]),
        "s / split": number(line["total"], 3),
        "splits": str(line["n"]),
    }


def time_cells(line: pd.Series) -> dict[str, str]:
    """Column → text of one line of the overview: where the time went."""
    return {
        "dataset": line["dataset"],
        "row": line["row"],
        "splits": str(line["n"]),
        "compiled in": str(line["compiled"]),
        "compile": number(line["compile"], 3),
        "run": number(line["run"], 3),
        "other": number(line["other"], 3),
        "total": number(line["total"], 3),
    }


def notes(lines: pd.DataFrame) -> list[str]:
    """What the marks in those lines mean, row by row."""
    found = []
    for _, line in lines.iterrows():
        if line["not_converged"]:
            share = f"{line['not_converged']} of {line['n']} splits"
            found.append(f"{NOT_CONVERGED} {line['row']}: {line['verdict']} ({share})")
        if line["mixed"]:
            found.append(
                f"{MIXED} {line['row']}: splits ran under several versions: {line['mixed']}"
            )
    return found


def plus_minus(mean: float, se: float) -> str:
    """``mean ± se`` with two significant digits of the standard error."""
    if not math.isfinite(se) or se == 0:
        return number(mean)
    digits = max(0, 1 - math.floor(math.log10(se)))
    return f"{mean:.{digits}f} ± {se:.{digits}f}"


def number(value: Any, digits: int = 4) -> str:
    """Significant digits without an exponent where it reads well; a dash where there is none."""
    if _absent(value):
        return "–"
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def percent(value: Any) -> str:
    """A share in whole percent; a dash where there is none."""
    return "–" if _absent(value) else f"{100 * value:.0f} %"


def _absent(value: Any) -> bool:
    return value is None or value != value


def markdown_table(rows: list[dict[str, str]]) -> str:
    """A Markdown table; the first column is text, the others numbers."""
    heads = list(rows[0])
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(map(_escape, line)) + " |" for line in lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
