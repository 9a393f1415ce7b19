"""The files of a results folder, each checked as it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bayesdrop.benchmark.run.json_files import DamagedFileError, read_json
from bayesdrop.benchmark.run.record_fields import fault_of
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.spec import from_dict
from bayesdrop.suite import Suite

_AGAIN = "`bayesdrop run` puts it aside and runs its cell again"
_RESTORE = "restore it"


def read_suite(path: Path) -> tuple[str, Suite]:
    """The name and the settings of a suite.

    Raises
    ------
    DamagedFileError
        The file does not hold a suite.
    """
    noted = _noted(path, {"name": str, "suite": dict}, _RESTORE)
    if not _is_printable(noted):
        raise DamagedFileError(path, "has a name with characters that can't be shown", _RESTORE)
    try:
        return noted["name"], from_dict(noted["suite"], Suite)
    except (LookupError, TypeError, ValueError) as error:
        raise DamagedFileError(path, f"holds no suite ({error})", _RESTORE) from error


def scan(
    folder: Path, read: Callable[[Path], Record]
) -> tuple[list[Record], list[DamagedFileError]]:
    """What ``read`` returns for every file of ``folder``, and what it raises."""
    found: list[Record] = []
    damaged: list[DamagedFileError] = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(read(path))
        except DamagedFileError as error:
            damaged.append(error)
        except FileNotFoundError:  # another run has put it aside since
            continue
    return found, damaged


def read_record(path: Path) -> Record:
    """The record of a cell.

    Raises
    ------
    DamagedFileError
        It can't be read, or is not the record of that key.
    FileNotFoundError
        There is no such file.
    """
    found = read_json(path, _AGAIN)
    if fault := fault_of(found, path.stem):
        raise DamagedFileError(path, fault, _AGAIN)
    return found


def read_note(path: Path) -> Record:
    """The ``row`` and the ``configuration`` that a note holds; it raises as :func:`read_record`."""
    return _noted(path, {"row": str, "configuration": str}, "`bayesdrop run` writes it anew")


def _is_printable(value: Any) -> bool:
    """Say whether all text in a value of JSON can be shown on one line."""
    if isinstance(value, dict):
        return all(map(_is_printable, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_is_printable, value))
    return not isinstance(value, str) or value.isprintable()


def _noted(path: Path, fields: Mapping[str, type], remedy: str) -> dict[str, Any]:
    """What a small file of ours holds, of which these fields are needed."""
    found = read_json(path, remedy)
    wrong = [name for name, kind in fields.items() if not isinstance(found.get(name), kind)]
    if wrong:
        raise DamagedFileError(path, f"lacks {', '.join(wrong)}, or it is of a wrong type", remedy)
    return found
