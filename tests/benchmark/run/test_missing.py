"""Running a suite: exactly what is missing, whatever happened before."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import dask.config
import pytest
from quick import quick

import bayesdrop as bd
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.plan import Selection, cells_of
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.files import is_temporary

IMPORT = "from bayesdrop.benchmark.run.missing import run_missing"
RUN = f"{IMPORT}; print(dict(run_missing('suite_of_mine.py', 'out')))"
LINEAR = Selection(models=("linear",))


def seeds_run(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "runs").read_text().split()]


def test_a_suite_runs_once(own_files: Path) -> None:
    assert run_missing("suite_of_mine.py", "out") == {"kept": 0, "ok": 3, "skipped": 3}
    assert seeds_run(own_files) == [0, 1, 2]
    before = Store("out").records()
    assert run_missing("suite_of_mine.py", "out") == {"kept": 6}
    assert seeds_run(own_files) == [0, 1, 2]
    assert Store("out").records() == before


def test_parts_add_up_to_the_whole(own_files: Path) -> None:
    one = Selection(models=("linear",), splits=(1,))
    assert run_missing("suite_of_mine.py", "out", only=one)["ok"] == 1
    assert run_missing("suite_of_mine.py", "out") == {"kept": 1, "ok": 2, "skipped": 3}
    assert seeds_run(own_files) == [1, 0, 2]


def test_a_failed_cell_is_run_again_and_no_other(own_files: Path) -> None:
    (own_files / "orders-1").write_text("fail")
    assert run_missing("suite_of_mine.py", "out", only=LINEAR) == {"kept": 0, "ok": 2, "failed": 1}
    (own_files / "orders-1").unlink()
    assert run_missing("suite_of_mine.py", "out", only=LINEAR) == {"kept": 2, "ok": 1}
    assert seeds_run(own_files) == [0, 1, 2, 1]
    assert {record["status"] for record in Store("out").records()} == {"ok"}


def test_a_changed_setting_is_a_new_cell(own_files: Path) -> None:
    run_missing("suite_of_mine.py", "out", only=LINEAR)
    method = own_files / "least_squares.py"
    method.write_text(method.read_text().replace("LeastSquares()", "LeastSquares(jitter=0.02)"))
    assert run_missing("suite_of_mine.py", "out", only=LINEAR) == {"kept": 0, "ok": 3}
    assert len(Store("out").records()) == 6


def test_a_setting_taken_back_has_the_plain_name_and_is_not_run_again(own_files: Path) -> None:
    method = own_files / "least_squares.py"
    text = method.read_text()
    for jitter in ("0.01", "0.02", "0.01"):
        method.write_text(text.replace("LeastSquares()", f"LeastSquares(jitter={jitter})"))
        counts = run_missing("suite_of_mine.py", "out", only=LINEAR)
    assert counts == {"kept": 3}
    current = analyse("out").table.query("not earlier")["configuration"].unique()
    cells = cells_of(Store("out").suite()[1], LINEAR)
    assert current.tolist() == [cells[0].configuration_digest]


@pytest.mark.parametrize("jobs", quick([1, 2], lambda jobs: jobs == 1))
def test_what_was_skipped_for_want_of_a_package_is_run_once_it_is_there(
    own_files: Path, jobs: int
) -> None:
    (own_files / "missing").touch()
    assert run_missing("suite_of_mine.py", "out", jobs, LINEAR) == {"kept": 0, "skipped": 3}
    assert run_missing("suite_of_mine.py", "out", jobs, LINEAR) == {"kept": 3}
    (own_files / "missing").unlink()
    assert run_missing("suite_of_mine.py", "out", jobs, LINEAR) == {"kept": 0, "ok": 3}


def test_nothing_is_made_before_everything_is_checked(own_files: Path) -> None:
    suite = own_files / "suite_of_mine.py"
    suite.write_text(suite.read_text().replace('"diabetes"', '"diabetis"'))
    with pytest.raises(ValueError, match="did you mean 'diabetes'"):
        run_missing("suite_of_mine.py", "out")
    assert not Path("out").exists()


def test_an_interruption_keeps_what_is_finished(own_files: Path) -> None:
    (own_files / "orders-1").write_text("interrupt")
    with pytest.raises(KeyboardInterrupt):
        run_missing("suite_of_mine.py", "out", only=LINEAR)
    assert [record["split"] for record in Store("out").records()] == [0]


def test_kill_9_and_the_same_command_again_runs_exactly_what_is_missing(own_files: Path) -> None:
    (own_files / "orders-2").write_text("hang")
    process = subprocess.Popen([sys.executable, "-c", RUN], cwd=own_files, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (own_files / "runs").exists() or seeds_run(own_files) != [0, 1, 2]:
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert [record["split"] for record in Store("out").records()] == [0, 1]

    (own_files / "orders-2").unlink()
    assert run_missing("suite_of_mine.py", "out") == {"kept": 2, "ok": 1, "skipped": 3}
    assert seeds_run(own_files) == [0, 1, 2, 2]


DROPOUT = """
import bayesdrop as bd

