"""A reference posterior: what is known of a problem, and how it came to be known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayesdrop import spec
from bayesdrop.infer.base import Inference
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.posterior.storage.checksum import checksum
from bayesdrop.references.checks import Mixed
from bayesdrop.references.problem import ReferenceProblem
from bayesdrop.references.quantities import Draws


@dataclass(frozen=True)
class Run:
    """One sampler's part in a reference.

    Attributes
    ----------
    sampler
        Its settings, with the number of draws that it made.
    seed
        The seed that it began with.
    seconds
        What the fit took.
    mixed
        How well its chains have mixed.
    """

    sampler: Inference
    seed: int
    seconds: float
    mixed: Mixed


@dataclass(frozen=True, eq=False, repr=False)
class Reference:
    """A reference holds draws of a posterior that two exact samplers agree on.

    Attributes
    ----------
    name
        The problem's name in the catalog, or the stem of its file.
    problem
        The model, the training rows and the samplers. ``problem.rows()`` loads the rows.
    X
        The 64 inputs, (64, *input_shape), in original units.
    y_test
        The targets of the first of them, which are test rows, (test rows,). The inputs after them
        are off the data.
    parameters
        Name → the likelihood's parameter at the inputs in original units, (draws, 64, outputs),
        or (draws, 1, outputs) if it is the same at all inputs. They have 11 to 13 significant
        binary digits.
    scales
        Site → draws of the prior's scales, (draws, *shape). They are those of features and of
        layers.
    runs
        The two samplers. The draws are the first one's.
    disagreement
        Statistic → the largest difference of the two in Monte Carlo standard errors.
    versions
        Package → the version that made it.
    dataset_sha256
        The SHA-256 of the data.
    rows_sha256
        The SHA-256 of the training rows, the inputs and ``y_test``, rounded to float32.
    """

    name: str
    problem: ReferenceProblem
    X: NDArray[np.float64]
    y_test: NDArray[np.float64]
    parameters: Draws
    scales: Draws
    runs: tuple[Run, Run]
    disagreement: dict[str, float]
    versions: dict[str, str]
    dataset_sha256: str
    rows_sha256: str

    def __repr__(self) -> str:
        return f"Reference({self.name!r}: {self.predictive}, of {self.problem.model})"

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 of the problem, its rows and the draws: all a distance depends on."""
        of = spec.canonical_json(self.problem) + self.rows_sha256
        return checksum(of, {"parameters": self.parameters, "scales": self.scales})

    @cached_property
    def predictive(self) -> Predictive:
        """Return the exact predictive distribution at ``X``, as any method has it."""
        shape = np.broadcast_shapes(*(value.shape[:3] for value in self.parameters.values()))
        full = {
            name: np.broadcast_to(value, (shape[0], len(self.X), *value.shape[2:]))
            for name, value in self.parameters.items()
        }
        return Predictive(self.problem.model.likelihood, full)
