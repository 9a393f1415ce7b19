"""Compiled programs are kept between fits, until they are dropped."""

from __future__ import annotations

import ast
from pathlib import Path

import jax  # noqa: F401 - the limit matters once it is loaded
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.engine import caches
from bayesdrop.infer.engine.caches import compiled_once, has_little_room


def test_a_program_is_built_once_until_the_caches_are_cleared() -> None:
    built = []

    @compiled_once
    def program(model: bd.Model) -> int:
        built.append(model)
        return len(built)

    model, equal = bd.Model(bd.MLP((3,))), bd.Model(bd.MLP((3,)))
    assert program(model) == program(equal) == 1
    bd.clear_caches()
    assert program(model) == 2


def test_no_method_keeps_programs_that_the_registry_does_not_know() -> None:
    for file in (Path(bd.__file__).parent / "infer").rglob("*.py"):
        if file.name == "caches.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "functools":
                names = {alias.name for alias in node.names}
                assert not names & {"lru_cache", "cache"}, f"{file}: use compiled_once"


def test_programs_are_dropped_before_the_process_has_no_room_for_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(caches, "_MAPPINGS", tmp_path / "maps")
    monkeypatch.setattr(caches, "_LIMIT", tmp_path / "max_map_count")
    assert not has_little_room()  # of systems without a limit
    (tmp_path / "max_map_count").write_text("8\n")
    built = []

    @compiled_once
    def program(number: int) -> None:
        built.append(number)

    for lines, number in ((4, 0), (4, 1), (4, 0), (5, 0), (5, 2), (4, 0)):
        (tmp_path / "maps").write_text("a mapping\n" * lines)
        program(number)
    assert built == [0, 1, 2, 0]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="a limit of Linux")
def test_fits_of_ever_other_models_find_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    X = np.random.default_rng(0).normal(size=(30, 3))
    fit_with(2, X)
    bd.clear_caches()
    full = count_of_mappings() + 1000
    monkeypatch.setattr(caches, "_LIMIT", tmp_path / "max_map_count")
    (tmp_path / "max_map_count").write_text(str(2 * full))
    found = []
    for hidden in range(3, 9):
        fit_with(hidden, X)
        found.append(count_of_mappings())
    assert max(found) < 2 * full
    assert found != sorted(found)


def fit_with(hidden: int, X: np.ndarray) -> None:
    nuts = bd.NUTS(num_warmup=10, num_samples=10, num_chains=1)
    bd.fit(bd.Model(bd.MLP((hidden,))), X, X[:, 0], nuts, progress=False)


def count_of_mappings() -> int:
    return len(Path("/proc/self/maps").read_text().splitlines())
