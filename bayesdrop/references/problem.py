"""A problem whose posterior is to be known: a model, training rows and two exact samplers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop import catalog
from bayesdrop.data import Dataset, Split, load_dataset
from bayesdrop.data.standardization import Standardization
from bayesdrop.field_checks import checked_count
from bayesdrop.infer.base import Inference
from bayesdrop.model import Model
from bayesdrop.spec import Spec, to_dict

POINTS = 64
"""The number of inputs at which a reference has draws of f."""

_TEST_ROWS = 40
_SPREADS = (1.0, 2.0, 3.0)
_CHAINS = {"num_chains", "num_samples"}

Array = NDArray[np.float64]


class ProblemRows(NamedTuple):
    """The rows of a problem, in original units.

    Attributes
    ----------
    X_train, y_train
        What the model is fitted to: (rows, *input_shape) and (rows,).
    X
        The inputs at which f is known, (64, *input_shape): test rows, then points off the data.
    y_test
        The targets of the first of ``X``, which are test rows: (test rows,).
    """

    X_train: Array
    y_train: Array
    X: Array
    y_test: Array

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the shapes and of all numbers, which are rounded to float32."""
        found = hashlib.sha256()
        for part in self:
            with np.errstate(over="ignore"):
                rounded = np.asarray(part).astype("<f4")
            found.update(repr(rounded.shape).encode() + rounded.tobytes())
        return found.hexdigest()


@dataclass(frozen=True)
class ReferenceProblem(Spec, kind="reference"):
    """A problem is a model, a split of a data set, and two exact samplers that must agree on it.

    f is compared at 64 inputs. The first are the first test rows of the split, at most 40. The
    others are drawn around the training mean with 1, 2 and 3 standard deviations of each feature in
    turn, independently of each other, so that most are off the data.

    Parameters
    ----------
    model
        The model whose posterior is to be known.
    dataset
        A name that :func:`bayesdrop.load_dataset` knows, or the path of a Python file that defines
        ``DATASET``.
    samplers
        Two of different kinds, which are exact: :class:`~bayesdrop.NUTS`, :class:`~bayesdrop.HMC`,
        :class:`~bayesdrop.GibbsHMC`, :class:`~bayesdrop.ChEES`, an adjusted
        :class:`~bayesdrop.MCLMC`, or a sampler of your own that says so by
        :meth:`bayesdrop.Inference.is_exact`. Their ``num_samples`` is how many draws per chain they
        begin with.
    split
        The number of the standard split. Default 0.
    num_rows
        Only the first so many training rows of the split. Default ``None``: all.
    seed
        The first sampler's seed; the second has the next. Points off the data follow from it too.
        Default 0.

    Raises
    ------
    TypeError, ValueError
        A part is not of its kind, the samplers are not two exact ones of different kinds, or one of
        them can't run the model.
    """

    model: Model
    dataset: str
    samplers: tuple[Inference, Inference]
    split: int = 0
    num_rows: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.model, Model):
            raise TypeError(f"ReferenceProblem(model={self.model!r}): model must be a bd.Model")
        if not isinstance(self.dataset, str):
            raise TypeError(f"ReferenceProblem(dataset={self.dataset!r}): give a name or a path")
        object.__setattr__(self, "samplers", _checked(self.samplers, self.model))
        checked_count(self, "split", at_least=0)
        checked_count(self, "seed", at_least=0)
        if self.num_rows is not None:
            checked_count(self, "num_rows", at_least=10)

    def load_data(self) -> Dataset:
        """Load the data set.

        Raises
        ------
        ValueError, OSError, ModuleNotFoundError
            There is none, or it can't be read; see :func:`bayesdrop.load_dataset`.
        """
        if catalog.is_path(self.dataset):
            return catalog.load("datasets", self.dataset).value
        return load_dataset(self.dataset)

    def rows(self) -> ProblemRows:
        """Return the rows to train on, and the inputs at which f is looked at.

        Raises
        ------
        ValueError, OSError, ModuleNotFoundError
            The data set can't be loaded, or the split has fewer than ``num_rows`` rows.
        """
        split = self.load_data().split(self.split)
        X, y = split.X_train[: self.num_rows], split.y_train[: self.num_rows]
        if self.num_rows is not None and len(y) < self.num_rows:
            raise ValueError(
                f"split {self.split} of {self.dataset} has {len(y)} training rows, and "
                f"num_rows={self.num_rows}: give fewer, or None for all"
            )
        return ProblemRows(X, y, *self._points(X, split))

    def _points(self, X_train: Array, split: Split) -> tuple[Array, Array]:
        count = min(_TEST_ROWS, len(split.y_test))
        scaling = Standardization.of(X_train, np.zeros((len(X_train), 1)))
        rng = np.random.default_rng(self.seed)
        z = rng.normal(size=(POINTS - count, *X_train.shape[1:]))
        spread = np.resize(_SPREADS, len(z)).reshape(-1, *(1 for _ in z.shape[1:]))
        away = scaling.original_inputs(spread * z)
        return np.concatenate([split.X_test[:count], away]), split.y_test[:count]


def _checked(samplers: Any, model: Model) -> tuple[Inference, Inference]:
    found = tuple(samplers) if isinstance(samplers, (tuple, list)) else (samplers,)
    for sampler in found:
        if not isinstance(sampler, Inference) or not sampler.is_exact():
            raise ValueError(
                f"{sampler!r} does not draw from the exact posterior in chains that can go on: "
                "give bd.NUTS, bd.HMC, bd.GibbsHMC, bd.ChEES or bd.MCLMC(adjusted=True), or a "
                "sampler of your own whose is_exact() is true"
            )
        settings = to_dict(sampler)
        if lacking := _CHAINS - settings.keys():
            raise ValueError(f"{sampler!r} is an exact sampler without a field {min(lacking)}")
        if reason := sampler.supports(model):
            raise ValueError(f"{type(sampler).__name__} can't run the model: {reason}")
        if settings["num_chains"] < 2:
            raise ValueError(f"{sampler!r} has one chain, and R-hat compares two or more")
    if len(found) != 2 or type(found[0]) is type(found[1]):
        kinds = " and ".join(type(sampler).__name__ for sampler in found)
        raise ValueError(f"a reference needs two samplers of different kinds, not {kinds}")
    return found[0], found[1]
