"""A real Dask scheduler with two workers: whatever dies, every cell ends exactly once."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bayesdrop.benchmark.run import cluster as tasks
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.plan import Selection
from bayesdrop.benchmark.run.store import Store

RUN = """
import logging, sys
logging.basicConfig(format="%(message)s")
logging.getLogger("bayesdrop").setLevel(logging.INFO)
from bayesdrop.benchmark.run.missing import run_missing
print(dict(run_missing("suite_of_mine.py", "out", scheduler=sys.argv[1])))
"""
ONE_PER_SPLIT = '''"""Least squares under three settings."""
import bayesdrop as bd

SUITE = bd.Suite(
    models=("linear.py",),
    inference=("least_squares.py", "second.py", "third.py"),
    datasets=("diabetes",),
    splits=2,
)
'''
PATIENCE_S = 90


class Cluster:
    """A scheduler and two workers, each a process, in the working directory."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.start_scheduler()
        for name in ("one", "two"):
            self.start_worker(name)

    def start_scheduler(self) -> None:
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", ":0"]
        self._start("scheduler", "dask_scheduler", options)

    def start_worker(self, name: str) -> None:
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]
        self._start(name, "dask_worker", [self.address, *options, "--death-timeout", "60"])

    def _start(self, name: str, command: str, options: list[str]) -> None:
        log = open(f"log-{name}", "ab")  # noqa: SIM115
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{command}", *options], stdout=log, stderr=log
        )
        log.close()

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes.pop(name).wait()

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)


@pytest.fixture
def cluster(own_files: Path) -> Iterator[Cluster]:
    found = Cluster()
    yield found
    found.close()


@pytest.fixture
def client(own_files: Path, cluster: Cluster) -> Callable[[], subprocess.Popen[str]]:
    """Starts ``bayesdrop run`` of six cells in a process of its own."""
    (own_files / "suite_of_mine.py").write_text(ONE_PER_SPLIT)
    method = (own_files / "least_squares.py").read_text()
    for number, name in enumerate(("second", "third"), 2):
        text = method.replace("LeastSquares()", f"LeastSquares(jitter=0.0{number})")
        (own_files / f"{name}.py").write_text(text)
    command = [sys.executable, "-c", RUN, cluster.address]
    return lambda: subprocess.Popen(
        command, cwd=own_files, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def until(true: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if process is not None and process.poll() is not None:
            raise AssertionError(process.communicate()[0])
        assert time.monotonic() < deadline
        time.sleep(0.05)


def seeds_run(folder: Path) -> list[int]:
    log = folder / "runs"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def output_of(process: subprocess.Popen[str]) -> str:
    output = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 0, output
    return output.splitlines()[-1]


def check_every_cell_ended_once(folder: Path) -> None:
    records = Store(folder / "out").records()
    assert [record["status"] for record in records] == ["ok"] * 6
    assert len({(record["inference"], record["split"]) for record in records}) == 6


@pytest.mark.slow
def test_all_is_well(own_files: Path, cluster: Cluster, client: Callable) -> None:
    assert output_of(client()) == "{'kept': 0, 'ok': 6}"
    check_every_cell_ended_once(own_files)
    assert sorted(seeds_run(own_files)) == [0, 0, 0, 1, 1, 1]
    assert output_of(client()) == "{'kept': 6}"
    assert len(seeds_run(own_files)) == 6


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_cell(
    own_files: Path, cluster: Cluster, client: Callable
) -> None:
    (own_files / "orders-1").write_text("hang")
    process = client()
    until(lambda: seeds_run(own_files).count(1) == 2, process)  # both workers hang in a split 1
    cluster.kill("one")
    (own_files / "orders-1").unlink()
    cluster.kill("two")
    cluster.start_worker("three")
    assert output_of(process) == "{'kept': 0, 'ok': 6}"
    check_every_cell_ended_once(own_files)
    assert sorted(seeds_run(own_files)) == [0, 0, 0, 1, 1, 1, 1, 1]  # what had ended is not rerun


@pytest.mark.slow
def test_the_scheduler_restarted(own_files: Path, cluster: Cluster, client: Callable) -> None:
    (own_files / "orders-1").write_text("hang")
    process = client()
    until(lambda: seeds_run(own_files).count(1) == 2, process)
    for name in ("scheduler", "one", "two"):
        cluster.kill(name)
    (own_files / "orders-1").unlink()
    cluster.start_scheduler()
    for name in ("three", "four"):
        cluster.start_worker(name)
    assert output_of(process) == "{'kept': 0, 'ok': 6}"
    check_every_cell_ended_once(own_files)
    assert sorted(seeds_run(own_files)) == [0, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.slow
def test_the_client_killed_and_run_again(
    own_files: Path, cluster: Cluster, client: Callable
) -> None:
    (own_files / "orders-1").write_text("wait")
    process = client()
    until(lambda: seeds_run(own_files).count(1) == 2, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    again = client()
    assert again.stdout is not None
    assert any("4 of 6 cells to run" in line for line in again.stdout)
    (own_files / "orders-1").unlink()
    assert output_of(again).endswith("'ok': 4}")
    check_every_cell_ended_once(own_files)
    assert sorted(seeds_run(own_files)) == [0, 0, 0, 1, 1, 1]  # what was under way went on


@pytest.mark.slow
def test_workers_that_leave_no_records_are_an_error(
    own_files: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where they write to a disk of their own."""
    monkeypatch.setattr(tasks, "run_group_on_dask", lambda group, store, before: None)
    rounds = SimpleNamespace(count=lambda: range(5), takewhile=itertools.takewhile)
    monkeypatch.setattr(tasks, "itertools", rounds)  # it would go on for ever otherwise
    with pytest.raises(ChildProcessError, match="left no record; do all machines share"):
        run_missing(
            "suite_of_mine.py", "out", only=Selection(models=("linear",)), scheduler=cluster.address
        )


def test_no_scheduler_is_one_clear_error(own_files: Path, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_WAIT_FOR_A_SCHEDULER_S", 1)
    with pytest.raises(ConnectionError, match="no Dask scheduler answers at tcp"):
        run_missing("suite_of_mine.py", "out", scheduler="tcp://127.0.0.1:9")


def test_a_worker_s_error_without_a_text_is_no_death() -> None:
    failed = SimpleNamespace(exception=MemoryError)
    task = SimpleNamespace(future=failed)
    assert tasks._fault(task, "error") == "MemoryError()"  # type: ignore[arg-type]
