"""What running a cell records."""

from __future__ import annotations

import json
import logging
import math
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.benchmark.run import record as record_module
from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.machine import machine, threads_of_each
from bayesdrop.benchmark.run.record import run_cell, run_cells
from bayesdrop.data import load_dataset

pytestmark = pytest.mark.usefixtures("own_files")


def cell(model: str = "linear.py", split: int = 2) -> Cell:
    sha256 = load_dataset("diabetes").sha256
    method = catalog.load("inference", "least_squares.py")
    return Cell(catalog.load("models", model), method, "diabetes", sha256, split)


def test_a_record_says_what_ran_and_what_came_out() -> None:
    record = run_cell(cell())
    assert record["status"] == "ok"
    assert record["key"] == cell().key
    named = [record[name] for name in ("model", "inference", "dataset", "split", "seed")]
    assert named == ["linear", "least_squares", "diabetes", 2, 2]
    assert record["settings"] == cell().settings
    assert record["settings"]["inference"]["jitter"] == 0.01
    assert (record["n_train"], record["n_test"], record["n_features"]) == (398, 44, 10)
    assert sum(record["pit_histogram"]) == pytest.approx(1, abs=2e-5)  # of 20 rounded shares
    assert record["diagnostics"]["final_loss"] == 2.0
    assert record["info"] == {"device": "imaginary"}
    assert record["versions"]["bayesdrop"] == bd.__version__
    assert record["versions"]["numpy"] == np.__version__
    assert record["versions"]["lapack"] == "3.9"  # of the method's own
    assert re.fullmatch("[0-9a-f]{12}", record["source"])
    assert record["platform"]["processors"] == os.cpu_count()
    seconds = record["seconds"]
    assert (seconds["compile"], seconds["run"]) == (0.25, 0.5)
    assert seconds["total"] >= seconds["fit"] + seconds["predict"] > 0
    assert record["started"] <= record["finished"]
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_a_warning_says_which_cell_it_is_about(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fit(*given: Any) -> None:
        logging.getLogger("bayesdrop").warning("%s at %.0f %%", "stopped", 50)
        logging.getLogger("bayesdrop").info("a phase")
        raise ValueError("no fit")

    monkeypatch.setattr(record_module, "fit", fit)
    with caplog.at_level(logging.INFO, "bayesdrop"):
        assert run_cell(cell())["status"] == "failed"
        logging.getLogger("bayesdrop").warning("later")
    named = "linear × least_squares, diabetes split 2: stopped at 50 %"
    assert caplog.messages == [named, "a phase", "later"]


def test_its_metrics_are_those_of_fitting_by_hand() -> None:
    split = load_dataset("diabetes").split(2)
    method = catalog.load("inference", "least_squares.py").value
    model = catalog.load("models", "linear.py").value
    posterior = bd.fit(model, split.X_train, split.y_train, method, seed=2)
    error = posterior.predict(split.X_test).mean - split.y_test
    assert run_cell(cell())["metrics"]["rmse"] == pytest.approx(math.sqrt(np.mean(error**2)))


def test_what_a_method_cannot_run_is_skipped_with_the_reason() -> None:
    record = run_cell(cell("gaussian_prior"))
    assert record["status"] == "skipped"
    assert "only linear networks" in record["reason"]
    assert "metrics" not in record


def test_a_method_that_exits_is_a_failed_cell(own_files: Path) -> None:
    method = own_files / "least_squares.py"
    text = method.read_text().replace(
        "        design =", "        raise SystemExit(3)\n        x ="
    )
    method.write_text(text)
    record = run_cell(cell())
    assert record["status"] == "failed"
    assert (record["error"]["type"], record["error"]["message"]) == ("SystemExit", "3")


def test_an_error_is_recorded_with_its_traceback(own_files: Path) -> None:
    (own_files / "orders-2").write_text("fail")
    record = run_cell(cell())
    assert record["status"] == "failed"
    assert record["error"]["type"] == "RuntimeError"
    assert record["error"]["message"] == "as ordered"
    assert "least_squares.py" in record["error"]["traceback"]


def test_a_class_with_test_rows_alone_fails_the_cell_before_its_fit(
    own_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(()), likelihood=bd.Categorical())\n"
    (own_files / "classes.py").write_text(text)
    dataset = load_dataset("diabetes")
    y = np.arange(len(dataset.y)) % 2
    y[dataset.split(2).test_index[0]] = 2
    monkeypatch.setattr(Cell, "load_data", lambda _: replace(dataset, y=y, sha256=""))
    monkeypatch.setattr(record_module, "fit", None)
    record = run_cell(cell("classes.py"))
    assert record["status"] == "failed"
    assert record["error"]["message"].startswith("y holds 2, which no training row had")


def test_a_metric_that_is_not_finite_fails_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_module, "evaluate", lambda pred, y: {"rmse": 1.0, "nll": math.inf})
    record = run_cell(cell())
    assert record["status"] == "failed"
    assert record["error"]["message"] == "not a finite number, or beyond 1e+100: nll is inf"
    assert record["metrics"] == {"rmse": 1.0, "nll": None}
    assert record["not_finite"] == ["metrics.nll is inf"]
    json.dumps(record, allow_nan=False)


