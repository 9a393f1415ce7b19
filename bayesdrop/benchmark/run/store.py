"""A results folder: one suite, and one JSON file per cell, each written whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bayesdrop.benchmark.run.json_files import DamagedFileError, write_json
from bayesdrop.benchmark.run.stored_files import read_note, read_record, read_suite, scan
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.files import is_temporary, remove_leftovers
from bayesdrop.spec import digest, to_dict
from bayesdrop.suite import Suite

_ORDER = ("dataset", "model", "inference", "configuration", "split")


class Found(NamedTuple):
    """These are the records that can be read, in order, and what is wrong with the others."""

    records: list[Record]
    damaged: list[DamagedFileError]


class Store:
    """A store is the results folder at ``folder``.

    ``suite.json`` says whose results these are, ``records/<key>.json`` holds them, and
    ``configurations/`` notes in a file for each row the settings that have its plain name. Other
    processes may read and write at the same time: no file is read to be written again. What can't
    be read is never a result: :meth:`set_aside` moves it to ``damaged/``.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._suite_file = self.folder / "suite.json"
        self._records = self.folder / "records"
        self._configurations = self.folder / "configurations"
        self.damaged = self.folder / "damaged"

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
        elif not all(is_temporary(path) for path in present):
            raise ValueError(
                f"{self.folder} is not empty and is no results folder (it has no suite.json): "
                "choose another folder with --out"
            )

    def open(
        self, suite_name: str, suite: Suite, configurations: Mapping[str, str] | None = None
    ) -> None:
        """Make the folder if need be, and note the suite's name and present settings.

        ``configurations`` are noted beside those of other rows; see :meth:`configurations`. What
        processes that died have left half written goes.
        """
        self.check(suite_name)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self._suite_file, {"name": suite_name, "suite": to_dict(suite)})
        for folder in (self.folder, self._records, self._configurations):
            folder.mkdir(exist_ok=True)
            remove_leftovers(folder)
        for row, configuration in (configurations or {}).items():
            file = self._configurations / f"{digest(row)[:16]}.json"
            write_json(file, {"row": row, "configuration": configuration})

    def suite(self) -> tuple[str, Suite]:
        """Return the suite's name and settings when it was last run.

        Raises
        ------
        FileNotFoundError
            This is no results folder.
        DamagedFileError
            ``suite.json`` does not hold a suite.
        """
        if not self._suite_file.is_file():
            raise FileNotFoundError(
                f"{self.folder} is no results folder (there is no {self._suite_file}); "
                "`bayesdrop run SUITE --out DIR` makes one"
            )
        return read_suite(self._suite_file)

    def configurations(self) -> dict[str, str]:
        """Return ``"model × method"`` → digest of its settings when it was last run or kept.

        Raises
        ------
        DamagedFileError
            A note can't be read.
        """
        noted = [read_note(path) for path in self._configurations.glob("*.json")]
        return {note["row"]: note["configuration"] for note in noted}

    def read(self, key: str) -> Record | None:
        """Return the record of the cell with that key, or ``None``.

        Raises
        ------
        DamagedFileError
            It can't be read, or is not the record of that key.
        """
        try:
            return read_record(self._records / f"{key}.json")
        except FileNotFoundError:
            return None

    def scan(self) -> Found:
        """Return all records that can be read, and what is wrong with the others.

        They are in the order of dataset, model, method and split.
        """
        found, damaged = scan(self._records, read_record)
        found.sort(key=lambda record: tuple(record[name] for name in _ORDER))
        return Found(found, damaged)

    def records(self) -> list[Record]:
        """Return all records, in the order of dataset, model, method and split.

        Raises
        ------
        DamagedFileError
            One can't be read.
        """
        found = self.scan()
        if found.damaged:
            raise found.damaged[0]
        return found.records

    def set_aside(self) -> list[DamagedFileError]:
        """Move what can't be read from ``records`` and ``configurations`` to ``damaged``.

        Returns
        -------
        damaged
            What was wrong with each file that was moved.
        """
        damaged = [*self.scan().damaged, *scan(self._configurations, read_note)[1]]
        for file in damaged:
            self.damaged.mkdir(exist_ok=True)
            aside = self.damaged / f"{file.path.stem}.{secrets.token_hex(4)}.json"
            with suppress(FileNotFoundError):  # another run was faster
                file.path.rename(aside)
        return damaged

    def write(self, record: Record) -> None:
        """Write or replace the record of the cell ``record["key"]``; a result stays a result.

        What another process finished in the meantime is not lost to a failure here.
        """
        present = None if record["status"] == "ok" else self.read(record["key"])
        if present is None or present["status"] != "ok":
            write_json(self._records / f"{record['key']}.json", record)
