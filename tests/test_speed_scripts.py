"""Every script in ``benchmarks/speed`` still runs, on as little as it can."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import bayesdrop as bd

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks" / "speed"
RESULTS = ROOT / "docs" / "results"
SCRIPTS = {
    "accelerator.py": ("--small", "relative error of the log joint in float32"),
    "against_bde.py": (
        "--datasets yacht --splits 0 1 --contenders 'ARD-ADD, MCLMC' --set num_warmup=100 "
        "num_samples=20 steps_per_draw=2 num_chains=2 training_steps=20",
        "yacht mean",
    ),
    "arviz_export.py": ("--rows 200 --draws 20", "nothing asked"),
    "compilations.py": ("--splits 2", "later_call_s"),
    "convergence.py": (
        "--set num_warmup=100 num_samples=20 steps_per_draw=2 num_chains=2 training_steps=20",
        "max_rhat_f",
    ),
    "devices.py": ("--chains 2 --chain-methods sequential", "MC dropout 200 epochs cpu"),
    "discrete.py": (
        "--draws 50 --models 'ResNet, 2 blocks' --contenders gibbs 'NumPyro, mixed, length 2π'",
        "NumPyro, mixed, length 2π",
    ),
    "drift.py": (
        "--datasets yacht --windows 2 --set num_warmup=100 num_samples=20 steps_per_draw=2 "
        "num_chains=2 training_steps=20 --out OUT",
        "yacht         140",
    ),
    "estimator_defaults.py": (
        "--datasets yacht --contenders HistGradientBoosting --seeds 1",
        "HistGradientBoosting",
    ),
    "first_fit.py": ("--rounds 1 --contenders SVI", "compiled before"),
    "forms.py": ("--small --samplers MCLMC --forms expanded marginal_large", "marginal_large"),
    "gradient_parts.py": (
        "--datasets yacht --samplers mclmc --model gaussian_prior",
        "σ integrated out",
    ),
    "half_cauchy.py": (
        "--seeds 0 --centring 0.3 --noise 10 --warmup 100 --draws 100",
        "hierarchical",
    ),
    "many_rows.py": ("--rows 300 --passes 20", "interval"),
    "mc_dropout_grid.py": ("--epochs 1 --rounds 1", "processor_ratio"),
    "mclmc.py": ("--dataset yacht --model gaussian_prior --chains 2", "delta_nll"),
    "memory.py": ("--dataset yacht", "diagnosed"),
    "methods.py": ("--datasets yacht --methods laplace", "| yacht | `laplace` |"),
    "noise_scale.py": ("--small --samplers MCLMC", "σ last"),
    "nuts.py": ("--dataset yacht --rounds 1 --draws 10 --by-hand units", "in_sampler"),
    "peak.py": ("--datasets yacht --samplers mclmc --model gaussian_prior", "yacht mclmc"),
    "preconditioning.py": (
        "--small --model gaussian_prior --contenders 'NUTS low-rank' LAPS",
        "LAPS",
    ),
    "recorded.py": (f"'{RESULTS}' --out {os.devnull}", "rows"),
    "relaxation.py": ("--small --models 'linear, 8 features' --temperatures 0.1", "T = 0.1"),
    "repeated_rows.py": (f"'{RESULTS}' --dataset yacht --models gaussian_prior_pbp", "others"),
    "splits.py": (
        "poster --models gaussian_prior_pbp --inference pbp --splits 2 --alone 1",
        "run_for_each_s",
    ),
    "stopped_starts.py": ("--small --seeds 1 --model gaussian_prior", "stopped early"),
    "svi_optimum.py": ("--steps 60 --seeds 1", "off, layers"),
    "threads.py": ("--warmup 100 --model gaussian_prior", "normals, rbg"),
    "trained_starts.py": (
        "--datasets yacht --warmup 100 --draws 5 --thin 2 --chains 2 --training 20",
        "noise scale",
    ),
}
"""Script → its arguments, where OUT is a new folder, and a text of its output."""


def test_every_script_is_here() -> None:
    assert {path.name for path in FOLDER.glob("*.py")} == set(SCRIPTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs(name: str, uci_data: Path, tmp_path: Path) -> None:
    arguments, expected = SCRIPTS[name]
    done = subprocess.run(
        [sys.executable, str(FOLDER / name), *shlex.split(arguments.replace("OUT", str(tmp_path)))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
    assert "nan" not in done.stdout.lower()


def script(name: str) -> ModuleType:
    """The module of a script."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_contenders_take_turns_and_means_are_of_splits_that_both_have(
    uci_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    against = script("against_bde")
    turns = []

    def run(split: bd.Split, model: bd.Model, method: bd.Inference, seed: int) -> object:
        name = "first" if isinstance(method, bd.MCLMC) else "second"
        turns.append((seed, name))
        if (seed, name) == (2, "second"):
            raise RuntimeError("no draws")
        return against.Run(rmse=seed, nll=0.0, seconds=30.0 if name == "first" else 60.0)

    contenders = {"first": ("ard_add", "mclmc"), "second": ("gaussian_prior", "pbp")}
    monkeypatch.setattr(against, "CONTENDERS", contenders)
    monkeypatch.setattr(against, "run", run)
    splits = ["0", "1", "2"]
    monkeypatch.setattr(sys, "argv", ["against_bde", "--datasets", "yacht", "--splits", *splits])
    against.main()
    order = [(0, "first"), (0, "second"), (1, "second"), (1, "first"), (2, "first"), (2, "second")]
    assert turns == order
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[-3] == ["yacht", "2", "second", "failed:", "no", "draws"]
    assert lines[-2] == ["yacht", "mean", "first", "0.5000", "0.000", "30", "0.50"]
    assert lines[-1] == ["yacht", "mean", "second", "0.5000", "0.000", "60", "1.00"]
