"""Files that are written whole or not at all, and errors that say which file they are of."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.(?P<process>\d{1,9})-[0-9a-f]+@(?P<host>.+)\.tmp")
_NO_WRITER_TAKES_S = 24 * 3600


class RefusedFileError(ValueError):
    """A file holds what none of its kind holds; the words are to be read after its name."""


def field_at(location: Iterable[int | str]) -> str:
    """``info.device`` for ("info", "device"), on one line whatever the file's own names hold."""
    return "".join(c if c.isprintable() else " " for c in ".".join(map(str, location)))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; what is written there takes its place at the end.

    If anything is raised, ``path`` stays as it was and the temporary file goes.

    Raises
    ------
    OSError
        It can't be written, for example because the disk is full; the message names ``path``.
    """
    temporary = temporary_path(path)
    try:
        with errors_name(path):
            yield temporary
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def errors_name(path: Path) -> Iterator[None]:
    """Name ``path`` in every ``OSError`` of the block, in place of a temporary file or of none."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise OSError(f"can't write {path}: {error}") from error
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


def temporary_path(path: Path) -> Path:
    """A hidden path beside ``path`` that no other call gives; its name has process and machine."""
    host = socket.gethostname()
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}@{host}.tmp")


def is_temporary(path: Path) -> bool:
    """Say whether that is the name of a temporary file, also of earlier versions."""
    return path.name.startswith(".") and path.name.endswith(".tmp")


def remove_leftovers(folder: Path, of: str = "") -> None:
    """Remove the temporary files and folders in ``folder`` that a dead process left there.

    One is left if its process no longer runs on this machine, or if nobody has written to it for a
    day. ``of`` restricts this to the temporary files of the file with that name. Default: all.
    """
    start = f".{of}." if of else "."
    for path in folder.iterdir():
        if path.name.startswith(start) and is_temporary(path) and _is_left(path):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_left(path: Path) -> bool:
    from psutil import pid_exists

    named = _TEMPORARY.fullmatch(path.name)
    if named and named["host"] == socket.gethostname():
        return not pid_exists(int(named["process"]))
    try:
        return time.time() - path.lstat().st_mtime > _NO_WRITER_TAKES_S
    except FileNotFoundError:  # its writer is done
        return False
