"""Compiled programs are kept between fits, until they are dropped."""

from __future__ import annotations

import ast
from pathlib import Path

import bayesdrop as bd
from bayesdrop.infer.engine.caches import compiled_once


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
