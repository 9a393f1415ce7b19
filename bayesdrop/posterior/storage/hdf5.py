"""Arrays of an HDF5 file that anybody may have made: read only if all of them lie in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bayesdrop.files import RefusedFileError
from bayesdrop.posterior.storage.global_heaps import can_be_walked

GROUPS = frozenset({"values", "sample_stats", "state", "state_of_chains", "training"})
"""The groups that a saved fit may have; they hold arrays and no further groups."""

HEADER, CHECKSUM = "bayesdrop", "bayesdrop_sha256"
"""The attributes of a file: JSON that describes the fit, and a checksum over all of it."""

_NO_VARIABLE = b"This is a netCDF dimension but not a netCDF variable"


def read_arrays(path: Path) -> tuple[dict[str, str], dict[str, dict[str, NDArray]]]:
    """Return the texts among the attributes of the root, and group → name → array.

    Before anything is read, it is checked that every array is in the file itself: links to other
    files, data in other files, and numbers that a filter would make up are refused, and so is
    whatever lies deeper than the arrays of a group, which is where cycles would be. So a file
    takes no more memory than it has bytes.

    Raises
    ------
    RefusedFileError
        The file holds what no saved fit holds.
    OSError
        It is no HDF5 file, or is cut off.
    """
    import h5py

    if not can_be_walked(path):
        raise OSError("its superblock or a heap is not as HDF5 writes them")
    with h5py.File(path, "r") as file:
        texts = dict(_texts(file))
        if HEADER not in texts:
            raise RefusedFileError("was not written by bayesdrop's save")
        found = {str(group): dict(_arrays(file, str(group))) for group in file}
        size = sum(data.nbytes for group in found.values() for data in group.values())
        if size > path.stat().st_size:
            raise RefusedFileError("has arrays that are larger than the file")
        arrays = {
            group: {name: _numbers(data) for name, data in inner.items()}
            for group, inner in found.items()
        }
        return texts, arrays


def _arrays(file: Any, group: str) -> Iterator[tuple[str, Any]]:
    """The datasets of a group, unread, without those that only name a dimension."""
    import h5py

    if group not in GROUPS:
        raise RefusedFileError(f"has {group!r}, which no saved fit has")
    found = _in_file(file, group)
    if not isinstance(found, h5py.Group):
        raise RefusedFileError(f"has {group!r} that is no group")
    for name in map(str, found):
        data = _in_file(found, name)
        if not isinstance(data, h5py.Dataset):
            raise RefusedFileError(f"has {group}/{name} that is no array")
        if not bytes(data.attrs.get("NAME", b"")).startswith(_NO_VARIABLE):
            _check_storage(data, f"{group}/{name}")
            yield name, data


def _in_file(parent: Any, name: str) -> Any:
    """The object of that name, unless it is a link, which may lead to another file or in a ring."""
    import h5py

    if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
        raise RefusedFileError(f"has {name!r} that is a link to somewhere else")
    return parent[name]


def _check_storage(data: Any, name: str) -> None:
    """Raise unless the array's numbers are in this file, as they are."""
    import h5py

    if data.external or data.is_virtual:
        raise RefusedFileError(f"has {name} whose numbers are in another file")
    settings = data.id.get_create_plist()
    filters = {settings.get_filter(index)[0] for index in range(settings.get_nfilters())}
    if filters - {h5py.h5z.FILTER_FLETCHER32}:
        raise RefusedFileError(f"has {name} behind a filter, which bayesdrop does not write")
    if data.dtype.kind not in "fiub":
        raise RefusedFileError(f"has {name} that holds no numbers")
    if data.id.get_storage_size() < data.nbytes:
        raise RefusedFileError(f"lacks numbers of {name}")


def _numbers(data: Any) -> NDArray:
    values = data[()] if data.shape else data[...]
    return values.astype(bool) if data.attrs.get("dtype") == "bool" else values


def _texts(file: Any) -> Iterator[tuple[str, str]]:
    for name in file.attrs:
        if name in (HEADER, CHECKSUM):
            text = file.attrs[name] if file.attrs.get_id(name).shape == () else None
            if not isinstance(text, str):
                raise RefusedFileError(f"has an attribute {name} that is no text")
            yield name, text
