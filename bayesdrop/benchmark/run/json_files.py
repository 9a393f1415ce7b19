"""Small JSON files that are read with suspicion: whole, of a bounded size, as they were written."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

from bayesdrop.files import replacing

LIMIT = 2**20
"""The size in bytes from which on a file is none of ours: the largest have some thousands."""

_CHECKSUM = "sha256"


class DamagedFileError(ValueError):
    """A file of a results folder does not hold what was written there.

    Attributes
    ----------
    path
        The file.
    fault
        What is wrong with it, to be read after its name.
    """

    def __init__(self, path: Path, fault: str, remedy: str) -> None:
        super().__init__(f"{path} {fault}: {remedy}")
        self.path, self.fault = path, fault


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write ``value`` to ``path`` with its checksum, whole or not at all.

    Raises
    ------
    ValueError
        It has a number that JSON does not know.
    OSError
        It can't be written; the message names ``path``.
    """
    text = _a_line_each(value | {_CHECKSUM: _checksum(value)})
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Read what :func:`write_json` wrote; files of before it wrote checksums have none to check.

    Raises
    ------
    DamagedFileError
        It is no regular file or too large, or holds no JSON object, or not the one of its checksum.
    FileNotFoundError
        There is no such file.
    """
    try:
        found = _parsed(_text(path))
        expected = found.pop(_CHECKSUM, None)
        if expected not in (None, _checksum(found)):
            raise _Fault("has other contents than were written to it (their checksum differs)")
    except _Fault as fault:
        raise DamagedFileError(path, str(fault), remedy) from fault
    except RecursionError as error:
        raise DamagedFileError(path, "is nested too deeply", remedy) from error
    except ValueError as error:
        raise DamagedFileError(path, f"is not valid JSON ({error})", remedy) from error
    return found


class _Fault(Exception):
    """What is wrong with a file."""


def _text(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        if path.is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP):
            raise _Fault("is a link that leads to no file") from error
        raise
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
        raise _Fault("is no regular file")
    if status.st_size > LIMIT:
        raise _Fault(f"has {status.st_size / 1e6:.0f} MB, and a record some kB")
    with open(path, "rb") as file:
        return file.read(LIMIT + 1).decode("utf-8")


def _parsed(text: str) -> dict[str, Any]:
    found = json.loads(text, parse_constant=_refused, object_pairs_hook=_distinct)
    if not isinstance(found, dict):
        raise _Fault("holds no JSON object")
    return found


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("one object has a name twice")
    return found


def _checksum(value: dict[str, Any]) -> str:
    """The SHA-256 of the text of ``value``, whatever the spaces in the file."""
    return hashlib.sha256(_a_line_each(value).encode()).hexdigest()


def _a_line_each(value: dict[str, Any]) -> str:
    """Return JSON with a line for each key, in their order: as short as it stays readable."""
    compact: dict[str, Any] = {
        "sort_keys": True,
        "ensure_ascii": False,
        "allow_nan": False,
        "separators": (",", ":"),
    }
    lines = [f'"{name}": {json.dumps(value[name], **compact)}' for name in sorted(value)]
    return "{" + ",\n ".join(lines) + "}\n"
