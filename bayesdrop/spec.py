"""What models and methods are made of: immutable values with a canonical JSON and SHA-256.

A :class:`Spec` is a frozen dataclass whose fields are numbers, strings, tuples or other specs.
Two specs that say the same thing have the same JSON, so the same :func:`digest`, wherever and
whenever they were written; that digest names models in files and cells in a benchmark.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import numbers
from abc import ABC
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from bayesdrop.wording import unknown

T = TypeVar("T")


class Spec(ABC):
    """This is the base of every part of a model and of every inference method.

    A direct subclass names its ``kind`` (``class Noise(Spec, kind="noise")``); concrete classes
    below it are found again by ``"kind:ClassName"`` when a file is loaded. Nothing is imported or
    unpickled to do so: a class of the user's own must be defined before its file is read.
    """

    kind: ClassVar[str]
    _classes: ClassVar[dict[str, type[Spec]]] = {}

    def __init_subclass__(cls, kind: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind is not None:
            cls.kind = kind
        tag = f"{cls.kind}:{cls.__name__}"
        known = Spec._classes.get(tag)
        if known and known.__module__ != cls.__module__ and _is_shipped(known):
            raise TypeError(
                f"{cls.__name__!r} is already a {cls.kind} of bayesdrop; use another name"
            )
        Spec._classes[tag] = cls

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what a property has kept is worked out again, and equal specs have
        equal pickles."""
        return {field.name: vars(self)[field.name] for field in dataclasses.fields(self)}  # type: ignore[arg-type]


def _is_shipped(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "bayesdrop"


def added(default: T) -> T:
    """Declare a field that a class got after it was released: ``stop: Stop | None = added(None)``.

    At its default the field is left out of the JSON, so that what was named before keeps its name.
    """
    return dataclasses.field(default=default, metadata={"added": True})


def renamed(was: str, default: T) -> T:
    """Declare a field that had another name when its class was released; the JSON keeps that."""
    return dataclasses.field(default=default, metadata={"was": was})


def to_dict(value: Any) -> Any:
    """``value`` as plain JSON types; a spec becomes ``{"type": "kind:Class", field: ...}``."""
    if isinstance(value, Spec):
        return {"type": f"{value.kind}:{type(value).__name__}", **_fields_to_dict(value)}
    if isinstance(value, dict):
        return {str(k): to_dict(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_dict(v) for v in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _canonical(float(value))
    raise TypeError(f"a specification holds numbers, strings, tuples and specs, not {value!r}")


def _fields_to_dict(value: Any) -> dict[str, Any]:
    contents = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if not (field.metadata.get("added") and content == field.default):
            contents[field.metadata.get("was", field.name)] = to_dict(content)
    return contents


def _canonical(value: float) -> int | float:
    """3.0 as 3 and −0.0 as 0: equal numbers are written alike."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def from_dict(data: Any, wanted: type[T] = object) -> T:  # type: ignore[assignment]
    """The inverse of :func:`to_dict` (lists become tuples).

    Raises
    ------
    LookupError
        The data name a class that has not been defined in this process.
    TypeError, ValueError
        The fields are not those of the class, or have values that it refuses. Or what comes out is
        no ``wanted``.
    """
    found = _from_dict(data)
    if not isinstance(found, wanted):
        raise TypeError(f"there is a {type(found).__name__} in place of a {wanted.__name__}")
    return found


def _from_dict(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_from_dict(v) for v in data)
    if not isinstance(data, dict):
        return data
    fields = {k: _from_dict(v) for k, v in data.items() if k != "type"}
    if "type" not in data:
        return fields
    cls = Spec._classes.get(str(data["type"]))
    if cls is None:
        raise LookupError(
            f"this file uses {data['type']!r}, which is not part of bayesdrop: "
            "import the module that defines it, or in a command name its file with --define, then "
            "load the file again"
        )
    names: dict[str, str] = {
        field.metadata.get("was", field.name): field.name
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]
    }
    return cls(**{names.get(str(k), str(k)): v for k, v in fields.items()})


class UnknownFieldError(ValueError):
    """There is no field of that name; the words are to be read after what asked for it."""


def replaced(owner: Any, path: Sequence[str], value: Any) -> Any:
    """``owner`` with the field at the end of ``path`` set to ``value``, at any depth.

    Raises
    ------
    UnknownFieldError
        There is no such field.
    """
    if not path:
        return value
    name, *rest = path
    fields = owner.__getstate__() if isinstance(owner, Spec) else {}
    if name not in fields:
        where = f"{type(owner).__name__} has no such field" if fields else f"{owner!r} has none"
        raise UnknownFieldError(f"{where}: {unknown('field', name, fields)}")
    changed = {name: replaced(fields[name], rest, value)}
    return dataclasses.replace(owner, **changed)  # type: ignore[type-var]


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(to_dict(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 (64 hexadecimal digits) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
