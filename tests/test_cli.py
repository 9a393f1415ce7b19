"""The commands: what they print, how they fail, and what they do not import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bayesdrop as bd
from bayesdrop.cli import app
from bayesdrop.commands.listing import list_names

SUITE = """
import bayesdrop as bd
SUITE = bd.Suite(("linear.py",), ("mean_only.py",), ("diabetes",), 2)
"""
LINEAR = "import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(hidden=()))\n"
MEAN_ONLY = """
from dataclasses import dataclass

import numpy as np

import bayesdrop as bd


@dataclass(frozen=True)
class MeanOnly(bd.Inference):
    broken: bool = False

    def supports(self, model):
        return None

    def run(self, bound, data, seed, progress):
        if self.broken:
            raise RuntimeError("out of order")
        values = {"weight_0": np.zeros((1, 9, *data.input_shape, 1)), "bias_0": np.zeros((1, 9, 1))}
        return bd.Fit(bd.WeightDraws(values | {"noise_scale": np.ones((1, 9, 1))}))


INFERENCE = MeanOnly()
"""


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "of_mine.py").write_text(SUITE)
    (tmp_path / "linear.py").write_text(LINEAR)
    (tmp_path / "mean_only.py").write_text(MEAN_ONLY)
    monkeypatch.chdir(tmp_path)


def call(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize(
    "statement",
    [
        "from bayesdrop.cli import app; app(['list'], standalone_mode=False)",
        "from bayesdrop import catalog; catalog.load('benchmarks', 'quick')",
    ],
)
def test_no_framework_is_loaded_before_it_is_needed(statement: str) -> None:
    heavy = ("torch", "jax", "numpyro", "pyro", "scipy", "pandas", "matplotlib", "sklearn", "arviz")
    code = f"{statement}\nimport sys\nprint('LOADED', *sys.modules.keys() & {heavy})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "LOADED"


@pytest.mark.slow
def test_pictures_of_priors_need_no_framework() -> None:
    command = "app(['show', 'prior', 'ard_add'], standalone_mode=False)"
    code = f"from bayesdrop.cli import app; {command}\nimport sys\n"
    code += "print('LOADED', *sys.modules.keys() & {'torch', 'jax', 'numpyro', 'pyro'})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "LOADED"


def test_help_names_every_command() -> None:
    shown = call("--help").output
    for command in ("list", "fit", "predict", "diagnose", "run", "status", "report", "show"):
        assert command in shown


@pytest.mark.parametrize(
    "command",
    [
        *("", "list", "fit", "predict", "diagnose", "run", "status", "report", "data get"),
        *("show prior", "show weights", "show relevance", "show loss"),
    ],
)
def test_help_has_examples(command: str) -> None:
    words = command.split()
    assert f"\n bayesdrop {command}" in call(*words, "--help").output


def test_the_version() -> None:
    assert call("--version").stdout == f"bayesdrop {bd.__version__}\n"


def test_list() -> None:
    everything = call("list").stdout
    assert "\n  ard_add " in everything
    assert "inference:\n" in everything
    assert "diabetes" in everything
    models = call("list", "models").stdout
    assert models.startswith("model ")
    assert re.search(r"^ard_add +ARD-ADD +Student-t, df 6 .* InverseNak", models, re.MULTILINE)
    one = call("list", "models", "ard_add").stdout
    assert one.startswith("ard_add\n  ARD and ADD together")
    assert re.search(r"^  methods +all but .*\bpbp$", one, re.MULTILINE)
    datasets = call("list", "datasets").stdout
    assert datasets.startswith("datasets:\n  diabetes ")
    assert "ard_add" not in datasets
    assert re.search(r"mnist_5k +5000 .*Licence: CC BY-SA 3\.0$", datasets, re.MULTILINE)


def test_run_status_and_report() -> None:
    first = call("run", "of_mine.py", "--out", "results", "--splits", "0:1")
    assert "1 run, 0 skipped, 0 failed" in first.stdout
    assert "linear × mean_only, diabetes split 0: RMSE" in first.stderr
    assert "linear × mean_only: 1 ok, 1 missing" in call("status", "results").stdout
    second = call("run", "of_mine.py", "--out", "results")
    assert "1 kept from before, 1 run" in second.stdout
    assert "total: 2 ok of 2 cells" in call("status", "results").stdout
    Path("results/report.md").unlink()
    assert "report.md" in call("report", "results").stdout
    assert Path("results/report.md").is_file()
    assert Path("results/scores-diabetes.png").stat().st_size > 1000
    shown = call("report", "results", "--figures", "svg", "--published", "none").stdout
    assert shown.startswith("Best: ")
    assert Path("results/scores-diabetes.svg").is_file()
    assert not list(Path("results").glob("*.png"))


def test_a_failed_cell_is_the_exit_code() -> None:
    Path("mean_only.py").write_text(
        MEAN_ONLY.replace("broken: bool = False", "broken: bool = True")
    )
    shown = call("run", "of_mine.py", "--out", "results", code=1)
    assert "0 run, 0 skipped, 2 failed" in shown.stdout
    assert "RuntimeError: out of order" in shown.stdout
    assert "out of order" in call("status", "results").stdout


def test_fit_saves_and_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("--model", "linear.py", "--inference", "mean_only.py", "--data", "diabetes")
    shown = call("fit", *own, "--split", "1", "--out", "fit.nc").stdout
    assert shown.startswith("data       diabetes, split 1: 398 rows to train on, 44 held out")
    assert "\n  rmse " in shown
    assert "saved fit.nc" in shown
    assert Path("fit.nc").is_file()
    assert bd.load("fit.nc").feature_names == bd.load_dataset("diabetes").feature_names
    assert "no folder nowhere" in call("fit", *own, "--out", "nowhere/fit.nc", code=2).stderr
    Path("folder").mkdir()
    fitting = sys.modules["bayesdrop.fit"]
    monkeypatch.setattr(fitting, "fit", lambda *_, **__: pytest.fail("fitted before the check"))
    assert "folder is a folder" in call("fit", *own, "--out", "folder", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("list modls", "unknown kind 'modls'; did you mean 'models'"),
        ("list models ard_ad", "unknown model 'ard_ad'; did you mean 'ard_add'"),
        ("list inference nuts", "only models are listed by name"),
        ("run quik --out x", "unknown benchmark suite 'quik'; did you mean 'quick'"),
        ("run nowhere.py --out x", "there is no file nowhere.py"),
        ("run of_mine.py --out x --models line", "not in this suite"),
        ("run of_mine.py --out x --splits one", "give numbers such as 0,3,7 or 0:5"),
        ("run of_mine.py --out .", "is not empty and is no results folder"),
        ("status .", "is no results folder"),
        ("report .", "is no results folder"),
        (
            "fit --model ard_ad --inference svi --data diabetes --out x",
            "unknown model 'ard_ad'; did you mean 'ard_add'",
        ),
        (
            "fit --model ard_add --inference svi --data yatch --out x",
            "unknown dataset 'yatch'; did you mean 'yacht'",
        ),
        (
            "fit --model ard_add --inference svi --data diabetes --split 20 --out x",
            "diabetes has splits 0 to 19, not 20",
        ),
        ("data get yatch", "unknown dataset 'yatch'; did you mean 'yacht'"),
    ],
)
def test_what_a_user_can_put_right_is_one_line(arguments: str, message: str) -> None:
    result = call(*arguments.split(), code=2)
    assert message in result.stderr
    assert result.stderr.startswith("bayesdrop: ")
    assert result.stderr.count("\n") == 1
    assert not Path("x").exists()


def test_training_that_diverges_is_one_line() -> None:
    Path("steep.py").write_text(
        "import bayesdrop as bd\nINFERENCE = bd.MAP(learning_rate=1e30, num_steps=20)\n"
    )
    own = ("--model", "linear.py", "--inference", "steep.py", "--data", "diabetes")
    result = call("fit", *own, "--out", "fit.nc", code=2)
    assert result.stderr.splitlines()[-1].startswith("bayesdrop: the loss is NaN after")
    assert not Path("fit.nc").exists()


def test_a_dataset_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYESDROP_DATA", str(tmp_path / "empty"))
    found = call("run", "uci-small", "--out", "x", code=2)
    assert "bayesdrop data get yacht" in found.stderr
    assert not Path("x").exists()
    assert "yacht      missing" in call("data", "verify").stdout


def test_data_verify_tells_right_from_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAYESDROP_DATA", str(tmp_path))
    (tmp_path / "yacht").mkdir()
    (tmp_path / "yacht" / "data.txt").write_text("1 2 3\n")
    shown = call("data", "verify", code=1).stdout
    assert "diabetes   ok" in shown
    assert "yacht      wrong hash" in shown


def test_a_paragraph_of_help_is_one_line_so_that_it_wraps() -> None:
    ragged = [
        paragraph
        for path in (Path(bd.__file__).parent / "commands").glob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and "typer.Option" in ast.unparse(function.args)
        for paragraph in (ast.get_docstring(function) or "").split("\n\n")
        if "\n" in paragraph and not paragraph.startswith("\b")
    ]
    assert ragged == []


def test_a_list_wraps_on_a_terminal_and_not_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    list_names("datasets")
    piped = capsys.readouterr().out.splitlines()
    assert max(map(len, piped)) > 80
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    list_names("datasets")
    wrapped = capsys.readouterr().out.splitlines()
    assert max(map(len, wrapped)) <= 80
    assert " ".join(" ".join(wrapped).split()) == " ".join(" ".join(piped).split())
