"""Heaps of texts as bytes: those that end can be walked, those that would be walked for ever not.

No HDF5 library reads these files. It would hang at what the check has to find.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from bayesdrop.posterior.storage.global_heaps import can_be_walked

SUPERBLOCK = b"\x89HDF\r\n\x1a\n" + bytes([2]) + b"\x08\x08" + bytes(37)


def an_object(index: int, length: int, held: int) -> bytes:
    """An object of a heap that says it has ``length`` bytes, before ``held`` of them."""
    return struct.pack("<HH4xQ", index, 1, length) + bytes(held)


def heap(*objects: bytes, size: int | None = None, version: int = 1) -> bytes:
    """A heap that says it has ``size`` bytes, by default those that it has."""
    inside = b"".join(objects)
    return struct.pack("<4sB3xQ", b"GCOL", version, size or 16 + len(inside)) + inside


TEXT = an_object(1, length=5, held=8)
FREE = an_object(0, length=32, held=16)
ENDLESS = an_object(0, length=0, held=16)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", True, id="no heap"),
        pytest.param(heap(TEXT, TEXT), True, id="texts"),
        pytest.param(heap(TEXT, FREE), True, id="a text and free space"),
        pytest.param(heap(TEXT, FREE) + heap(TEXT), True, id="two heaps"),
        pytest.param(heap(ENDLESS), False, id="an object of no size"),
        pytest.param(heap(TEXT, ENDLESS), False, id="no size after a text"),
        pytest.param(heap(TEXT) + heap(ENDLESS), False, id="the second of two heaps"),
        pytest.param(heap(an_object(1, 500, 8)), False, id="an object larger than its heap"),
        pytest.param(heap(TEXT, size=5000), False, id="a heap larger than the file"),
        pytest.param(heap(ENDLESS, version=2), True, id="no heap, by its version"),
        pytest.param(b"GCOL", True, id="cut off, which the library sees"),
    ],
)
def test_a_heap_that_does_not_end_is_found(tmp_path: Path, content: bytes, expected: bool) -> None:
    (tmp_path / "fit.nc").write_bytes(SUPERBLOCK + content)
    assert can_be_walked(tmp_path / "fit.nc") is expected


@pytest.mark.parametrize(
    "superblock",
    [
        pytest.param(b"CDF\x01" + bytes(44), id="no HDF5"),
        pytest.param(b"\x89HDF\r\n\x1a\n" + bytes([7]) + bytes(39), id="a version there is not"),
        pytest.param(SUPERBLOCK.replace(b"\x08\x08", b"\x04\x04"), id="addresses of 4 bytes"),
    ],
)
def test_a_superblock_that_is_not_ours_is_refused(tmp_path: Path, superblock: bytes) -> None:
    (tmp_path / "fit.nc").write_bytes(superblock + heap(TEXT))
    assert not can_be_walked(tmp_path / "fit.nc")
