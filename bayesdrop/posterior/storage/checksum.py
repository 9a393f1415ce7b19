"""The checksum of a saved fit: over its header and every number in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Groups = Mapping[str, Mapping[str, NDArray]]
"""Group → name → array, as they lie in a file."""


def checksum(header: str, groups: Groups) -> str:
    """Return the SHA-256 of the header's text and of the name, type, shape and bytes of arrays."""
    found = hashlib.sha256(header.encode())
    for group, arrays in sorted(groups.items()):
        for name, value in sorted(arrays.items()):
            array = np.asarray(value)
            found.update(f"\0{group}/{name} {array.dtype.str} {array.shape}\0".encode())
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
