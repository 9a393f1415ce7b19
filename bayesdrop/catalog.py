"""Names to objects: models, methods, suites, … are one per file, and named by the file's stem.

The shipped ones lie in the folders ``models``, ``inference``, ``benchmarks`` and
``benchmarks/references``; a path to a file of your own works wherever a name does. A data set of
your own is such a file too; the shipped ones are :mod:`bayesdrop.data`'s. Listing a folder reads
docstrings and imports nothing; :func:`load` runs one file, and is the only dynamic import in
bayesdrop.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import sys
import traceback
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from bayesdrop.data import Dataset, dataset_names
from bayesdrop.own_modules import own_modules
from bayesdrop.spec import Spec, digest
from bayesdrop.wording import unknown

Kind = Literal["models", "inference", "benchmarks", "references", "datasets"]


class _Defines(NamedTuple):
    variable: str
    kind: str
    what: str
    folder: str


_DEFINES: dict[Kind, _Defines] = {
    "models": _Defines("MODEL", "model", "model", "models"),
    "inference": _Defines("INFERENCE", "inference", "inference method", "inference"),
    "benchmarks": _Defines("SUITE", "suite", "benchmark suite", "benchmarks"),
    "references": _Defines(
        "REFERENCE", "reference", "reference posterior", "benchmarks/references"
    ),
    "datasets": _Defines("DATASET", "dataset", "bd.Dataset", ""),
}


@dataclass(frozen=True)
class Entry:
    """One file of the catalog, or of the user's own, and what it defines.

    Attributes
    ----------
    kind, name, path
        What it defines, the file's stem and where it is.
    source
        The bytes that were run. An entry is pickled as these, so that another process has
        the same value whatever became of the file.
    value
        The model, method, suite, reference problem or data set.
    """

    kind: Kind
    name: str
    path: Path
    source: bytes = field(repr=False)
    value: Any

    @property
    def source_sha256(self) -> str | None:
        """SHA-256 of the file where its code is not bayesdrop's own; ``None`` for a shipped one.

        The settings of a shipped entry say all there is to say of it: its text may change. A file
        given by path, or that uses a class defined outside bayesdrop, may compute anything. If it
        imports modules of the user's own, it is the SHA-256 of their text too.
        """
        shipped = self.kind in KINDS and self.path.parent == folder(self.kind)
        if shipped and _all_bayesdrop(self.value):
            return None
        return _digest(self.source)

    def __reduce__(self) -> tuple[Any, ...]:
        return _entry, (self.kind, self.path, self.source)


KINDS: tuple[Kind, ...] = ("models", "inference", "benchmarks", "references")
"""There are shipped folders of these kinds."""


def folder(kind: Kind) -> Path:
    """The shipped folder of that kind: in the wheel ``_catalog`` beside this file, else the root
    of the checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "_catalog"
    return (installed if installed.is_dir() else here.parent) / _DEFINES[kind].folder


def names(kind: Kind) -> tuple[str, ...]:
    """The names in that folder, sorted; imports nothing."""
    files = folder(kind).glob("*.py")
    return tuple(sorted(file.stem for file in files if not file.name.startswith(("_", "."))))


def describe(kind: Kind, name: str) -> str:
    """The first line of the entry's docstring; imports nothing.

    Raises
    ------
    ValueError
        There is no such entry; the message has the nearest match.
    """
    docstring = ast.get_docstring(ast.parse(_locate(kind, name).read_bytes())) or ""
    return docstring.partition("\n")[0]


def load(kind: Kind, name: str) -> Entry:
    """Run the file that ``name`` names and return what it defines.

    Parameters
    ----------
    kind
        ``"models"``, ``"inference"``, ``"benchmarks"``, ``"references"`` or ``"datasets"``; the
        file defines ``MODEL``, ``INFERENCE``, ``SUITE``, ``REFERENCE`` or ``DATASET``.
    name
        A name in :func:`names`, or the path of a file (anything with a ``/`` or ending in
        ``.py``). A data set is always given by its path.

    Raises
    ------
    ValueError
        The name is unknown (with the nearest match); the file can't be run, defines nothing of
        that kind, or has the name of a shipped entry.
    FileNotFoundError
        There is no such file.
    """
    path = _locate(kind, name)
    return _entry(kind, path, path.read_bytes())


def is_path(name: str) -> bool:
    """Say whether ``name`` is the path of a file and no name."""
    return name.endswith(".py") or "/" in name or "\\" in name


def define(path: str | Path) -> None:
    """Run a file of your own, so that :func:`bayesdrop.load` knows the classes it defines.

    Raises
    ------
    ValueError
        The file can't be run.
    FileNotFoundError
        There is no such file.
    """
    found = Path(path).expanduser().resolve()
    if not found.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    _run(found, found.read_bytes())


def _locate(kind: Kind, name: str) -> Path:
    shipped = names(kind) if kind in KINDS else dataset_names()
    what = _DEFINES[kind].what
    if not is_path(name):
        if name not in shipped:
            raise ValueError(unknown(what, name, shipped))
        return folder(kind) / f"{name}.py"
    path = Path(name).expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {name}; shipped {kind}: {', '.join(shipped)}")
    if path.parent != folder(kind) and path.stem in shipped:
        raise ValueError(f"{name}: {path.stem!r} is already a shipped {what}; rename your file")
    return path


def _entry(kind: Kind, path: Path, source: bytes) -> Entry:
    variable, spec_kind, what, _ = _DEFINES[kind]
    value = getattr(_run(path, source), variable, None)
    own_kind = value.kind if isinstance(value, Spec) else None
    if not (isinstance(value, Dataset) if kind == "datasets" else own_kind == spec_kind):
        found = "it defines none" if value is None else f"not {value!r}"
        raise ValueError(f"{path} must define {variable}, the {what}: {found}")
    return Entry(kind, path.stem, path, source, value)


@cache
def _run(path: Path, source: bytes) -> ModuleType:
    """The module of ``source``, run once per process: its classes keep their identity."""
    name = hashlib.sha256(str(path).encode() + b"\n" + source).hexdigest()
    module = ModuleType(f"bayesdrop_catalog_{name[:16]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = f"{path}, line {lines[-1]}" if lines else str(path)
        raise ValueError(f"{where}: {type(error).__name__}: {error}") from error
    return module


@cache
def _digest(source: bytes) -> str:
    """Made once: a module that changes later is not imported again by this process."""
    own, modules = hashlib.sha256(source).hexdigest(), own_modules(source)
    return digest([own, modules]) if modules else own


def _all_bayesdrop(value: Any) -> bool:
    """Return whether every class in this specification is one of bayesdrop's."""
    if isinstance(value, tuple):
        return all(map(_all_bayesdrop, value))
    if not isinstance(value, Spec):
        return True
    fields = dataclasses.fields(value)  # type: ignore[arg-type]
    own = type(value).__module__.partition(".")[0] == "bayesdrop"
    return own and all(_all_bayesdrop(getattr(value, f.name)) for f in fields)
