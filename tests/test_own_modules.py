"""What counts as the code of a user's file."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from bayesdrop import catalog
from bayesdrop.own_modules import own_modules

MODEL = """
import numpy as np
import bayesdrop as bd
import json, helper

def later():
    from package.inner import width

MODEL = bd.Model(bd.MLP(hidden=(helper.WIDTH,)))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with modules of the user's own."""
    (tmp_path / "helper.py").write_text("import deeper\nWIDTH = 3\n")
    (tmp_path / "deeper.py").write_text("raise_nothing = 1\n")
    (tmp_path / "unused.py").write_text("")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (tmp_path / "package" / "inner.py").write_text("width = 3\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in ("helper", "deeper"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_they_are_found_without_being_run(folder: Path) -> None:
    found = own_modules(MODEL.encode())
    assert found.keys() == {"helper", "deeper", "package", "package.inner"}
    inner = (folder / "package" / "inner.py").read_bytes()
    assert found["package.inner"] == hashlib.sha256(inner).hexdigest()
    assert "package" not in sys.modules


def test_folders_without_an_init_file_have_modules_too(folder: Path) -> None:
    (folder / "plain" / "deep").mkdir(parents=True)
    (folder / "plain" / "util.py").write_text("import helper\n")
    (folder / "plain" / "deep" / "more.py").write_text("")
    source = b"from plain.util import x\nfrom plain.deep import more\n"
    assert set(own_modules(source)) == {"plain.util", "plain.deep.more", "helper", "deeper"}
    (folder / "numbers_").mkdir()
    assert own_modules(b"import numbers_\n") == {}


def test_a_file_that_imports_none_is_its_text_alone(folder: Path) -> None:
    source = b"import numpy, bayesdrop, os\n"
    assert own_modules(source) == {}
    path = folder / "mine.py"
    path.write_text("import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(hidden=(7,)))\n")
    text = hashlib.sha256(path.read_bytes()).hexdigest()
    assert catalog.load("models", str(path)).source_sha256 == text


@pytest.mark.parametrize("module", ["helper.py", "deeper.py", "package/inner.py"])
def test_a_changed_module_is_another_file(
    folder: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "mine.py"
    path.write_text(MODEL)

    def digest() -> str | None:
        catalog._digest.cache_clear()  # as in another process
        return catalog.load("models", str(path)).source_sha256

    before = digest()
    assert digest() == before
    (folder / "unused.py").write_text("# a remark\n")
    assert digest() == before
    with open(folder / module, "a") as file:
        file.write("# a remark\n")
    assert digest() != before
