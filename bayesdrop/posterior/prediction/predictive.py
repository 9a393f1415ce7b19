"""The predictive distribution: an equal-weight mixture over draws of likelihood parameters."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.checks import numbers_in
from bayesdrop.data.target import Target
from bayesdrop.family import Kind, Parameters
from bayesdrop.likelihood import Likelihood
from bayesdrop.posterior.prediction import classification, moments
from bayesdrop.wording import unknown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Predictive:
    """A prediction is the mixture p(y | x, data) = 1/S Σ_s p(y | parameters_s).

    It is in the target's original units.

    Attributes
    ----------
    likelihood
        Its family is that of the mixture's components.
    parameters
        Name → array (draws, rows, outputs), or (draws, rows, 1, classes) for classes' logits;
        they are float32, unless the training target's standard deviation is at most 1 % of its
        mean (or beyond 1e±30), where they are float64.
    n_chains
        The draws are this many chains one after the other; 1 where there are none.
    one_output
        The target was given as (rows,): results drop the outputs axis.
    target
        The names of the outputs, and the labels of classes. Default ``None``: outputs have no
        names, and classes are numbers from 0.
    """

    likelihood: Likelihood
    parameters: Parameters
    n_chains: int = 1
    one_output: bool = True
    target: Target | None = None

    def __repr__(self) -> str:
        return f"Predictive({self.n_rows} rows, {self.n_draws} draws of {self.likelihood})"

    @property
    def n_draws(self) -> int:
        """Count the components of the mixture, S."""
        return next(iter(self.parameters.values())).shape[0]

    @property
    def n_rows(self) -> int:
        """Count the rows that were predicted."""
        return next(iter(self.parameters.values())).shape[1]

    @property
    def kind(self) -> Kind:
        """Say what the target is: ``"continuous"``, ``"count"`` or ``"class"``."""
        return self.likelihood.family.kind

    @property
    def classes(self) -> NDArray | None:
        """Return the labels of classes, (classes,), in order of their numbers; ``None`` without."""
        known = None if self.target is None else self.target.classes
        return None if known is None else np.array(known)

    @property
    def output_names(self) -> tuple[str, ...]:
        """List one name per output; it is empty if they have none."""
        return () if self.target is None else self.target.names

    def output(self, name: str) -> Predictive:
        """Return the prediction of one output alone, whose results are (rows,).

        Raises
        ------
        ValueError
            No output has that name.
        """
        if name not in self.output_names:
            raise ValueError(unknown("output", name, self.output_names))
        index = self.output_names.index(name)
        own = {key: value[:, :, index : index + 1] for key, value in self.parameters.items()}
        target = Target((name,), None if self.target is None else self.target.classes)
        return replace(self, parameters=own, one_output=True, target=target)

    def numbers(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return ``y`` as numbers: a label by its number, and a frame's columns in the fit's order.

        Raises
        ------
        TypeError, ValueError
            ``y`` holds a label that no training row had, or what is no number.
        """
        return numbers_in(y, "y") if self.target is None else self.target.numbers(y)

    @property
    def draw_means(self) -> NDArray[np.floating]:
        """Return E[y | draw], (draws, rows) or (draws, rows, outputs).

        For a categorical target it is the probabilities of the classes, along a last axis.
        """
        return self._shaped(self.likelihood.family.mean(self.parameters), 2)

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Return the predictive mean, (rows,) or (rows, outputs).

        For a binary target it is the probability of the second class, 1. A categorical target
        counts as one-hot. Its mean is the probabilities of the classes, of shape (rows, classes)
        or (rows, 1, classes). The parts of the standard deviation have that shape too.
        """
        return self._means[0]

    @cached_property
    def epistemic_std(self) -> NDArray[np.float64]:
        """Return the standard deviation over draws of E[y | draw]: what more data would reduce."""
        return self._means[1]

    @cached_property
    def aleatoric_std(self) -> NDArray[np.float64]:
        """Return the root of the mean over draws of Var[y | draw]: noise that remains.

        It is infinite where a Student-t component has df ≤ 2.
        """
        return self._shaped(moments.aleatoric_std(self.likelihood.family, self.parameters), 1)

    @property
    def std(self) -> NDArray[np.float64]:
        """Return the predictive standard deviation, the root of epistemic² + aleatoric²."""
        return np.hypot(self.epistemic_std, self.aleatoric_std)

    def log_prob(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return the mixture's log density (or probability) at ``y``, of the shape of ``y``."""
        found = self.likelihood.family.mixture_log_prob(self.parameters, self._observed(y))
        return self._shaped(found)

    def cdf(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of a target of at most ``y``, of the shape of ``y``.

        This, :meth:`quantile`, :meth:`interval` and :meth:`crps` raise ``TypeError`` for a
        categorical target, whose classes have no order.
        """
        return self._shaped(self.likelihood.family.mixture_cdf(self.parameters, self._per_row(y)))

    def quantile(self, q: ArrayLike) -> NDArray[np.float64]:
        """Return quantiles at the levels ``q`` in (0, 1), of the shapes of ``q`` and then ``y``.

        A quantile is the smallest value whose :meth:`cdf` is at least ``q``.
        """
        levels = np.asarray(q, dtype=np.float64)
        if not np.all((levels > 0) & (levels < 1)):
            raise ValueError(f"quantile levels must lie strictly between 0 and 1, not {q}")
        return self._shaped(self.likelihood.family.mixture_quantile(self.parameters, levels))

    def interval(self, level: float = 0.9) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper end of the central interval that holds ``level`` of the mass.

        For counts it holds at least that. Both have the shape of ``y``. Raises ``ValueError`` for a
        ``level`` that is not strictly between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"level must lie strictly between 0 and 1, such as 0.9, not {level}")
        lower, upper = self.quantile([(1 - level) / 2, (1 + level) / 2])
        return lower, upper

    def crps(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return the continuous ranked probability score at ``y``, of the shape of ``y``."""
        found = self.likelihood.family.mixture_crps(self.parameters, self._observed(y))
        return self._shaped(found)

    def sample(self, size: int = 1, seed: int = 0) -> NDArray:
        """Return ``size`` samples of y per row, (size, rows, …), from components drawn at random.

        They are integers where the target counts, and labels where it is a class. Raises
        ``ValueError`` for a ``size`` that is no whole number from 0.
        """
        if isinstance(size, bool) or not isinstance(size, numbers.Integral) or size < 0:
            raise ValueError(f"size must be a whole number of samples per row, not {size!r}")
        rng = np.random.default_rng(seed)
        chosen = rng.integers(self.n_draws, size=size)
        parameters = {name: value[chosen] for name, value in self.parameters.items()}
        return self._labelled(self._shaped(self.likelihood.family.sample(parameters, rng), 2))

    def to_frame(self, interval: float | Sequence[float] = 0.9) -> pd.DataFrame:
        """Return the prediction as a pandas data frame, a row for each row that was predicted.

        The columns of numbers and counts are ``mean``, ``std``, ``epistemic_std``,
        ``aleatoric_std`` and the ends of the central interval, ``lower_90`` and ``upper_90`` for
        the default. Those of classes are ``predicted_class``, ``probability_`` and each label,
        ``entropy`` and ``mutual_information`` (in nats); ``interval`` is not used. Where the
        target has an axis of outputs, all of that is there for each, by its name: ``y0_mean``.

        Parameters
        ----------
        interval
            The mass that the interval holds, or that each of several holds. Default 0.9.

        Raises
        ------
        ValueError
            An interval is not strictly between 0 and 1.
        """
        from bayesdrop.posterior.prediction.prediction_table import prediction_table

        return prediction_table(self, np.atleast_1d(interval).tolist())

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Return the probability of every class, of the shape of ``y`` and then (classes,).

        This and what follows raise ``TypeError`` unless the target is a class.
        """
        return self._shaped(classification.probabilities(self.likelihood, self.parameters), 1)

    @property
    def predicted_class(self) -> NDArray:
        """Return the most probable class's label, of the shape of ``y``; the first of several."""
        return self._labelled(self.probabilities.argmax(-1))

    @property
    def classes_of_draws(self) -> NDArray:
        """Return the most probable class of every draw, (draws, *the shape of ``y``)."""
        found = classification.classes_of_draws(self.likelihood, self.parameters)
        return self._labelled(self._shaped(found, 2))

    @property
    def entropy(self) -> NDArray[np.float64]:
        """Return the entropy of :attr:`probabilities` in nats, of the shape of ``y``.

        It is all uncertainty."""
        from scipy.special import entr

        return entr(self.probabilities).sum(-1)

    @cached_property
    def expected_entropy(self) -> NDArray[np.float64]:
        """Return the mean over draws of the entropy of P(y | draw), in nats: the aleatoric part."""
        return self._shaped(classification.expected_entropy(self.likelihood, self.parameters), 1)

    @property
    def mutual_information(self) -> NDArray[np.float64]:
        """Return :attr:`entropy` less :attr:`expected_entropy`, in nats: the epistemic part.

        It is what the class would tell about the weights, and is not below 0. It is called BALD
        (Houlsby et al., 2011; for dropout, Gal, Islam & Ghahramani, 2017, equation 9).
        """
        return np.maximum(self.entropy - self.expected_entropy, 0.0)

    @cached_property
    def _means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over draws of E[y | draw]."""
        mean, std = moments.mean_and_epistemic_std(self.likelihood.family, self.parameters)
        return self._shaped(mean, 1), self._shaped(std, 1)

    def _labelled(self, numbers: NDArray) -> NDArray:
        """The labels of classes in place of their numbers."""
        return numbers if self.classes is None else self.classes[numbers]

    def _shaped(self, array: NDArray, outputs: int = -1) -> NDArray:
        """``array`` without its axis ``outputs`` where the target has none."""
        return np.moveaxis(array, outputs, 0)[0] if self.one_output else array

    def _per_row(self, y: ArrayLike) -> NDArray[np.float64]:
        target = self.numbers(y)
        expected = next(iter(self.parameters.values())).shape[1:3]
        expected = expected[:1] if self.one_output else expected
        if target.shape != expected:
            raise ValueError(
                f"y has shape {target.shape}, the prediction {expected}: "
                "give one target per predicted row and output"
            )
        return target[:, None] if self.one_output else target

    def _observed(self, y: ArrayLike) -> NDArray[np.float64]:
        target = self._per_row(y)
        self.likelihood.check_target(target)
        return target
