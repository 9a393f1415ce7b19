"""Records as one long, tidy table: an entry per cell and metric."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.run.stored_record import Record, diagnostic
from bayesdrop.benchmark.stats.row_names import row_names
from bayesdrop.suite import Suite

if TYPE_CHECKING:
    import pandas as pd

_FIRST = (
    "dataset",
    "model",
    "inference",
    "method",
    "row",
    "earlier",
    "split",
    "status",
    "metric",
    "value",
)
_LEFT_OUT = ("settings", "metrics", "pit_histogram", "not_finite")


def long_table(
    records: Sequence[Record],
    suite: Suite | None = None,
    configurations: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return one entry per cell and metric, with all that identifies and qualifies the number.

    Columns
    -------
    dataset, model, inference, split
        Names, and the split's number.
    method, row, earlier
        Those that :func:`bayesdrop.benchmark.stats.row_names.row_names` finds by the same
        arguments.
    status
        ``"ok"``, ``"skipped"`` or ``"failed"``; the latter two have one entry, without a metric.
    metric, value
        The names and values of :func:`bayesdrop.evaluate`.
    reason, error_type, error_message
        Why a cell was skipped or failed.
    diagnostics_*, seconds_*, versions_*, platform_*, info_*
        Those parts of the record, flattened; what is nested in ``info``, or of another type in
        other records, as JSON texts.
    others
        ``key, configuration, revision, source, seed, jobs, n_train, n_test, n_features, started,
        finished``.

    Raises
    ------
    ValueError
        There are no records.
    """
    import pandas as pd

    if not records:
        raise ValueError("there are no results yet: `bayesdrop run` makes them")
    names = row_names(records, suite, configurations)
    entries = []
    for record in records:
        cell = {name: value for name, value in record.items() if name not in _LEFT_OUT}
        name = names[record["key"]]
        cell |= {"method": name.method, "row": name.label, "earlier": name.earlier}
        cell["diagnostics"] = {d: diagnostic(record, d) for d in record.get("diagnostics", {})}
        cell["info"] = {name: _flat(value) for name, value in record.get("info", {}).items()}
        scores = record["metrics"] if record["status"] == "ok" else {None: None}
        entries += [{**cell, "metric": metric, "value": value} for metric, value in scores.items()]
    table = pd.json_normalize(entries, sep="_").drop(columns="error_traceback", errors="ignore")
    others = [name for name in table.columns if name not in _FIRST]
    table = table.reindex(columns=[*_FIRST, *others]).convert_dtypes()
    mixed = [name for name in table.columns if table[name].dtype == object]
    return table.assign(**{name: table[name].map(_text, na_action="ignore") for name in mixed})


def _flat(value: Any) -> Any:
    """A table has no nested values: those are JSON texts."""
    return _text(value) if isinstance(value, (dict, list)) else value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
