"""Which errors a command shows in one line: those that its user can put right.

A defect of ours shows its traceback. The two are told apart by how the error came about: an error
with words for the user is raised by a ``raise`` statement of bayesdrop's, or of a file of the
user's that bayesdrop runs. One that Python or a library raises within that code is a defect,
unless it is of a kind that speaks of the user's machine or data alone.
"""

from __future__ import annotations

import dis
from types import TracebackType

from bayesdrop import out_of_memory
from bayesdrop.infer.base import UnsupportedModelError

_OF_THE_USER = (
    FloatingPointError,  # a fit that diverged
    ImportError,  # a package that is not installed
    OSError,
    UnsupportedModelError,
)
_SAID_ON_PURPOSE = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


def one_line(error: Exception) -> str | None:
    """The words of ``error`` in one line, or ``None`` if it is a defect."""
    words = out_of_memory.words_of(error)
    if words is None and not isinstance(error, BrokenPipeError):
        on_purpose = isinstance(error, _SAID_ON_PURPOSE) and _is_raised_by_us(error)
        words = str(error) if on_purpose or isinstance(error, _OF_THE_USER) else None
    return None if words is None else " ".join(words.split())


def _is_raised_by_us(error: Exception) -> bool:
    """Say whether a ``raise`` statement of bayesdrop's, or of a catalog file, made the error."""
    place: TracebackType | None = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return False
    package = str(place.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
    code = place.tb_frame.f_code.co_code
    is_raise = dis.opname[code[place.tb_lasti]] == "RAISE_VARARGS"
    return is_raise and package.startswith("bayesdrop")
