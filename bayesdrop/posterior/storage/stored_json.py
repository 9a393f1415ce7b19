"""The JSON that a saved file begins with, and what is said of one that holds something else."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bayesdrop.files import RefusedFileError, field_at

T = TypeVar("T", bound=BaseModel)


def read_json(text: str, format_read: int) -> Any:
    """Return what the header ``text`` says, whose ``format`` is ``format_read`` at most.

    Raises
    ------
    RefusedFileError
        It is no JSON, or of a later format.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedFileError(f"has a header that is no JSON ({error})") from error
    form = format_of(found)
    if form is not None and form > format_read:
        raise RefusedFileError(f"was written by a later bayesdrop (format {form})")
    return found


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
