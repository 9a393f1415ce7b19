"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import bayesdrop as bd
from bayesdrop.data.download import cache_folder
from bayesdrop.data.uci import UCI_SETS

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"
)
"""Before JAX starts: compilation, most of a quick test's time, takes a quarter of it."""

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""A worker has one core: JAX one device, PyTorch and scikit-learn one thread."""

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "uci"


SPREAD = ("test_golden.py", "test_every_method.py")
"""Files whose tests share nothing and take long: any worker may run any of them, at the end."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """``--dist loadgroup`` keeps a file, whose tests share fits and programs, on one worker."""
    for item in items:
        if item.path.name not in SPREAD:
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))


@pytest.fixture(autouse=True, scope="module")
def _programs_go_with_their_file() -> Iterator[None]:
    """A process can hold only so many compiled programs."""
    yield
    bd.clear_caches()


@pytest.fixture
def programs_of_its_own() -> Iterator[None]:
    """A test's compiled programs go with it, where a file has hundreds of such tests."""
    yield
    bd.clear_caches()


@pytest.fixture
def uci_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the UCI sets, which ``BAYESDROP_DATA`` names during the test."""
    folders = (cache_folder().resolve(), BESIDE_THE_CHECKOUT)
    for folder in folders:
        if all((folder / source.file).is_file() for source in UCI_SETS):
            monkeypatch.setenv("BAYESDROP_DATA", str(folder))
            return folder
    pytest.skip(
        "the UCI sets are not here: run `bayesdrop data get uci`, or set BAYESDROP_DATA to the "
        f"folder that holds them (looked in {' and '.join(map(str, folders))})"
    )
