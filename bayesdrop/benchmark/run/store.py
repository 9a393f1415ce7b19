"""A results folder: one suite, and one JSON file per cell, each written whole or not at all."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bayesdrop.spec import digest, from_dict, to_dict
from bayesdrop.suite import Suite

Record = dict[str, Any]

_ORDER = ("dataset", "model", "inference", "configuration", "split")
_RECORD = (*_ORDER, "key", "status", "finished", "settings", "revision")
_NOTE = ("row", "configuration")
_AGAIN = "delete it to run its cell again"


class Store:
    """A store is the results folder at ``folder``.

    ``suite.json`` says whose results these are, ``records/<key>.json`` holds them, and
    ``configurations/`` notes in a file for each row the settings that have its plain name. Other
    processes may read and write at the same time: no file is read to be written again.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._suite_file = self.folder / "suite.json"
        self._records = self.folder / "records"
        self._configurations = self.folder / "configurations"

    def check(self, suite_name: str) -> None:
        """Raise unless the folder is this suite's, empty or not there yet, and write nothing.

        Raises
        ------
        ValueError
            It holds the results of another suite, or other files, or is a file.
        """
        if self.folder.is_file():
            raise ValueError(f"{self.folder} is a file: choose a folder with --out")
        # listed before suite.json is looked for: another process may be making the folder
        present = list(self.folder.iterdir()) if self.folder.exists() else []
        if self._suite_file.is_file():
            found = self.suite()[0]
            if found != suite_name:
                raise ValueError(
                    f"{self.folder} holds the results of suite {found!r}, not of {suite_name!r}: "
                    "choose another folder with --out"
                )
        elif not all(_is_temporary(path) for path in present):
            raise ValueError(
                f"{self.folder} is not empty and is no results folder (it has no suite.json): "
                "choose another folder with --out"
            )

    def open(
        self, suite_name: str, suite: Suite, configurations: Mapping[str, str] | None = None
    ) -> None:
        """Make the folder if need be, and note the suite's name and present settings.

        ``configurations`` are noted beside those of other rows; see :meth:`configurations`.
        """
        self.check(suite_name)
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_atomically(self._suite_file, {"name": suite_name, "suite": to_dict(suite)})
        self._records.mkdir(exist_ok=True)
        self._configurations.mkdir(exist_ok=True)
        for row, configuration in (configurations or {}).items():
            file = self._configurations / f"{digest(row)[:16]}.json"
            _write_atomically(file, {"row": row, "configuration": configuration})

    def suite(self) -> tuple[str, Suite]:
        """Return the suite's name and settings when it was last run.

        Raises
        ------
        FileNotFoundError
            This is no results folder.
        ValueError
            ``suite.json`` is not valid JSON.
        """
        if not self._suite_file.is_file():
            raise FileNotFoundError(
                f"{self.folder} is no results folder (there is no {self._suite_file}); "
                "`bayesdrop run SUITE --out DIR` makes one"
            )
        noted = _read(self._suite_file, ("name", "suite"), "restore it")
        return noted["name"], from_dict(noted["suite"])

    def configurations(self) -> dict[str, str]:
        """Return ``"model × method"`` → digest of its settings when it was last run or kept."""
        noted = [_read(path, _NOTE, "delete it") for path in self._configurations.glob("*.json")]
        return {note["row"]: note["configuration"] for note in noted}

    def read(self, key: str) -> Record | None:
        """Return the record of the cell with that key, or ``None``."""
        path = self._records / f"{key}.json"
        return _read(path, _RECORD, _AGAIN) if path.is_file() else None

    def records(self) -> list[Record]:
        """Return all records, in the order of dataset, model, method and split."""
        found = [_read(path, _RECORD, _AGAIN) for path in self._records.glob("*.json")]
        return sorted(found, key=lambda record: tuple(record[name] for name in _ORDER))

    def write(self, record: Record) -> None:
        """Write or replace the record of the cell ``record["key"]``; a result stays a result.

        What another process finished in the meantime is not lost to a failure here.
        """
        present = None if record["status"] == "ok" else self.read(record["key"])
        if present is None or present["status"] != "ok":
            _write_atomically(self._records / f"{record['key']}.json", record)


def diagnostic(record: Record, name: str) -> Any:
    """Return that diagnostic of a record, infinity included, or ``None`` if there is none."""
    infinite = f"diagnostics.{name} is inf" in record.get("not_finite", ())
    return math.inf if infinite else record["diagnostics"].get(name)


def error_line(record: Record) -> str:
    """Return the type and the message of a failed record's error, on one line."""
    error = record["error"]
    return f"{error['type']}: {' '.join(error['message'].split())}"


def _is_temporary(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".tmp")


def _write_atomically(path: Path, value: Any) -> None:
    text = _a_line_each(value)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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


def _read(path: Path, keys: Collection[str], remedy: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON ({error}): {remedy}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds no JSON object: {remedy}")
    if missing := [key for key in keys if key not in found]:
        raise ValueError(f"{path} lacks {', '.join(missing)}: {remedy}")
    return found
