"""The long table condensed to what a report shows: a line per dataset, model and method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.compare import summarize

if TYPE_CHECKING:
    import pandas as pd

SCORES = ("rmse", "nll", "crps", "mae", "mae_per_draw", "coverage_90")


def overview(table: pd.DataFrame) -> pd.DataFrame:
    """One line per dataset and row of the report.

    Parameters
    ----------
    table
        From :func:`bayesdrop.benchmark.table.long_table`.

    Returns
    -------
    DataFrame
        Columns ``dataset, model, method, row``; ``n``, the number of splits; ``rmse, nll, crps,
        mae, mae_per_draw, coverage_90``, means over splits, and ``rmse_se`` and so on, their
        standard errors; ``max_rhat_f`` and ``divergences``, the largest R-hat of f(x) over all
        test rows and splits and the number of divergences in all splits; ``share_rhat_f``, the
        mean share of test rows whose R-hat of f(x) is above 1.05; ``not_converged``, the number
        of splits whose chains had not converged, and ``verdict``, what their diagnostics say;
        ``compiled``, the number of cells that had to compile; ``compile, run, other, total``,
        mean seconds per cell; ``mixed``, packages of which the splits used several versions.
    """
    import pandas as pd

    summary = summarize(table)
    cells = table[table["status"] == "ok"].drop_duplicates("key")
    lines = []
    for (dataset, row), group in cells.groupby(["dataset", "row"], sort=False):
        scores = summary[(summary["dataset"] == dataset) & (summary["row"] == row)]
        by_metric = scores.set_index("metric")
        first = group.iloc[0]
        lines.append(
            {
                "dataset": dataset,
                "model": first["model"],
                "method": first["method"],
                "row": row,
                "n": len(group),
                **{name: by_metric.at[name, "mean"] for name in SCORES},
                **{f"{name}_se": by_metric.at[name, "se"] for name in SCORES},
                **_mixing(group),
                **_seconds(group),
                "mixed": _mixed_versions(group),
            }
        )
    return pd.DataFrame(lines)


def _mixing(cells: pd.DataFrame) -> dict[str, Any]:
    rhat = _known(cells, "diagnostics_max_rhat_f")
    share = _known(cells, "diagnostics_share_rhat_f_above_1_05")
    divergences = _known(cells, "diagnostics_divergences")
    bad = cells[_known(cells, "diagnostics_converged").eq(False).reindex(cells.index).eq(True)]
    return {
        "max_rhat_f": rhat.max() if len(rhat) else None,
        "share_rhat_f": share.mean() if len(share) else None,
        "divergences": int(divergences.sum()) if len(divergences) else None,
        "not_converged": len(bad),
        "verdict": "; ".join(dict.fromkeys(bad["diagnostics_summary"])) if len(bad) else "",
    }


def _seconds(cells: pd.DataFrame) -> dict[str, float]:
    compile_s, run, total = (
        cells[f"seconds_{name}"].astype(float) for name in ("compile", "run", "total")
    )
    return {
        "compiled": int((compile_s > 0).sum()),
        "compile": compile_s.mean(),
        "run": run.mean(),
        "other": (total - run - compile_s).mean(),
        "total": total.mean(),
    }


def _mixed_versions(cells: pd.DataFrame) -> str:
    columns = [name for name in cells.columns if name.startswith("versions_")]
    mixed = [name for name in columns if cells[name].nunique(dropna=False) > 1]
    return ", ".join(name.removeprefix("versions_") for name in mixed)


def _known(cells: pd.DataFrame, column: str) -> pd.Series:
    """The values of a column that only some methods have."""
    import pandas as pd

    return cells[column].dropna() if column in cells else pd.Series(dtype=float)
