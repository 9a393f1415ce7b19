"""Running a cell, and the record of it."""

from __future__ import annotations

import logging
import math
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.machine import machine, source
from bayesdrop.benchmark.run.stored_record import LARGEST
from bayesdrop.benchmark.run.strict_json import strict_json
from bayesdrop.data.dataset import Split
from bayesdrop.data.target import target_of
from bayesdrop.fit import fit, fit_many
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.metrics import evaluate, pit_histogram
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.progress import Progress, log
from bayesdrop.version import versions

_TRACEBACK_LINES = 20


class Fitted(NamedTuple):
    """This is a fit, with when it was begun and how long it took."""

    posterior: Posterior
    started: str
    seconds: float


_ELSEWHERE = ("versions", "optimum")
"""The versions are a field of a record; its diagnostics have the largest errors at the optimum."""


def run_cells(
    cells: Sequence[Cell],
    progress: Progress | None = None,
    is_missing: Callable[[Cell], bool] = lambda cell: True,
) -> Iterator[dict[str, Any]]:
    """Run cells that differ in the split alone, and yield the record of each (:func:`run_cell`).

    A method that :meth:`~bayesdrop.Inference.fits_together` fits all of them at once, and their
    records share that time equally; if that raises anything, each runs by itself. If only some
    are missing, all are fitted again, as the last digits depend on how many train together.
    ``is_missing`` is asked about each cell when its turn comes: others may have run it by then.
    """
    source()  # before anything else: it is kept, and is of the code that runs
    if not any(is_missing(cell) for cell in cells):
        return
    fits = _fit_together(cells, progress or Progress()) or [None] * len(cells)
    for cell, fitted in zip(cells, fits, strict=True):
        if is_missing(cell):
            yield run_cell(cell, progress, fitted)


def _fit_together(cells: Sequence[Cell], progress: Progress) -> list[Fitted] | None:
    started, clock = _now(), time.perf_counter()
    try:
        if len(cells) < 2:
            return None
        model, method = cells[0].model.value, cells[0].inference.value
        if method.supports(model) or not method.fits_together(model):
            return None
        splits = [cell.load_data().split(cell.split) for cell in cells]
        data = [(split.X_train, split.y_train) for split in splits]
        with _warnings_of(f"{cells[0].label} to {cells[-1].split}"):
            posteriors = fit_many(model, data, method, [cell.seed for cell in cells], progress)
        for posterior in posteriors:
            _raise_if_interrupted(posterior)
    except (Exception, SystemExit) as error:
        first, last = cells[0].label, cells[-1].split
        log.warning("%s to %d can't be fitted together (%r): each by itself", first, last, error)
        return None
    share = (time.perf_counter() - clock) / len(cells)
    return [Fitted(posterior, started, share) for posterior in posteriors]


def run_cell(
    cell: Cell, progress: Progress | None = None, fitted: Fitted | None = None
) -> dict[str, Any]:
    """Fit, predict and score a cell, and return its record as strict JSON types.

    Its ``status`` is ``"ok"``; ``"skipped"`` with a ``reason`` where the method can't run the
    model; or ``"failed"`` with the ``error``, also where a metric is not a finite number.
    ``fitted`` is its fit, if there is one already.
    """
    started, clock = _now(), time.perf_counter()
    if fitted is not None:
        started, clock = fitted.started, clock - fitted.seconds
    try:
        with _warnings_of(cell.label):
            outcome = strict_json(_measure(cell, progress or Progress(), fitted))
    except UnsupportedModelError as error:
        outcome = {"status": "skipped", "reason": str(error)}
    except (Exception, SystemExit) as error:  # code of the user's own may call sys.exit
        outcome = {"status": "failed", "error": _describe(error)}
    return _record(cell, outcome, started, time.perf_counter() - clock)


