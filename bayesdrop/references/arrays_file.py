"""Arrays in one compressed ``.npz`` file: written whole, and read with suspicion."""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bayesdrop.files import RefusedFileError, errors_name, replacing

LIMIT = 300_000
"""The size of a file in bytes: a larger one is neither written nor read."""

_LARGEST = 2**24  # bytes of all arrays together, so that a small file can't fill the memory
_KINDS = "fU"
_SUFFIX = ".npy"


def packed(arrays: Mapping[str, NDArray]) -> bytes:
    """Return what a file of these arrays holds."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def write(path: Path, content: bytes) -> None:
    """Write what :func:`packed` gave to ``path``, whole or not at all.

    Raises
    ------
    ValueError
        The file would be larger than 300 KB.
    OSError
        It can't be written; the message names ``path``.
    """
    if (size := len(content)) > LIMIT:
        raise ValueError(f"{path} would have {size / 1e3:.0f} KB, and {LIMIT / 1e3:.0f} at most")
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_arrays(path: Path) -> dict[str, NDArray]:
    """Read what :func:`write` wrote; nothing is unpickled.

    Before an array is read, it is checked that it is made of numbers or text, and that it has the
    size that the file says and the memory holds.

    Raises
    ------
    RefusedFileError
        It holds something else.
    OSError
        It can't be read.
    """
    with errors_name(path):
        if not path.is_file():  # opening a pipe would wait for ever
            raise RefusedFileError("is no regular file")
        if (size := path.stat().st_size) > LIMIT:
            raise RefusedFileError(f"has {size / 1e3:.0f} KB, and a reference {LIMIT / 1e3:.0f}")
        content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive)
    except RefusedFileError:
        raise
    except Exception as error:  # zipfile and zlib raise whatever they like
        raise RefusedFileError(f"is no npz file, or is damaged: {error}") from error


def _read(archive: zipfile.ZipFile) -> dict[str, NDArray]:
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > _LARGEST:
        raise RefusedFileError("has arrays that are larger than a reference's")
    found: dict[str, NDArray] = {}
    for part in parts:
        name = part.filename.removesuffix(_SUFFIX)
        if name in found or name == part.filename:
            raise RefusedFileError(f"has {part.filename!r}, which is twice there or no array")
        with archive.open(part) as file:
            found[name] = _array(name, file.read(part.file_size))
    return found


def _array(name: str, content: bytes) -> NDArray:
    """The array in NumPy's own format, of which only the plainest kind is taken."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise RefusedFileError(f"has {name} in another version of NumPy's format")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in _KINDS or is_fortran:
        raise RefusedFileError(f"has {name} that holds neither numbers nor text")
    rest = content[file.tell() :]
    if math.prod(shape) * dtype.itemsize != len(rest) or not rest:
        raise RefusedFileError(f"lacks numbers of {name}")
    return np.frombuffer(rest, dtype).reshape(shape)
