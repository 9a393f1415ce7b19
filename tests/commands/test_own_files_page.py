"""The commands of docs/own-files.md run, on the files that the page makes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from prior_draws import PriorDraws
from typer.testing import CliRunner

from bayesdrop.cli import app
from bayesdrop.commands import defaults

PAGE = (Path(__file__).parents[2] / "docs" / "own-files.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
COMMANDS = re.findall(r"^    bayesdrop (.+)$", PAGE, re.M)


@pytest.mark.slow
def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(defaults, "chosen_inference", lambda *_: (PriorDraws(), "draws"))
    table, suite, dataset = BLOCKS
    exec(table, {})
    quick = suite.replace('("mclmc", "deep_ensemble")', '("draws.py",)')
    Path("my_suite.py").write_text(quick.replace(', "gaussian_prior")', ",)"))
    Path("draws.py").write_text("from prior_draws import PriorDraws\nINFERENCE = PriorDraws()\n")
    Path("my_data.py").write_text("import numpy as np\nimport bayesdrop as bd\n" + dataset)
    assert [command.split()[0] for command in COMMANDS] == ["fit", "diagnose", "predict", "run"]
    for command in (*COMMANDS, "fit --data my_data.py --out other.nc"):
        result = CliRunner().invoke(app, shlex.split(command))
        assert result.exit_code == 0, result.output
    predictions = pd.read_csv("predictions.csv")
    assert len(predictions) == 20
    (row,) = re.findall(r"^\| numbers, counts \| (.*) \|$", PAGE, re.M)
    assert list(predictions) == ["name", *re.findall("`(.+?)`", row)]
    assert "patients" in Path("results/mine/report.md").read_text()