MODEL = bd.Model(bd.MLP((20,)), bd.ARD(bd.noise.Bernoulli(0.8)))
INFERENCE = bd.MCDropout(num_epochs=40, num_passes=20, batch_size=50)
"""
KILLED = """
import os, signal
from bayesdrop import Suite
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.store import Store

write = Store.write

def dies(self, record):
    write(self, record)
    if record["split"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)

Store.write = dies
run_missing(Suite(("noisy.py",), ("noisy.py",), ("diabetes",), 5), "killed")
"""


@pytest.mark.slow
def test_a_killed_and_resumed_run_finds_the_bits_of_a_whole_one_where_fits_train_together(
    own_files: Path,
) -> None:
    (own_files / "noisy.py").write_text(DROPOUT)
    suite = bd.Suite(("noisy.py",), ("noisy.py",), ("diabetes",), 5)
    assert run_missing(suite, "whole") == {"kept": 0, "ok": 5}
    process = subprocess.run([sys.executable, "-c", KILLED], cwd=own_files, check=False)
    assert process.returncode == -signal.SIGKILL
    assert run_missing(suite, "killed") == {"kept": 3, "ok": 2}
    for one, other in zip(Store("whole").records(), Store("killed").records(), strict=True):
        for part in ("key", "metrics", "info"):
            assert one[part] == other[part]
        assert one["info"]["fitted_together"] == 5


@pytest.mark.slow
def test_workers_train_a_group_as_a_whole_if_some_of_it_is_missing(own_files: Path) -> None:
    (own_files / "noisy.py").write_text(DROPOUT)
    suite = bd.Suite(("noisy.py",), ("noisy.py",), ("diabetes",), 5)
    assert run_missing(suite, "out", jobs=2) == {"kept": 0, "ok": 5}
    whole = Store("out").records()
    for record in whole[1::2]:
        (own_files / "out" / "records" / f"{record['key']}.json").unlink()
    assert run_missing(suite, "out", jobs=2) == {"kept": 3, "ok": 2}
    again = Store("out").records()
    assert [record["metrics"] for record in again] == [record["metrics"] for record in whole]
    assert again[::2] == whole[::2]
    assert {record["info"]["fitted_together"] for record in again} == {5}


@pytest.mark.slow
def test_processes_find_the_same_as_one(own_files: Path) -> None:
    """Beside another cluster, which has the port that Dask would take."""
    run_missing("suite_of_mine.py", "one", jobs=1)
    environment = dict(os.environ)
    with socket.socket() as another:
        with contextlib.suppress(OSError):  # somebody else has it
            another.bind(("", 8787))
            another.listen()
        counts = run_missing("suite_of_mine.py", "two", jobs=2)
    assert counts == {"kept": 0, "ok": 3, "skipped": 3}
    alone, together = Store("one").records(), Store("two").records()
    assert [record["jobs"] for record in together] == [2] * 6
    assert dict(os.environ) == environment
    for a, b in zip(alone, together, strict=True):
        assert a["key"] == b["key"]
        assert a.get("metrics") == b.get("metrics")


@pytest.mark.slow
def test_a_cell_that_kills_its_workers_fails_and_the_rest_is_run(own_files: Path) -> None:
    (own_files / "orders-1").write_text("die")
    for kept in ({"kept": 0, "ok": 2, "failed": 1, "skipped": 3}, {"kept": 5, "failed": 1}):
        assert run_missing("suite_of_mine.py", "out", jobs=2) == kept  # this process lives
        found = {r["split"]: r for r in Store("out").records() if r["model"] == "linear"}
        assert [found[split]["status"] for split in range(3)] == ["ok", "failed", "ok"]
        assert "four processes died at this cell" in found[1]["error"]["message"]
    (own_files / "orders-1").unlink()
    assert run_missing("suite_of_mine.py", "out", jobs=2) == {"kept": 5, "ok": 1}


@pytest.mark.slow
def test_cells_that_kill_a_worker_each_once_are_run(own_files: Path) -> None:
    suite = own_files / "suite_of_mine.py"
    suite.write_text(suite.read_text().replace("splits=3", "splits=6"))
    for seed in range(4):
        (own_files / f"orders-{seed}").write_text("die once")
    assert run_missing("suite_of_mine.py", "out", 2, LINEAR) == {"kept": 0, "ok": 6}
    assert sorted(seeds_run(own_files)) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 5]


@pytest.mark.slow
def test_workers_that_dask_gives_up_on_are_replaced(own_files: Path) -> None:
    """It does so where a killed worker takes longer to come back, on a busy machine for example."""
    (own_files / "orders-0").write_text("die once")
    (own_files / "orders-1").write_text("die once")
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "1ms"}):
        assert run_missing("suite_of_mine.py", "out", 2, LINEAR) == {"kept": 0, "ok": 3}


@pytest.mark.slow
def test_a_group_that_kills_its_workers_as_a_whole_is_run_cell_by_cell(own_files: Path) -> None:
    method = own_files / "least_squares.py"
    together = """
    def fits_together(self, model):
        return True

    @classmethod
    def run_many(cls, jobs, progress):
        if len(jobs) > 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run_many(jobs, progress)

    def run(self"""
    method.write_text(method.read_text().replace("\n    def run(self", together))
    assert run_missing("suite_of_mine.py", "out", 2, LINEAR) == {"kept": 0, "ok": 3}


@pytest.mark.slow
def test_what_another_run_finishes_in_the_meantime_is_not_run_again(own_files: Path) -> None:
    (own_files / "orders-0").write_text("wait")
    program = RUN.replace("'out'", "'out', 1, Selection(models=('linear',))")
    program = program.replace(
        "import run_missing",
        "import run_missing; from bayesdrop.benchmark.run.plan import Selection",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=own_files, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (own_files / "runs").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    rest = Selection(models=("linear",), splits=(1, 2))
    assert run_missing("suite_of_mine.py", "out", only=rest) == {"kept": 0, "ok": 2}
    (own_files / "orders-0").unlink()
    assert process.communicate()[0].strip() == "{'kept': 0, 'ok': 3}"
    assert seeds_run(own_files) == [0, 1, 2]


@pytest.mark.slow
def test_two_runs_of_one_folder_and_reports_of_it_leave_it_whole(own_files: Path) -> None:
    runs = [subprocess.Popen([sys.executable, "-c", RUN], cwd=own_files) for _ in range(2)]
    while any(run.poll() is None for run in runs):
        with contextlib.suppress(FileNotFoundError, ValueError):  # there is nothing to report yet
            write_report("out")
    assert [run.returncode for run in runs] == [0, 0]
    found = Store("out").scan()
    assert (len(found.records), found.damaged) == (6, [])
    write_report("out")
    write_report("out", out="again")
    for name in ("report.md", "table.csv", "summary.csv"):
        assert Path("out", name).read_bytes() == Path("again", name).read_bytes()
    assert not [path for path in Path("out").rglob("*") if is_temporary(path)]


@pytest.mark.slow
def test_the_next_process_need_not_compile_again(own_files: Path) -> None:
    suite = own_files / "suite_of_mine.py"
    text = suite.read_text().replace('("least_squares.py",)', '("map_of_mine.py",)')
    suite.write_text(text.replace("splits=3", "splits=1"))
    method = "import bayesdrop as bd\nINFERENCE = bd.MAP(num_steps=5)\n"
    (own_files / "map_of_mine.py").write_text(method)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XLA_"))}
    environment["XDG_CACHE_HOME"] = str(own_files / "cache")
    kept = []
    for out in ("first", "second"):
        command = [sys.executable, "-c", RUN.replace("'out'", f"'{out}'")]
        subprocess.run(command, env=environment, check=True)
        assert [r["status"] for r in Store(out).records()] == ["ok"] * 2
        kept.append({path.name for path in (own_files / "cache").rglob("*-cache")})
    assert kept[0]
    assert kept[1] == kept[0]