@contextmanager
def _warnings_of(label: str) -> Iterator[None]:
    """Say of warnings which cell they are about."""

    def named(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            record.msg, record.args = f"{label}: {record.getMessage()}", None
        return True

    log.addFilter(named)
    try:
        yield
    finally:
        log.removeFilter(named)


def failed_record(cell: Cell, error: Exception) -> dict[str, Any]:
    """Return the record of a cell whose process died and left none itself."""
    return _record(cell, {"status": "failed", "error": _describe(error)}, _now(), 0.0)


def _check_scored(cell: Cell, split: Split) -> None:
    """Raise before the fit if it could not be scored, as where a class has test rows alone."""
    likelihood = cell.model.value.likelihood
    if cell.inference.value.supports(cell.model.value) is None:
        target_of(split.y_train, likelihood, None)[0].check_scored(split.y_test, likelihood)


def _record(cell: Cell, outcome: dict[str, Any], started: str, total: float) -> dict[str, Any]:
    seconds = {**outcome.pop("seconds", {}), "total": float(f"{total:.10g}")}
    own_versions = outcome.pop("versions", {})
    return {
        "key": cell.key,
        "status": outcome.pop("status"),
        "model": cell.model.name,
        "inference": cell.inference.name,
        "dataset": cell.dataset,
        "split": cell.split,
        "seed": cell.seed,
        "revision": cell.revision,
        "configuration": cell.configuration_digest,
        **outcome,
        "seconds": seconds,
        "versions": versions() | own_versions,
        "source": source(),
        "platform": machine(),
        "started": started,
        "finished": _now(),
        "settings": cell.settings,
    }


def _measure(cell: Cell, progress: Progress, fitted: Fitted | None) -> dict[str, Any]:
    split = cell.load_data().split(cell.split)
    clocks = [time.perf_counter()]
    if fitted is None:
        X, y = split.X_train, split.y_train
        _check_scored(cell, split)
        posterior = fit(cell.model.value, X, y, cell.inference.value, cell.seed, progress)
    else:
        posterior, clocks = fitted.posterior, [clocks[0] - fitted.seconds]
    _raise_if_interrupted(posterior)
    clocks.append(time.perf_counter())
    prediction = posterior.predict(split.X_test, seed=cell.seed)
    clocks.append(time.perf_counter())
    metrics = evaluate(prediction, split.y_test)
    calibration = {}
    if prediction.kind != "class":
        calibration = {"pit_histogram": pit_histogram(prediction, split.y_test).round(6)}
    clocks.append(time.perf_counter())
    diagnostics = _said_once(posterior.diagnose(split.X_test).to_dict())
    clocks.append(time.perf_counter())
    info, phases = posterior.fit.info, ("fit", "predict", "evaluate", "diagnose")
    spent = {
        name: end - start for name, start, end in zip(phases, clocks, clocks[1:], strict=False)
    }
    return {
        **_verdict(metrics),
        "metrics": metrics,
        **calibration,
        "diagnostics": diagnostics,
        "n_train": len(split.y_train),
        "n_test": len(split.y_test),
        "n_features": math.prod(split.X_train.shape[1:]),
        "info": {name: value for name, value in info.items() if name not in _ELSEWHERE},
        "versions": info.get("versions", {}),
        "seconds": {name: float(s) for name, s in posterior.fit.seconds.items()} | spent,
    }


def _said_once(diagnostics: dict[str, Any]) -> dict[str, Any]:
    """What is known, with each sentence about convergence once, under ``problems``."""
    known = {name: value for name, value in diagnostics.items() if value is not None}
    if not known["problems"]:
        return known
    del known["summary"]
    known["problems"] = {k: v.removeprefix(f"{k} is ") for k, v in known["problems"].items()}
    known["warnings"] = {k: v for k, v in known["warnings"].items() if k != "convergence"}
    return known


def _raise_if_interrupted(posterior: Posterior) -> None:
    """Let Ctrl-C end the suite: a cell that it cut short has no record."""
    if posterior.fit.interrupted:
        raise KeyboardInterrupt


def _verdict(metrics: dict[str, float]) -> dict[str, Any]:
    bad = [f"{name} is {value}" for name, value in metrics.items() if not abs(value) <= LARGEST]
    if not bad:
        return {"status": "ok"}
    message = f"not a finite number, or beyond {LARGEST:g}: {', '.join(bad)}"
    return {"status": "failed", "error": {"type": "NonFiniteMetric", "message": message}}


def _describe(error: BaseException) -> dict[str, str]:
    lines = "".join(traceback.format_exception(error)).splitlines()
    return {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "\n".join(lines[-_TRACEBACK_LINES:]),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