def test_a_diagnostic_that_is_not_finite_is_null_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {"max_rhat_f": np.float64("nan"), "ess": [np.float32(1.5), np.inf], "n": np.int64(3)}
    diagnostics = SimpleNamespace(to_dict=lambda: found | {"problems": {}}, warnings={})
    monkeypatch.setattr(bd.Posterior, "diagnose", lambda self, X=None: diagnostics)
    record = run_cell(cell())
    assert record["status"] == "ok"
    expected = {"max_rhat_f": None, "ess": [1.5, None], "n": 3, "problems": {}}
    assert record["diagnostics"] == expected
    assert record["not_finite"] == ["diagnostics.max_rhat_f is nan", "diagnostics.ess.1 is inf"]
    json.dumps(record, allow_nan=False)


def test_what_is_wrong_with_a_fit_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = bd.Diagnostics(
        num_draws=400,
        num_chains=2,
        converged=False,
        max_rhat_f=1.2,
        problems={"R-hat of lp": "R-hat of lp is 1.2, above 1.05"},
        summary="not converged: R-hat of lp is 1.2, above 1.05",
        warnings={"convergence": "not converged: R-hat of lp is 1.2, above 1.05", "other": "more"},
    )

    def with_an_optimum(*given: Any) -> bd.Posterior:
        post = bd.fit(*given)
        post.fit.info["optimum"] = {"location": {"weight_0": {"error": 4.0}}}
        return post

    monkeypatch.setattr(bd.Posterior, "diagnose", lambda self, X=None: found)
    monkeypatch.setattr(record_module, "fit", with_an_optimum)
    record = run_cell(cell())
    diagnostics = record["diagnostics"]
    assert record["info"] == {"device": "imaginary"}
    assert diagnostics["problems"] == {"R-hat of lp": "1.2, above 1.05"}
    assert diagnostics["warnings"] == {"other": "more"}
    assert diagnostics["max_rhat_f"] == 1.2
    assert not {"summary", "final_loss"} & diagnostics.keys()


def test_a_note_that_is_no_json_fails_the_cell_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    diagnostics = SimpleNamespace(
        to_dict=lambda: {"trace": {"log": Path("trace.log")}, "problems": {}}, warnings={}
    )
    monkeypatch.setattr(bd.Posterior, "diagnose", lambda self, X=None: diagnostics)
    record = run_cell(cell())
    assert record["status"] == "failed"
    assert record["error"]["message"].startswith("diagnostics.trace.log is a PosixPath: ")


