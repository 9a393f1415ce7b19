"""The JSON that a saved file begins with, and what is said of one that holds something else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bayesdrop.files import RefusedFileError, field_at

_COMMANDS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that a terminal may take for a command; lines and tabs are none."""

T = TypeVar("T", bound=BaseModel)


def read_json(text: str, format_read: int) -> Any:
    """Return what the header ``text`` says, whose ``format`` is ``format_read`` at most.

    Raises
    ------
    RefusedFileError
        It is no JSON, of a later format, or has texts that a terminal may take for commands.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedFileError(f"has a header that is no JSON ({error})") from error
    form = format_of(found)
    if form is not None and form > format_read:
        raise RefusedFileError(f"was written by a later bayesdrop (format {form})")
    if any(_COMMANDS.search(text) for text in _texts(found)):
        raise RefusedFileError("has control characters in a text of its header")
    return found


def _texts(found: Any) -> Iterator[str]:
    """All texts of what JSON held, names of fields among them."""
    left = [found]
    while left:
        match left.pop():
            case str(text):
                yield text
            case dict(fields):
                left += [*fields, *fields.values()]
            case list(values):
                left += values


def format_of(header: Any) -> int | None:
    """The format that a header says it has; ``None`` if it says none."""
    form = header.get("format") if isinstance(header, dict) else None
    return form if isinstance(form, int) else None


def validated(header: Any, schema: type[T]) -> T:
    """Return the header as its ``schema``.

    Raises
    ------
    RefusedFileError
        A field is wrong; the words name it.
    """
    try:
        return schema.model_validate(header)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        wrong = f"{field_at(first['loc'])}: {first['msg']}"
        raise RefusedFileError(f"has a header with a wrong {wrong}") from error
