"""Records as one long, tidy table: a row per cell and metric."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.store import Record

if TYPE_CHECKING:
    import pandas as pd

_FIRST = ("dataset", "model", "inference", "method", "row", "split", "status", "metric", "value")
_LEFT_OUT = ("settings", "metrics", "not_finite")


def long_table(records: Sequence[Record]) -> pd.DataFrame:
    """One row per cell and metric, with all that identifies the cell and qualifies the number.

    Columns
    -------
    dataset, model, inference, split
        Names, and the split's number.
    method
        From :func:`method_names`.
    row
        ``model × method``: what a row of a report shows.
    status
        ``"ok"``, ``"skipped"`` or ``"failed"``; the latter two have one row, without a metric.
    metric, value
        As :func:`bayesdrop.evaluate` names them.
    reason, error_type, error_message
        Why a cell was skipped or failed.
    diagnostics_*, seconds_*, versions_*, platform_*, info_*
        Those parts of the record, flattened; what is nested in ``info`` as JSON texts.
    others
        ``key, configuration, revision, seed, jobs, n_train, n_test, n_features, started,
        finished``.

    Raises
    ------
    ValueError
        There are no records.
    """
    import pandas as pd

    if not records:
        raise ValueError("there are no results yet: `bayesdrop run` makes them")
    methods = method_names(records)
    rows = []
    for record in records:
        cell = {name: value for name, value in record.items() if name not in _LEFT_OUT}
        method = methods[record["key"]]
        cell |= {"method": method, "row": f"{record['model']} × {method}"}
        cell["info"] = {name: _flat(value) for name, value in record.get("info", {}).items()}
        scores = record["metrics"] if record["status"] == "ok" else {None: None}
        rows += [{**cell, "metric": metric, "value": value} for metric, value in scores.items()]
    table = pd.json_normalize(rows, sep="_").drop(columns="error_traceback", errors="ignore")
    others = [name for name in table.columns if name not in _FIRST]
    return table.reindex(columns=[*_FIRST, *others]).convert_dtypes()


def _flat(value: Any) -> Any:
    """A table has no nested values: those are JSON texts."""
    nested = isinstance(value, (dict, list))
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if nested else value


def method_names(records: Sequence[Record]) -> dict[str, str]:
    """Key → the method's name as reports show it.

    Where the records hold several configurations of one model and method, the name carries the
    revision, or else a hash of the settings, so that they are never averaged together.
    """
    revisions: dict[tuple[str, str], dict[str, int]] = {}
    for record in records:
        found = revisions.setdefault((record["model"], record["inference"]), {})
        found[record["configuration"]] = record["revision"]
    names = {}
    for record in records:
        found, name = revisions[record["model"], record["inference"]], record["inference"]
        if len(found) > 1 and len(set(found.values())) == len(found):
            name += f" (revision {record['revision']})"
        elif len(found) > 1:
            name += f" ({record['configuration'][:6]})"
        names[record["key"]] = name
    return names
