"""Which errors a command shows in one line: those that its user can put right.

A defect of ours shows its traceback. The two are told apart by how the error came about: an error
with words for the user is raised by a ``raise`` statement of bayesdrop's, or of the user's own
code. One that Python or a library raises within that code is a defect, unless it is of a kind that
speaks of the user's machine or data alone.
"""

from __future__ import annotations

import dis
import sysconfig
from pathlib import Path
from types import TracebackType

from bayesdrop import out_of_memory
from bayesdrop.infer.base import UnsupportedModelError

_OF_THE_USER = (
    FloatingPointError,  # a fit that diverged
    ImportError,  # a package that is not installed
    OSError,
    UnsupportedModelError,
)
_SAID_ON_PURPOSE = (ArithmeticError, LookupError, TypeError, ValueError)
_INSTALLED = {"site-packages", "dist-packages"}


def one_line(error: Exception) -> str | None:
    """The words of ``error`` in one line, or ``None`` if it is a defect."""
    words = out_of_memory.words_of(error)
    if words is None and not isinstance(error, (BrokenPipeError, KeyError)):
        has_words = isinstance(error, _OF_THE_USER) or _is_said_on_purpose(error)
        words = str(error) if has_words else None
    return None if words is None else " ".join(words.split())


def _is_said_on_purpose(error: Exception) -> bool:
    """Say whether a ``raise`` statement of bayesdrop's, or of the user's own code, made the error.

    A ``RuntimeError`` of the user's own shows its place there.
    """
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None or not _is_raise(place):
        return False
    if str(place.tb_frame.f_globals.get("__name__")).startswith("bayesdrop."):
        return isinstance(error, (*_SAID_ON_PURPOSE, RuntimeError))
    return isinstance(error, _SAID_ON_PURPOSE) and not _is_installed(place)


def _is_raise(place: TracebackType) -> bool:
    return dis.opname[place.tb_frame.f_code.co_code[place.tb_lasti]] == "RAISE_VARARGS"


def _is_installed(place: TracebackType) -> bool:
    """Say whether the code there is Python's own, or of an installed package."""
    name = place.tb_frame.f_code.co_filename
    file = Path(name)
    python = sysconfig.get_path("stdlib")
    return name.startswith("<") or bool(_INSTALLED & {*file.parts}) or file.is_relative_to(python)
