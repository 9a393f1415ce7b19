"""Make faults one by one and see that tests notice: ``make mutants``.

The faults are those of the table (:mod:`mutant_table`). Names, or parts of names, choose some:
``python tests/mutants/run_mutants.py rhat`` runs all that have "rhat" in their name. Each fault is
made in a copy of the package in a temporary folder, and the working tree stays as it is. Its
killers run there one after the other, as ``pytest -x`` without the slow tests. Before that their
files must pass in a copy without a fault. The exit code is 0 if every fault was noticed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mutant_table import Mutant, read_table

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("bayesdrop", "tests", "models", "inference", "benchmarks", "docs/*.md", "pyproject.toml")
_TESTS_FAILED, _PASSED = 1, 0  # exit codes of pytest
_SECONDS = 900


@dataclass(frozen=True)
class Outcome:
    """What became of a fault, and by which test or why."""

    name: str
    verdict: Literal["killed", "survived", "not run"]
    words: str

    def __str__(self) -> str:
        return f"{self.verdict:<8} {self.name}: {self.words}"


def outcome(mutant: Mutant, root: Path = ROOT) -> Outcome:
    """Run the killers of ``mutant`` in a copy of ``root`` that has it."""
    with copied(root) as folder:
        file = folder / "bayesdrop" / mutant.file
        file.write_text(mutant.applied_to(file.read_text(encoding="utf-8")), encoding="utf-8")
        noticed = []
        for killer in mutant.killers:
            code, output = pytest_of(killer, folder, "-x", seconds=_SECONDS)
            if code == _PASSED:
                return Outcome(mutant.name, "survived", killer)
            if code != _TESTS_FAILED:
                return Outcome(mutant.name, "not run", f"{killer}\n{output}")
            noticed.append(_first_failure(output))
    return Outcome(mutant.name, "killed", ", ".join(noticed))


def failing_without_a_fault(mutants: Iterable[Mutant], root: Path = ROOT) -> str:
    """Return what pytest says if a file of the killers fails in a copy as it is; else nothing."""
    words = (word for m in mutants for killer in m.killers for word in shlex.split(killer))
    files = dict.fromkeys(word.split("::")[0] for word in words if word.startswith("tests/"))
    with copied(root) as folder:
        code, output = pytest_of(shlex.join(files), folder)
    return "" if code == _PASSED else output


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Return a temporary copy of what tests need of ``root``."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        for source in (found for part in COPIED for found in root.glob(part)):
            target = Path(name) / source.relative_to(root)
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        yield Path(name)


def pytest_of(
    killer: str, folder: Path, *options: str, seconds: float | None = None
) -> tuple[int | None, str]:
    """Return pytest's exit code in ``folder``, ``None`` if it took too long, and its output."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"]
    # compiled files of the same second and size would hide a fault
    own = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, *options, *shlex.split(killer)],
            cwd=folder,
            env=os.environ | own,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"took longer than {seconds:g} s"
    return done.returncode, done.stdout + done.stderr


def _first_failure(output: str) -> str:
    lines = (line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR ")))
    return next(lines, "FAILED ?").split(" - ")[0].split(" ", 1)[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the faults whose name has one of the given parts; 0 if tests noticed each of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="names, or parts of names (default: all)")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="processes at a time (default 1)")
    options = parser.parse_args(arguments)
    chosen = [
        mutant
        for name, mutant in read_table().items()
        if not options.names or any(part in name for part in options.names)
    ]
    if not chosen:
        parser.error(f"no mutant's name has {' or '.join(options.names)} in it")
    if output := failing_without_a_fault(chosen):
        print(f"{output}\nThese tests fail without a fault, so they can't notice one.")
        return 1
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        for future in as_completed([pool.submit(outcome, mutant) for mutant in chosen]):
            print(found := future.result(), flush=True)
            counts[found.verdict] += 1
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return int(counts["killed"] < len(chosen))


if __name__ == "__main__":
    raise SystemExit(main())
