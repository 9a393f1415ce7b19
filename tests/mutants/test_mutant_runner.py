"""What the runner of mutants makes of a package of two lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import run_mutants
from mutant_table import Mutant

TESTS = """
from bayesdrop.sums import plus, twice

def test_plus():
    assert plus(1, 2) == 3

def test_twice():
    assert twice(2) == 4
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "bayesdrop").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "bayesdrop" / "__init__.py").touch()
    (tmp_path / "bayesdrop" / "sums.py").write_text(
        "def plus(a, b):\n    return a + b\n\n\ndef twice(a):\n    return 2 * a\n"
    )
    (tmp_path / "tests" / "test_sums.py").write_text(TESTS)
    return tmp_path


def mutant(old: str, new: str, *killers: str) -> Mutant:
    return Mutant("fault", "sums.py", old, new, killers or ("tests/test_sums.py",))


def test_a_fault_is_killed_by_the_first_test_that_fails(project: Path) -> None:
    found = run_mutants.outcome(mutant("2 * a", "3 * a"), project)
    assert str(found) == "killed   fault: tests/test_sums.py::test_twice"
    assert "2 * a" in (project / "bayesdrop" / "sums.py").read_text()


@pytest.mark.slow
def test_a_fault_that_one_killer_does_not_notice_survives(project: Path) -> None:
    killers = ("tests/test_sums.py::test_twice", "tests/test_sums.py -k plus")
    found = run_mutants.outcome(mutant("2 * a", "a + a + 1", *killers), project)
    assert (found.verdict, found.words) == ("survived", "tests/test_sums.py -k plus")


def test_tests_that_do_not_run_notice_nothing(project: Path) -> None:
    found = run_mutants.outcome(mutant("def twice", "def thrice"), project)
    assert found.verdict == "not run"
    assert "ImportError" in found.words


@pytest.mark.slow
def test_killers_must_pass_without_a_fault(project: Path) -> None:
    one = mutant("2 * a", "3 * a")
    assert run_mutants.failing_without_a_fault([one], project) == ""
    (project / "bayesdrop" / "sums.py").write_text("def plus(a, b):\n    return 0\n\ntwice = plus")
    assert "FAILED tests/test_sums.py::test_plus" in run_mutants.failing_without_a_fault(
        [one], project
    )


def test_a_copy_has_the_pages_that_tests_read() -> None:
    with run_mutants.copied(run_mutants.ROOT) as folder:
        assert {"trust.md", "benchmarks.md"} <= {page.name for page in (folder / "docs").iterdir()}


def test_names_choose(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = {name: Mutant(name, "f.py", "a", "b", ("tests/t.py",)) for name in ("sign", "signs")}

    def survives(mutant: Mutant) -> run_mutants.Outcome:
        verdict = "killed" if mutant.name == "sign" else "survived"
        return run_mutants.Outcome(mutant.name, verdict, "tests/t.py")

    monkeypatch.setattr(run_mutants, "read_table", lambda: table)
    monkeypatch.setattr(run_mutants, "outcome", survives)
    monkeypatch.setattr(run_mutants, "failing_without_a_fault", lambda mutants: "")
    assert run_mutants.main(["sign"]) == 1
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "1 killed, 1 survived",
        "killed   sign: tests/t.py",
        "survived signs: tests/t.py",
    ]
    assert run_mutants.main(["signs"]) == 1
    del table["signs"]
    assert run_mutants.main([]) == 0
    with pytest.raises(SystemExit):
        run_mutants.main(["no such fault"])
