"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdrop.data.download import cache_folder
from bayesdrop.data.uci import UCI_SETS

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "uci"


@pytest.fixture
def uci_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the UCI sets, which ``BAYESDROP_DATA`` names during the test."""
    folders = (cache_folder().resolve(), BESIDE_THE_CHECKOUT)
    for folder in folders:
        if all((folder / source.file).is_file() for source in UCI_SETS):
            monkeypatch.setenv("BAYESDROP_DATA", str(folder))
            return folder
    pytest.skip(
        "the UCI sets are not here: run `bayesdrop data get uci`, or set BAYESDROP_DATA to the "
        f"folder that holds them (looked in {' and '.join(map(str, folders))})"
    )
