"""A model, a method and a suite of the user's own, which need no framework, and made-up records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.cell import configuration_of
from bayesdrop.benchmark.run.store import Store
from bayesdrop.spec import digest
from bayesdrop.suite import Suite

LINEAR = '''"""A linear model."""
import bayesdrop as bd

MODEL = bd.Model(network=bd.MLP(hidden=()))
'''

LEAST_SQUARES = '''"""Least squares, jittered; notes every run in a file, and obeys orders."""
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import bayesdrop as bd

HERE = Path(__file__).parent


@dataclass(frozen=True)
class LeastSquares(bd.Inference):
    jitter: float = 0.01

    def supports(self, model):
        if (HERE / "missing").exists():
            return "a package is missing"
        return None if model.network == bd.MLP(hidden=()) else "only linear networks"

    def run(self, bound, data, seed, progress):
        with open(HERE / "runs", "a") as log:
            log.write(f"{seed}\\n")
        orders = HERE / f"orders-{seed}"
        order = orders.read_text() if orders.exists() else ""
        if order == "hang":
            time.sleep(60)
        while order == "wait" and (HERE / f"orders-{seed}").exists():
            time.sleep(0.05)
        if order == "die once":
            orders.unlink()
        if order.startswith("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "interrupt":
            raise KeyboardInterrupt
        if order == "fail":
            raise RuntimeError("as ordered")
        design = np.column_stack([data.X_standardised, np.ones(data.rows)])
        found = np.linalg.lstsq(design, data.y_standardised, rcond=None)[0]
        scale = (data.y_standardised - design @ found).std(0)
        jitter = np.random.default_rng(seed).normal(scale=self.jitter, size=(1, 20, *found.shape))
        values = {
            "weight_0": (found + jitter)[..., :-1, :],
            "bias_0": (found + jitter)[..., -1, :],
            "noise_scale": np.broadcast_to(scale, (1, 20, 1)),
        }
        return bd.Fit(
            bd.WeightDraws(values),
            losses=np.array([3.0, 2.0]),
            seconds={"compile": 0.25, "run": 0.5},
            info={"device": "imaginary", "versions": {"lapack": "3.9"}},
        )


INFERENCE = LeastSquares()
'''

SUITE = '''"""Least squares on diabetes."""
import bayesdrop as bd

SUITE = bd.Suite(
    models=("linear.py", "gaussian_prior"),
    inference=("least_squares.py",),
    datasets=("diabetes",),
    splits=3,
    description="For tests.",
)
'''

CHAINS = {
    "max_rhat_f": 2.25,
    "share_rhat_f_above_1_05": 0.75,
    "divergences": 3,
    "converged": False,
    "problems": {
        "R-hat of f(x)": "R-hat of f(x) is 2.25, above 1.05",
        "divergences": "3 draws (1.5%) are divergent",
    },
    "summary": "not converged: R-hat of f(x) is 2.25, above 1.05; 3 draws (1.5%) are divergent",
}


@pytest.fixture
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with ``linear.py``, ``least_squares.py`` and ``suite_of_mine.py``."""
    (tmp_path / "linear.py").write_text(LINEAR)
    (tmp_path / "least_squares.py").write_text(LEAST_SQUARES)
    (tmp_path / "suite_of_mine.py").write_text(SUITE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def make_record() -> Callable[..., dict[str, Any]]:
    """Records with made-up numbers, as :func:`bayesdrop.benchmark.run.record.run_cell` makes.

    ``variant`` stands for a setting, of which the configuration and the key are then others.
    """

    def make(
        model: str = "a",
        inference: str = "m",
        split: int = 0,
        rmse: float = 1.0,
        dataset: str = "d",
        **changes: Any,
    ) -> dict[str, Any]:
        revision, seed = changes.pop("revision", 1), changes.pop("seed", split)
        settings = {
            "protocol": 1,
            "model": {"type": f"model:{model}"},
            "inference": {"type": f"inference:{inference}"},
            "revision": revision,
            "seed": seed - split,
            "variant": changes.pop("variant", ""),
            "dataset": {"name": dataset, "sha256": changes.pop("sha256", f"of {dataset}")},
            "split": split,
        } | changes.pop("settings", {})
        metrics = {"rmse": rmse, "nll": rmse - 1, "crps": rmse / 2, "mae": rmse / 3}
        metrics |= {"mae_per_draw": rmse / 3 + 0.1, "coverage_90": 0.875}
        record = {
            "key": digest(settings),
            "status": "ok",
            "model": model,
            "inference": inference,
            "dataset": dataset,
            "split": split,
            "seed": seed,
            "revision": revision,
            "configuration": digest(configuration_of(settings))[:12],
            "metrics": metrics,
            "diagnostics": {"final_loss": 0.5},
            "n_train": 90,
            "n_test": 10,
            "n_features": 4,
            "info": {"device": "imaginary"},
            "seconds": {"compile": 1.0, "run": 2.0, "total": 4.0},
            "versions": {"bayesdrop": "0.1.0", "numpy": "2.0"},
            "platform": {"system": "Linux", "machine": "m", "processors": 2},
            "started": "2025-01-01T00:00:00+00:00",
            "finished": f"2025-01-01T00:00:0{3 + revision}+00:00",
            "jobs": 1,
            "settings": settings,
        }
        return record | changes

    return make


@pytest.fixture
def results(tmp_path: Path, make_record) -> Path:
    """Two rows on two splits, one of them not converged; a skipped and a failed cell."""
    return write_results(tmp_path / "results", make_record)


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory, make_record) -> list[Path]:
    """The files of a report of those results, for tests that only read them."""
    return write_report(write_results(tmp_path_factory.mktemp("report") / "results", make_record))


def write_results(folder: Path, make_record: Callable[..., dict[str, Any]]) -> Path:
    good = CHAINS | {"max_rhat_f": 1.01, "share_rhat_f_above_1_05": 0.25, "divergences": 0}
    good |= {"converged": True, "problems": {}, "summary": "converged"}
    store = Store(folder)
    store.open("mine", Suite(("a", "b"), ("m", "nuts"), ("d",), 2, description="Of tests."))
    for record in (
        make_record("a", "m", 0, rmse=1.0),
        make_record("a", "m", 1, rmse=2.0),
        make_record("a", "nuts", 0, rmse=3.0, diagnostics=CHAINS),
        make_record("a", "nuts", 1, rmse=5.0, diagnostics=good),
        make_record("b", "m", 0, status="skipped", reason="too wide"),
        make_record("b", "m", 1, status="skipped", reason="too wide"),
        make_record(
            "b",
            "nuts",
            0,
            status="failed",
            error={"type": "E", "message": "broke", "traceback": ""},
        ),
    ):
        if record["status"] != "ok":
            del record["metrics"], record["diagnostics"]
        store.write(record)
    return store.folder
