"""Files in the cache folder: where they are, whether they are right, and how they get there."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from bayesdrop.data.source import Status

ENVIRONMENT_VARIABLE = "BAYESDROP_DATA"


def cache_folder() -> Path:
    """The folder ``BAYESDROP_DATA`` names, else bayesdrop's folder in the user's cache."""
    if chosen := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("bayesdrop"))


def read_verified(name: str, file: str, sha256: str) -> bytes:
    """The bytes of ``file`` in the cache folder, if they are those of dataset ``name``.

    Raises
    ------
    FileNotFoundError
        The file is not there; the message says how to get it.
    ValueError
        Its SHA-256 is another than ``sha256``.
    """
    path = cache_folder() / file
    if not path.is_file():
        raise FileNotFoundError(
            f"{name}: there is no {path}; download it with `bayesdrop data get {name}` (all UCI "
            f"sets: `bayesdrop data get uci`), or set {ENVIRONMENT_VARIABLE} to a folder that "
            f"holds {file}"
        )
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ValueError(
            f"{name}: {path} is not the expected file: expected SHA-256 {sha256}, got {found}; "
            f"replace it with `bayesdrop data get {name}`"
        )
    return content


def file_status(file: str, sha256: str) -> Status:
    """Return whether ``file`` is in the cache folder with this SHA-256."""
    path = cache_folder() / file
    if not path.is_file():
        return "missing"
    return "ok" if hashlib.sha256(path.read_bytes()).hexdigest() == sha256 else "wrong hash"


def fetch(url: str, file: str, sha256: str) -> Path:
    """Download ``url`` to ``file`` in the cache folder, unless the right bytes are there already.

    The file appears under its name only once it is complete and verified; a wrong file that was
    there is replaced then, and not before.

    Returns
    -------
    path
        Where the file is.

    Raises
    ------
    OSError
        The download failed, or the cache folder cannot be written; the message names the URL.
    ValueError
        What came has another SHA-256, and nothing of it was kept.
    """
    import pooch

    path = cache_folder() / file
    try:
        pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=path.name, path=path.parent)
    except OSError as error:
        _remove_if_empty(path.parent)
        raise OSError(f"could not download {url} to {path}: {error}") from error
    except ValueError as error:
        _remove_if_empty(path.parent)
        raise ValueError(f"nothing was kept of {url}: {error}") from error
    return path


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
