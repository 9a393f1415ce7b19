"""How the target that a fit saw is named, and its classes are numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.checks import check_observed, checked_names, numbers_in, target_array
from bayesdrop.data.frames import is_by_place, names_of
from bayesdrop.likelihood import Likelihood
from bayesdrop.likelihood.labels import Label, numbers_of
from bayesdrop.missing import array_of
from bayesdrop.wording import some


@dataclass(frozen=True)
class Target:
    """How a target becomes numbers.

    Attributes
    ----------
    names
        One name per output.
    classes
        The labels of classes, in order of their numbers; ``None`` if the target is numbers.
    """

    names: tuple[str, ...]
    classes: tuple[Label, ...] | None = None

    def numbers(self, y: Any) -> NDArray[np.float64]:
        """``y`` as float64 of its own shape, a label by its number.

        Raises
        ------
        TypeError, ValueError
            ``y`` holds what is no number, or a label that no training row had; or see
            :meth:`in_order`.
        """
        values = self.in_order(y)
        if self.classes is None:
            return numbers_in(values, "y")
        return numbers_of(values, self.classes)

    def check_scored(self, y: Any, likelihood: Likelihood) -> None:
        """Raise if ``y`` can't be scored by a fit of that likelihood to this target.

        Raises
        ------
        TypeError, ValueError
            ``y`` has a class that the target lacks, or is no target of the likelihood.
        """
        if self.classes is not None:
            likelihood = likelihood.with_classes(len(self.classes))
        likelihood.check_target(self.numbers(y))

    def in_order(self, y: Any) -> NDArray[Any]:
        """``y`` as an array, of a frame with the outputs in the order of the fit.

        Outputs are taken by their place if the fit or the frame has no names of its own, or if
        there is one output.

        Raises
        ------
        ValueError
            It is a frame whose names are not those of the outputs.
        """
        values, found = array_of(y), names_of(y)
        if values.ndim != 2 or found is None or len(found) == 1:
            return values
        if is_by_place(found, self.names, made_names(len(self.names))):
            return values
        if sorted(found) != sorted(self.names):
            raise ValueError(
                f"y has the columns {some(found)}, and the fit has the outputs "
                f"{some(self.names)}: rename the columns, or give an array in the fit's order"
            )
        return values[:, [found.index(name) for name in self.names]]


def made_names(count: int) -> tuple[str, ...]:
    """The names of so many outputs of which none is given: ``y``, or ``y0``, ``y1``, …"""
    return ("y",) if count == 1 else tuple(f"y{column}" for column in range(count))


def target_of(
    y: Any, likelihood: Likelihood, output_names: Sequence[str] | None
) -> tuple[Target, NDArray[np.float64]]:
    """Say how ``y`` becomes numbers, and return these too, (rows,) or (rows, outputs).

    Parameters
    ----------
    y
        (rows,) or (rows, outputs): an array, a list, or a series or frame whose names are kept.
    likelihood
        What says whether it holds classes.
    output_names
        Names in place of the frame's. Default ``None``: its own, else ``y``, or ``y0``, ``y1``, …

    Raises
    ------
    TypeError, ValueError
        What is in ``y`` is no target of the likelihood; see
        :func:`bayesdrop.data.checks.target_array`. Or a value is missing.
    """
    classes = likelihood.classes_in(y)
    values = target_array(y if classes is None else numbers_of(y, classes))
    count = 1 if values.ndim == 1 else values.shape[1]
    own = names_of(y) or made_names(count)
    names = checked_names(own if output_names is None else output_names, count, "output_names")
    check_observed(values, names)
    return Target(names, classes), values
