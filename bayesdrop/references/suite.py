"""A suite that measures how far methods are from reference posteriors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bayesdrop.spec import Spec


@dataclass(frozen=True)
class ReferenceSuite(Spec, kind="suite"):
    """Every method runs on the model and the training rows of every reference posterior.

    Parameters
    ----------
    inference
        Names in the catalog, or paths of files of your own.
    references
        Names that ``bayesdrop list references`` shows, or paths of files ``.npz``. Default none:
        all shipped ones that have draws.
    description
        One line for lists.

    Raises
    ------
    TypeError
        A text is given in place of several.
    ValueError
        There is no method, or one is there twice.
    """

    inference: tuple[str, ...]
    references: tuple[str, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        for field in ("inference", "references"):
            object.__setattr__(self, field, _distinct(getattr(self, field), field))
        if not self.inference:
            raise ValueError("ReferenceSuite(inference=()): a suite needs at least one method")


def _distinct(values: Iterable[str], field: str) -> tuple[str, ...]:
    names = tuple(values)
    if isinstance(values, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"ReferenceSuite({field}={values!r}): give a tuple of names")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"ReferenceSuite({field}=...): {twice[0]!r} is there twice")
    return names
