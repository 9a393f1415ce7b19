"""A suite of a likelihood of classes: what it measures is what the report shows."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.terminal import print_report
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.progress import describe
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse

FILES = {
    "logistic": '''"""Logistic regression with dropout."""
import bayesdrop as bd

MODEL = bd.Model(bd.MLP(()), bd.ARD(bd.noise.Bernoulli(0.9)), bd.Bernoulli())
''',
    "regression": '''"""A Gaussian in its place."""
import bayesdrop as bd

MODEL = bd.Model(bd.MLP(()), bd.ARD(bd.noise.Bernoulli(0.9)))
''',
    "dropout": '''"""Briefly."""
import bayesdrop as bd

INFERENCE = bd.MCDropout(num_epochs=40, learning_rate=0.05, num_passes=30)
''',
    "suite": '''"""Of classes."""
import bayesdrop as bd

SUITE = bd.Suite(MODELS, ("dropout.py",), ("breast_cancer",), 2)
''',
}


def results(folder: Path, monkeypatch: pytest.MonkeyPatch, *models: str) -> Path:
    for name, text in FILES.items():
        (folder / f"{name}.py").write_text(text.replace("MODELS", repr(models)))
    monkeypatch.chdir(folder)
    assert run_missing("suite.py", "out") == {"kept": 0, "ok": 2 * len(models)}
    return folder / "out"


def test_a_suite_of_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = results(tmp_path, monkeypatch, "logistic.py")
    for record in Store(out).records():
        assert record["metrics"]["accuracy"] > 0.9
        assert re.search(r"breast_cancer split \d: accuracy [01]\.?\d*, NLL", describe(record))
        assert record["metrics"]["nll"] == record["metrics"]["log_loss"] < 0.3
    write_report(out)
    text = (out / "report.md").read_text()
    assert (
        "| model | method | converged | max R-hat f(x) | rows > 1.05 | diverg. | accuracy | NLL |"
        " NLL sd | Brier | ECE | adaptive ECE |" in text
    )
    assert 'src="scores-breast_cancer.png" width="400" alt="accuracy and NLL on breast_ca' in text
    assert 'alt="accuracy and NLL on breast_cancer"' in (out / "report.html").read_text()
    assert (out / "scores-breast_cancer.png").stat().st_size > 1000
    summary = pd.read_csv(out / "summary.csv").set_index("metric")
    assert summary.loc["accuracy", "mean"] > 0.9
    print_report(out)
    shown = capsys.readouterr().out
    assert "accuracy" in shown
    assert "RMSE" not in shown


@pytest.mark.slow
def test_numbers_and_classes_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = results(tmp_path, monkeypatch, "logistic.py", "regression.py")
    text = markdown(analyse(out))
    assert "| diverg. | RMSE | RMSE sd | accuracy | NLL | NLL sd | CRPS |" in text
    assert "| logistic | dropout | – | – | – | – | – | – | 0.9" in text
    assert 'alt="NLL on breast_cancer"' in text
    assert "× dropout | NLL | " in text
    print_report(out)
