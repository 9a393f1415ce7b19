"""Records as one long, tidy table: a row per cell and metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayesdrop.benchmark.store import Record

if TYPE_CHECKING:
    import pandas as pd

FIRST_COLUMNS = (
    "dataset",
    "model",
    "inference",
    "method",
    "row",
    "split",
    "status",
    "metric",
    "value",
)


def long_table(records: Sequence[Record]) -> pd.DataFrame:
    """One row per cell and metric, with all that identifies the cell and qualifies the number.

    Columns
    -------
    dataset, model, inference, split
        Names, and the split's number.
    method
        ``inference``, with the revision or the hash of the settings where the folder holds
        several of one name: those are never averaged together.
    row
        ``model × method``: what a row of a report shows.
    status
        ``"ok"``, ``"skipped"`` or ``"failed"``; the latter two have one row, without a metric.
    metric, value
        As :func:`bayesdrop.evaluate` names them.
    reason, error_type, error_message
        Why a cell was skipped or failed.
    diagnostics_*, seconds_*, versions_*, platform_*, info_*
        Those parts of the record, flattened.
    others
        ``key, configuration, revision, seed, jobs, n_train, n_test, n_features, final_loss,
        started, finished``.

    Raises
    ------
    ValueError
        There are no records.
    """
    import pandas as pd

    if not records:
        raise ValueError("there are no results yet: `bayesdrop run` makes them")
    dropped = ("settings", "metrics", "not_finite")
    cells = pd.json_normalize(
        [{k: v for k, v in record.items() if k not in dropped} for record in records], sep="_"
    )
    cells = cells.drop(columns="error_traceback", errors="ignore")
    cells["method"] = _methods(cells)
    cells["row"] = cells["model"] + " × " + cells["method"]
    scores = pd.DataFrame(
        [
            {"key": record["key"], "metric": metric, "value": value}
            for record in records
            if record["status"] == "ok"
            for metric, value in record["metrics"].items()
        ],
        columns=["key", "metric", "value"],
    )
    table = cells.merge(scores, on="key", how="left").convert_dtypes()
    others = [name for name in table.columns if name not in FIRST_COLUMNS]
    return table[[*FIRST_COLUMNS, *others]]


def _methods(cells: pd.DataFrame) -> pd.Series:
    """The methods' names; where several configurations share one, each says which it is."""

    def qualified(group: pd.DataFrame) -> pd.Series:
        configurations = group.drop_duplicates("configuration")
        if len(configurations) == 1:
            return group["inference"]
        if configurations["revision"].is_unique:
            return group["inference"] + " (revision " + group["revision"].astype(str) + ")"
        return group["inference"] + " (" + group["configuration"].str[:6] + ")"

    parts = [qualified(group) for _, group in cells.groupby(["model", "inference"], sort=False)]
    import pandas as pd

    return pd.concat(parts).reindex(cells.index)