def test_a_backend_that_does_not_start_costs_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_device() -> None:
        raise RuntimeError("Unable to initialize backend 'bogus'")

    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=no_device))
    assert "accelerator" not in machine()


@pytest.mark.parametrize(("default", "named"), [("cpu", None), ("cuda", "a GPU")])
def test_a_gpu_is_named_where_it_is_pytorch_s_default(
    monkeypatch: pytest.MonkeyPatch, default: str, named: str | None
) -> None:
    torch = SimpleNamespace(
        get_default_device=lambda: SimpleNamespace(type=default),
        cuda=SimpleNamespace(is_available=lambda: True, get_device_name=lambda: "a GPU"),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert machine().get("accelerator") == named


def test_an_interruption_is_not_a_failure(own_files: Path) -> None:
    (own_files / "orders-2").write_text("interrupt")
    with pytest.raises(KeyboardInterrupt):
        run_cell(cell())


def test_a_fit_that_ctrl_c_cut_short_ends_the_suite_without_a_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fit = record_module.fit

    def cut(*arguments):
        posterior = fit(*arguments)
        posterior.fit.info["ended_by"] = "interrupted"
        return posterior

    monkeypatch.setattr(record_module, "fit", cut)
    records = run_cells([cell(), cell(split=0)])
    with pytest.raises(KeyboardInterrupt):
        next(records)


# Fits of a method that fits splits together

DROPOUT = """
import bayesdrop as bd
INFERENCE = bd.MCDropout(num_epochs=2, num_passes=5)
"""


def dropout_cells(splits: tuple[int, ...] = (0, 3, 1)) -> list[Cell]:
    Path("quick_dropout.py").write_text(DROPOUT)
    method = catalog.load("inference", "quick_dropout.py")
    model = catalog.load("models", "bernoulli_ard")
    sha256 = load_dataset("diabetes").sha256
    return [Cell(model, method, "diabetes", sha256, split) for split in splits]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many data sets each call of ``fit_many`` had."""
    seen: list[int] = []
    fit_many = record_module.fit_many

    def spy(model, data, *arguments):
        seen.append(len(data))
        return fit_many(model, data, *arguments)

    monkeypatch.setattr(record_module, "fit_many", spy)
    return seen


def test_splits_fitted_together_have_the_records_of_each_alone(programs: list[int]) -> None:
    cells = dropout_cells()
    together = list(run_cells(cells))
    assert programs == [3]
    for cell, record in zip(cells, together, strict=True):
        alone = run_cell(cell)
        assert (record["key"], record["split"], record["status"]) == (cell.key, cell.split, "ok")
        assert record["metrics"] == pytest.approx(alone["metrics"], rel=1e-3)
        assert record.keys() == alone.keys()
        assert record["seconds"].keys() == alone["seconds"].keys()
        seconds = record["seconds"]
        assert seconds["total"] >= seconds["fit"] + seconds["predict"] > 0
        assert record["started"] <= record["finished"]
    assert len({record["seconds"]["run"] for record in together}) == 1


def test_if_fitting_together_fails_each_runs_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*arguments):
        raise MemoryError("too many")

    monkeypatch.setattr(record_module, "fit_many", fails)
    assert [record["status"] for record in run_cells(dropout_cells())] == ["ok"] * 3
    assert "can't be fitted together (MemoryError('too many')): each by itself" in caplog.text


def test_one_split_and_other_methods_run_alone(programs: list[int]) -> None:
    assert len(list(run_cells(dropout_cells((2,))))) == 1
    assert [record["status"] for record in run_cells([cell(), cell(split=0)])] == ["ok"] * 2
    assert programs == []


@pytest.mark.parametrize(("jobs", "threads"), [(1, "8"), (2, "4"), (3, "2"), (20, "1")])
def test_processes_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, jobs: int, threads: str
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert threads_of_each(jobs) == {"OMP_NUM_THREADS": threads, "NPROC": threads}
