"""A look at an HDF5 file's heaps of texts, before the HDF5 library walks them.

The library goes from object to object by their sizes, and for ever where one has size 0: a single
flipped bit makes it hang. The format is in section III.E of the HDF5 file format specification.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = struct.Struct("<4sB3xQ")
_OBJECT = struct.Struct("<HH4xQ")
_SIZES = {0: 13, 1: 13, 2: 9, 3: 9}
"""The version of a superblock → where it has the sizes of addresses and of lengths."""


def can_be_walked(path: Path) -> bool:
    """Say whether every heap of the file ends, in a file as bayesdrop writes them.

    Its superblock is at the start, and addresses and lengths have 8 bytes.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:8] != _SIGNATURE:
            return False
        sizes = _SIZES.get(content[8])
        if sizes is None or content[sizes : sizes + 2] != b"\x08\x08":
            return False
        at = content.find(b"GCOL")
        while at >= 0:
            if not _ends(content, at):
                return False
            at = content.find(b"GCOL", at + 4)
        return True


def _ends(content: mmap.mmap, start: int) -> bool:
    """Say whether the heap there ends, walked as the library does it."""
    if len(content) < start + _HEAP.size:
        return True  # it would be cut off, which the library sees
    _, version, size = _HEAP.unpack_from(content, start)
    if version != 1:
        return True  # it is none, which the library sees
    at, end = start + _HEAP.size, start + size
    if end > len(content):
        return False
    while at + _OBJECT.size <= end:
        index, _, length = _OBJECT.unpack_from(content, at)
        taken = _OBJECT.size + -(-length // 8) * 8 if index else length
        if taken == 0:
            return False
        at += taken
    return at <= end
