"""A reference as one file: ``header`` (JSON), ``sha256`` and arrays, each of them checked."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop import catalog, spec
from bayesdrop.files import RefusedFileError
from bayesdrop.posterior.storage.checksum import checksum
from bayesdrop.references.arrays_file import LIMIT, packed, read_arrays, write
from bayesdrop.references.problem import ReferenceProblem
from bayesdrop.references.reference import Reference
from bayesdrop.references.stored_arrays import (
    check_parameters,
    check_scales,
    draws_in,
    points_in,
)
from bayesdrop.references.stored_header import HeaderOfReference, header_of

FORMAT = 1
"""The version of the file's layout; a file of a later one is refused."""

_DIGITS = (13, 12, 11)
_LAST_CHARACTER = 127  # JSON and SHA-256 are ASCII
_PARTS = ("parameters", "scales")


def save(reference: Reference, path: Path) -> None:
    """Write ``reference`` to ``path``, whole or not at all.

    The draws have 13 binary digits, or 12 or 11 if the file would otherwise be too large.

    Raises
    ------
    ValueError
        The file would be larger than 300 KB.
    OSError
        It can't be written.
    """
    text = json.dumps(_header(reference), allow_nan=False)
    contents = [_content(reference, text, _DIGITS[0])]
    for digits in _DIGITS[1:]:
        if len(contents[-1]) > LIMIT:
            contents.append(_content(reference, text, digits))
    write(path, contents[-1])


def read(path: Path) -> Reference:
    """Read what :func:`save` wrote; the name is the file's stem.

    Raises
    ------
    ValueError
        The file is no reference, or has a later format, or is damaged or made up. The message
        begins with its name and says what is wrong. Or it was made from another version of the
        data set, or from rows or inputs that are now chosen in another way.
    LookupError
        The model uses a class that has not been defined in this process.
    OSError, ModuleNotFoundError
        It can't be read, or the data set is not here; the message says how to get that.
    """
    try:
        arrays = read_arrays(path)
        text, digest = (_text(arrays, name) for name in ("header", "sha256"))
        if digest != checksum(text, {"": arrays}):
            raise RefusedFileError("holds other things than were saved (checksums differ)")
        return _reference(path.stem, header_of(text, FORMAT), arrays)
    except RefusedFileError as error:
        raise ValueError(f"{path} {error}") from error
    except LookupError as error:
        raise LookupError(f"{path}: {error}") from error


def rounded(values: NDArray[np.float32], digits: int = _DIGITS[0]) -> NDArray[np.float32]:
    """Round to so many significant binary digits, of which a float32 has 24.

    The rest is Monte Carlo noise, and would not compress. The rounding is that of Klöwer et al.
    (2021), "Compressing atmospheric data into its real information content". With 13 digits it is
    off by a relative 1.2e-4 at most, and with 11 by 4.9e-4.
    """
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    step = 2 ** (24 - digits)
    return ((bits + np.uint32(step // 2)) & np.uint32(2**32 - step)).view(np.float32)


def _content(reference: Reference, header: str, digits: int) -> bytes:
    arrays: dict[str, NDArray] = {}
    if catalog.is_path(reference.problem.dataset):
        arrays |= {"X": reference.X, "y_test": reference.y_test}
    for part, draws in zip(_PARTS, (reference.parameters, reference.scales), strict=True):
        arrays |= {f"{part}/{name}": rounded(value, digits) for name, value in draws.items()}
    digest = checksum(header, {"": arrays})
    return packed({"header": np.array(header), "sha256": np.array(digest), **arrays})


def _header(reference: Reference) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "problem": spec.to_dict(reference.problem),
        "runs": [
            {
                "sampler": spec.to_dict(run.sampler),
                "seed": run.seed,
                "seconds": run.seconds,
                "mixed": dataclasses.asdict(run.mixed),
            }
            for run in reference.runs
        ],
        "disagreement": reference.disagreement,
        "versions": reference.versions,
        "dataset_sha256": reference.dataset_sha256,
        "rows_sha256": reference.rows_sha256,
    }


def _text(arrays: dict[str, NDArray], name: str) -> str:
    found = arrays.pop(name, None)
    if found is None or found.dtype.kind != "U" or found.shape != ():
        raise RefusedFileError(f"lacks its {name}: it was not written by bayesdrop")
    points = found.reshape(1).view(np.uint32)
    if np.any(points > _LAST_CHARACTER):
        raise RefusedFileError(f"has a {name} that is no text")
    return str(found[()])


def _reference(name: str, header: HeaderOfReference, arrays: dict[str, NDArray]) -> Reference:
    problem = _problem(header)
    inputs, targets = points_in(arrays, problem, header)
    parts = {part: draws_in(arrays, f"{part}/") for part in _PARTS}
    if arrays:
        raise RefusedFileError(f"has {min(arrays)!r}, which no reference has")
    check_parameters(parts["parameters"], problem)
    check_scales(parts["scales"], parts["parameters"])
    return Reference(
        name=name,
        problem=problem,
        X=inputs,
        y_test=targets,
        **parts,
        runs=header.runs_found(),
        disagreement=header.disagreement,
        versions=header.versions,
        dataset_sha256=header.dataset_sha256,
        rows_sha256=header.rows_sha256,
    )


def _problem(header: HeaderOfReference) -> ReferenceProblem:
    try:
        return spec.from_dict(header.problem, ReferenceProblem)
    except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise RefusedFileError(f"has a wrong problem: {error}") from error
