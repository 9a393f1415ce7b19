"""Fixtures every test may use."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bayesdrop as bd
from bayesdrop.data.download import cache_folder
from bayesdrop.data.uci import UCI_SETS

os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0 "
    "--xla_cpu_parallel_codegen_split_count=1",
)
"""Before JAX starts: compilation, most of a quick test's time, takes a quarter of it."""

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""A worker has one core: JAX one device, PyTorch and scikit-learn one thread."""

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
"""Threads of scikit-learn that wait do not spin: beside a second worker that took minutes."""

os.environ.setdefault("MALLOC_ARENA_MAX", "2")
"""What a compilation frees can be used by the next, in whichever thread that runs."""

os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")
"""A test that measures compilation finds none done."""

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "uci"


def pytest_collection_finish() -> None:
    """The modules and tests that were collected stay: the garbage collector passes them by."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # tracing makes many objects, most of them short-lived


@pytest.fixture(autouse=True, scope="module")
def _programs_go_when_they_are_many() -> Iterator[None]:
    """A worker stays below 1.5 GB, of which libraries take 0.7. To free takes half a second."""
    yield
    if _resident_bytes() > 1.2e9:
        _free_programs()


@pytest.fixture(autouse=True)
def _log_as_at_first() -> Iterator[None]:
    """The commands set up the log, for a stream that a test closes; a module's fixture does too."""
    yield
    log = logging.getLogger("bayesdrop")
    log.handlers[:], log.propagate = [], True
    log.setLevel(logging.NOTSET)  # it forgets, too, which levels it has found enabled


@pytest.fixture
def programs_of_its_own() -> Iterator[None]:
    """A test's compiled programs go with it, and those before it first, where a file has many."""
    _free_programs()
    yield
    _free_programs()


def _resident_bytes() -> float:
    """Memory of this process; where the system does not say, as much as can be."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return float("inf")
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _free_programs() -> None:
    bd.clear_caches()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # what they held goes back to the system


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
