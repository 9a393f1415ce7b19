"""Keys: what is the same cell, and what is another."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bayesdrop import catalog
from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.infer import MCDropout

SHIPPED = """
from bayesdrop import catalog
from bayesdrop.benchmark.run.cell import Cell
cell = Cell(
    catalog.load("models", "ard_add"), catalog.load("inference", "mc_dropout"), "d", "abc", 1
)
print(cell.key)
"""


def shipped_cell() -> Cell:
    model, method = catalog.load("models", "ard_add"), catalog.load("inference", "mc_dropout")
    return Cell(model, method, "d", "abc", 1)


def test_the_key_is_the_same_in_another_process() -> None:
    found = subprocess.run(
        [sys.executable, "-c", SHIPPED], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == shipped_cell().key
    assert len(shipped_cell().key) == 64


def test_everything_that_matters_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = shipped_cell()
    changed = [
        dataclasses.replace(cell, dataset="e"),
        dataclasses.replace(cell, sha256="abd"),
        dataclasses.replace(cell, split=2),
        dataclasses.replace(cell, suite_seed=1),
        dataclasses.replace(cell, suite_seed=2),
        dataclasses.replace(cell, model=catalog.load("models", "add")),
        dataclasses.replace(cell, inference=catalog.load("inference", "svi")),
        dataclasses.replace(
            cell, inference=dataclasses.replace(cell.inference, value=MCDropout(num_passes=9))
        ),
    ]
    keys = {cell.key, *(other.key for other in changed)}
    assert len(keys) == 1 + len(changed)
    monkeypatch.setattr(MCDropout, "revision", MCDropout.revision + 1)
    assert cell.key not in keys


def test_a_shipped_entry_is_its_settings_whatever_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shipped_cell().key
    shutil.copytree(catalog.folder("models").parent / "models", tmp_path / "models")
    shutil.copytree(catalog.folder("models").parent / "inference", tmp_path / "inference")
    monkeypatch.setattr(catalog, "folder", lambda kind: tmp_path / kind)
    with open(tmp_path / "models" / "ard_add.py", "a") as file:
        file.write("# a remark\n")
    assert catalog.load("models", "ard_add").path.parent == tmp_path / "models"
    assert shipped_cell().key == before


def test_a_file_of_ones_own_is_its_text(own_files: Path) -> None:
    def key() -> str:
        model, method = catalog.load("models", "linear.py"), catalog.load("inference", "svi")
        return Cell(model, method, "d", "abc", 1).key

    before = key()
    assert key() == before
    with open(own_files / "linear.py", "a") as file:
        file.write("# a remark\n")
    assert key() != before


def test_every_split_has_a_seed_of_its_own_and_one_configuration() -> None:
    first = dataclasses.replace(shipped_cell(), suite_seed=10, split=0)
    second = dataclasses.replace(first, split=4)
    assert first.seed != second.seed
    assert first.configuration == second.configuration
    neighbour = dataclasses.replace(first, suite_seed=9, split=1)
    assert neighbour.seed not in (first.seed, second.seed)
    zero = dataclasses.replace(second, suite_seed=0)
    assert zero.seed == 4
