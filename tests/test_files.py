"""Files are whole or not there, leftovers go, and errors name the file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bayesdrop.files import (
    errors_name,
    is_temporary,
    remove_leftovers,
    replacing,
    temporary_path,
)


def test_what_is_written_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert is_temporary(temporary)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def breaks_off() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    """The system's own error of a write has no name."""
    path = tmp_path / "a.txt"
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.txt'$"), replacing(path):
        os.write(os.open("/dev/full", os.O_WRONLY), b"text")
    with pytest.raises(OSError, match=r"can't write .*a\.txt: of a library"), errors_name(path):
        raise OSError("of a library")
    assert list(tmp_path.iterdir()) == []


LEAVES = """
import os, sys
from pathlib import Path
from bayesdrop.files import temporary_path
temporary_path(Path(sys.argv[1])).write_text("half")
temporary_path(Path(sys.argv[1])).mkdir()
os._exit(9)
"""


def test_a_number_that_no_process_has_is_none(tmp_path: Path) -> None:
    host = socket.gethostname()
    strange = tmp_path / f".a.txt.{'9' * 20}-ab@{host}.tmp"
    strange.write_text("")
    remove_leftovers(tmp_path)
    assert strange.exists()
    yesterday = time.time() - 100_000
    os.utime(strange, (yesterday, yesterday))
    remove_leftovers(tmp_path)
    assert not strange.exists()


def test_only_leftovers_of_dead_processes_go(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    own = temporary_path(target)
    own.write_text("being written")
    elsewhere = tmp_path / ".a.txt.12-ab@another-machine.tmp"
    elsewhere.write_text("being written")
    subprocess.run([sys.executable, "-c", LEAVES, str(target)], check=False)
    assert len(list(tmp_path.iterdir())) == 4
    remove_leftovers(tmp_path, of="another.txt")
    assert len(list(tmp_path.iterdir())) == 4
    remove_leftovers(tmp_path, of="a.txt")
    assert set(tmp_path.iterdir()) == {own, elsewhere}
    yesterday = time.time() - 100_000
    os.utime(elsewhere, (yesterday, yesterday))
    (tmp_path / ".hidden").write_text("of the user")
    (tmp_path / "notes.tmp").write_text("of the user")
    for kept in (".hidden", "notes.tmp"):
        os.utime(tmp_path / kept, (yesterday, yesterday))
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {own.name, ".hidden", "notes.tmp"}
