"""A reference that is made up, and its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_reference import made_up_reference

import bayesdrop as bd
from bayesdrop.references.storing import save


@pytest.fixture(scope="session")
def made_up() -> bd.Reference:
    return made_up_reference()


@pytest.fixture
def path(made_up: bd.Reference, tmp_path: Path) -> Path:
    save(made_up, tmp_path / "made_up.npz")
    return tmp_path / "made_up.npz"
