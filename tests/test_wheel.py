"""What is published works: the wheel, made from the sdist, in an environment of its own.

The environment has the wheel and what it requires, and nothing else. They are installed as a user
would, so these tests need the package index.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.data.uci import UCI_SETS
from bayesdrop.references.library import available, problem_of

ROOT = Path(__file__).parents[1]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A function that runs a command of the environment in a folder that has no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def run(*command: str | Path) -> str:
        found = subprocess.run(
            command, cwd=elsewhere, env=environment, capture_output=True, text=True
        )
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout

    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob(f"bayesdrop-{bd.__version__}-*.whl")
    assert (folder / f"bayesdrop-{bd.__version__}.tar.gz").is_file()
    venv.create(folder / "venv", with_pip=True)
    where = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    scripts = Path(sysconfig.get_path("scripts", "venv", vars=where))
    pinned = ("-c", ROOT / "constraints.txt")
    run(scripts / "python", "-m", "pip", "install", "--quiet", *pinned, wheel)
    return lambda name, *arguments: run(scripts / name, *arguments)


@pytest.mark.slow
def test_the_installed_wheel_finds_its_catalog_outside_the_checkout(installed: Run) -> None:
    where = installed("python", "-c", "from bayesdrop import catalog; print(catalog.__file__)")
    package = Path(where.strip()).parent
    assert not package.is_relative_to(ROOT)
    folder = installed(
        "python", "-c", "from bayesdrop import catalog; print(catalog.folder('models'))"
    )
    assert Path(folder.strip()) == package / "_catalog" / "models"
    loaded = "from bayesdrop import catalog; print(catalog.load('models', 'ard_add').source_sha256)"
    assert installed("python", "-c", loaded).strip() == "None"


@pytest.mark.slow
def test_its_command_lists_the_catalog(installed: Run) -> None:
    assert installed("bayesdrop", "--version") == f"bayesdrop {bd.__version__}\n"
    listed = installed("bayesdrop", "list")
    for kind in ("models", "inference", "benchmarks"):
        for name in catalog.names(kind):
            assert f"\n  {name} " in listed


@pytest.mark.slow
def test_it_has_the_reference_posteriors(installed: Run) -> None:
    uci = {source.name for source in UCI_SETS}
    names = [name for name in available() if problem_of(name).dataset not in uci]
    script = f"import bayesdrop as bd; print(*(bd.reference(name).name for name in {names}))"
    assert installed("python", "-c", script).split() == names


@pytest.mark.slow
def test_the_quickstart_runs(installed: Run) -> None:
    page = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python(?: slow)?\n(.*?)^```$", page, re.M | re.S)
    assert len(blocks) > 4
    installed("python", "-c", "import matplotlib\nmatplotlib.use('agg')\n" + "\n".join(blocks))
