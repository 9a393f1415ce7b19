"""What a model's random variables are: the rows of the table that every program is written from.

:func:`variables` lists what is random beside the weights, which needs no data.
:mod:`bayesdrop.site_table` adds the weights and the shapes, once the data's shapes are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.groups import Groups
from bayesdrop.likelihood import Likelihood
from bayesdrop.network import Network
from bayesdrop.noise import Learned, Noise
from bayesdrop.noise.support import Support
from bayesdrop.prior import STRUCTURES, ScaleMixture, Sharing
from bayesdrop.sharing import Where, sizes

Form = Literal["expanded", "hierarchical", "marginal", "marginal_large"]
"""How a model is written as random variables.

``"expanded"`` has λ and z, whose product is the weight; ``"hierarchical"`` has λ and the weight;
``"marginal"`` has the weight, and λ is integrated out. Where several scales meet at a weight, that
of the smallest groups is integrated out, or in ``"marginal_large"`` that of the largest, and the
others stay variables that scale the weight.
"""
FORMS: tuple[Form, ...] = ("expanded", "hierarchical", "marginal", "marginal_large")
MARGINAL: tuple[Form, ...] = ("marginal", "marginal_large")
Role = Literal["weight", "bias", "scale", "likelihood", "parameter"]
Scaling = tuple[str, Where]
"""A site's name, and the axes of the weight along which the scale varies or its groups."""


@dataclass(frozen=True)
class Variable:
    """A random variable beside the weights and biases, before data give it a shape.

    Attributes
    ----------
    name
        The name of its site.
    role
        ``"scale"`` for a noise, ``"likelihood"`` for one of the likelihood's own variables,
        ``"parameter"`` for a parameter of another variable's prior.
    prior
        Its distribution.
    layer
        The index of its weight matrix; ``None`` for the likelihood's.
    sharing
        What shares one scale: ``"unit"``, ``"layer"``, ``"weight"``, ``"group"`` or ``"bias"``;
        ``None`` for no scale.
    groups
        Who shares the scale, for ``"group"``.
    """

    name: str
    role: Role
    prior: Noise
    layer: int | None = None
    sharing: Sharing | None = None
    groups: Groups | None = None

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Field of :attr:`prior` → the name of the site it is, or of the value that is learned."""
        return tuple((field, f"{self.name}_{field}") for field in self.prior.free)

    @property
    def learned(self) -> dict[str, tuple[str, Learned]]:
        """Field of :attr:`prior` → the name and start of the value that is learned."""
        free = self.prior.free
        return {f: (name, v) for f, name in self.parameters if isinstance(v := free[f], Learned)}


@dataclass(frozen=True)
class Site:
    """A site is one random variable of a bound model, the same in every program.

    Attributes
    ----------
    name, shape, support, role
        What the programs declare. ``role`` is what the variable is for; ``"parameter"`` is a
        parameter of another site's prior.
    layer
        The index of the weight matrix it belongs to; ``None`` for the likelihood's.
    prior
        Its distribution; that of a scaled weight is ``N(0, prior.scale²)`` before scaling.
    scales
        For a scale: each weight or bias site it scales, and along which of its axes it varies.
    multiplied_by
        Expanded form: the scales that multiply the value wherever it is used.
    scaled_by
        Hierarchical and marginal form: the scales that multiply its prior standard deviation.
    parameters
        Field of ``prior`` → the name of the site it is, or of the value that is learned.
    integrated
        Marginal form: the scale that is integrated out of the weight's or bias's prior.
    """

    name: str
    shape: tuple[int, ...]
    support: Support
    role: Role
    layer: int | None
    prior: Noise
    scales: tuple[Scaling, ...] = ()
    multiplied_by: tuple[Scaling, ...] = ()
    scaled_by: tuple[Scaling, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    integrated: Site | None = None

    @property
    def learned(self) -> dict[str, tuple[str, Learned]]:
        """Map fields of ``prior`` to the name and start of the value that is learned."""
        free = self.prior.free
        return {f: (name, v) for f, name in self.parameters if isinstance(v := free[f], Learned)}

    def bound_prior(self, values: Mapping[str, Any]) -> Noise:
        """Return ``prior`` with its free parameters taken from ``values``, by name."""
        return self.prior.bind({field: values[name] for field, name in self.parameters})


def variables(network: Network, prior: ScaleMixture, likelihood: Likelihood) -> list[Variable]:
    """What is random beside the weights and biases, layer by layer, the likelihood's own last.

    A parameter that has a prior comes before the variable whose prior it belongs to.
    """
    found: list[Variable] = []
    for layer, residual in enumerate(network.residual):
        for sharing in STRUCTURES:
            noise = prior.noise(sharing, layer, len(network.residual))
            if noise is not None and (residual or sharing != "layer"):
                name = f"{sharing}_scale_{layer}"
                groups = None
                if sharing == "group":
                    groups = prior.groups(layer, len(network.residual))
                variable = Variable(name, "scale", noise, layer, sharing, groups)
                found += _with_parameters(variable)
    for name, own in likelihood.priors.items():
        found += _with_parameters(Variable(name, "likelihood", own))
    return found


def _with_parameters(variable: Variable) -> list[Variable]:
    """``variable`` after those of its prior's parameters that have a prior themselves."""
    before: list[Variable] = []
    for field, name in variable.parameters:
        prior = variable.prior.free[field]
        if isinstance(prior, Noise):
            before += _with_parameters(Variable(name, "parameter", prior, variable.layer))
    return [*before, variable]


def group_sizes(scale: Site, shapes: Mapping[str, tuple[int, ...]]) -> NDArray[np.int64]:
    """How many weights and biases share each value of ``scale``, an array of its shape.

    ``shapes`` has the shape of every site that it scales.
    """
    return np.sum([sizes(shapes[name], where) for name, where in scale.scales], axis=0)
