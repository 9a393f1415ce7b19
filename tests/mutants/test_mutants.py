"""Every row of the table of mutants is a fault of the code as it is, and names tests that exist."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path

import pytest
from mutant_table import Mutant, read_table

ROOT = Path(__file__).resolve().parents[2]
TABLE = read_table()
SHARED = ("programs/numpyro_density.py", "infer/mcmc/vectors.py")  # of several methods


def code(source: str) -> str:
    """What Python reads of ``source``, without docstrings: text on its own is no code."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    return ast.dump(tree)


@pytest.mark.parametrize("name", TABLE)
def test_a_mutant_changes_the_code_in_one_place(name: str) -> None:
    mutant = TABLE[name]
    source = (ROOT / "bayesdrop" / mutant.file).read_text(encoding="utf-8")
    assert code(mutant.applied_to(source)) != code(source)


@pytest.mark.parametrize("name", TABLE)
def test_its_killers_are_there(name: str) -> None:
    assert TABLE[name].killers
    for killer in TABLE[name].killers:
        tests = [word for word in shlex.split(killer) if word.startswith("tests/")]
        assert tests
        for test in tests:
            file, *names = test.split("::")
            text = (ROOT / file).read_text(encoding="utf-8")
            assert "golden" not in file
            assert all(f"def {own.partition('[')[0]}(" in text for own in names)


def test_a_dropped_jacobian_is_noticed_in_more_than_one_place() -> None:
    dropped = [mutant for name, mutant in TABLE.items() if "without-jacobian" in name]
    killers = " ".join(killer for mutant in dropped for killer in mutant.killers)
    assert all(f"-k {method}" in killers for method in ("mclmc", "chees", "low", "sghmc"))
    of_several = [mutant for mutant in dropped if mutant.file in SHARED]
    assert len(of_several) == len(SHARED)
    assert all(len(mutant.killers) > 1 for mutant in of_several)


def test_a_passage_that_is_gone_or_there_twice_is_an_error() -> None:
    mutant = Mutant("sign", "f.py", "a + b", "a - b", ("tests/test_f.py",))
    assert mutant.applied_to("x = a + b") == "x = a - b"
    for source, count in (("x = b + a", 0), ("a + b, a + b", 2)):
        with pytest.raises(
            ValueError, match=f"sign: bayesdrop/f.py has its old text {count} times"
        ):
            mutant.applied_to(source)


def test_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text("[one]\nfile='f'\nold='o'\nnew='n'\nkillers=['tests/t']\n")
    with pytest.raises(ValueError, match=r"b\.toml: another row is called one"):
        read_table(tmp_path)
