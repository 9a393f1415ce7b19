"""The table of a model's random variables that every program is written from.

:func:`variables` lists what is random beside the weights, which needs no data. :func:`site_table`
adds the weights and the shapes, once the data's shapes are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bayesdrop.likelihood import Likelihood
from bayesdrop.network import Layer, Network
from bayesdrop.noise import Gaussian, Learned, Noise
from bayesdrop.noise.support import Support
from bayesdrop.prior import STRUCTURES, ScaleMixture, Sharing

Form = Literal["expanded", "hierarchical"]
FORMS: tuple[Form, ...] = ("expanded", "hierarchical")
Role = Literal["weight", "bias", "scale", "likelihood", "parameter"]
Scaling = tuple[str, tuple[int, ...]]
"""A site's name and the axes of the weight along which the scale varies."""

_AXES: dict[Sharing, tuple[int, ...]] = {"unit": (0,), "layer": (), "weight": (0, 1)}


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
        What shares one scale: ``"unit"``, ``"layer"`` or ``"weight"``; ``None`` for no scale.
    """

    name: str
    role: Role
    prior: Noise
    layer: int | None = None
    sharing: Sharing | None = None

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
    """One random variable of a bound model, the same in every program.

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
        Hierarchical form: the scales that multiply its prior standard deviation.
    parameters
        Field of ``prior`` → the name of the site it is, or of the value that is learned.
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

    @property
    def learned(self) -> dict[str, tuple[str, Learned]]:
        """Field of ``prior`` → the name and start of the value that is learned."""
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
                found += _with_parameters(Variable(name, "scale", noise, layer, sharing))
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


def site_table(
    network: Network,
    prior: ScaleMixture,
    likelihood: Likelihood,
    input_shape: tuple[int, ...],
    n_outputs: int,
    form: Form,
) -> tuple[Site, ...]:
    """List every random variable with its shape; see :func:`bayesdrop.sites`.

    Raises
    ------
    ValueError
        The network can't take such rows, the likelihood not so many targets, or the network's
        ``layers`` and ``residual`` differ in number.
    """
    layers = network.layers(input_shape, likelihood.network_outputs(n_outputs))
    if len(layers) != len(network.residual):
        raise ValueError(
            f"{network} has {len(layers)} layers, and its residual names {len(network.residual)}: "
            "give one flag for every weight matrix"
        )
    every = variables(network, prior, likelihood)
    table: list[Site] = []
    for index, layer in enumerate(layers):
        table += _layer_sites([v for v in every if v.layer == index], prior, index, layer, form)
    for variable in every:
        if variable.layer is None:
            own = variable.role == "likelihood"
            shape = likelihood.shape_of(variable.name, n_outputs) if own else ()
            table.append(_site(variable, shape))
    return tuple(table)


def _site(variable: Variable, shape: tuple[int, ...], scales: Iterable[Scaling] = ()) -> Site:
    return Site(
        variable.name,
        shape,
        variable.prior.support,
        variable.role,
        variable.layer,
        variable.prior,
        scales=tuple(scales),
        parameters=variable.parameters,
    )


def _layer_sites(
    own: list[Variable], prior: ScaleMixture, index: int, layer: Layer, form: Form
) -> list[Site]:
    scaling = tuple((v.name, _AXES[v.sharing]) for v in own if v.sharing is not None)
    bias_scaling = tuple((name, axes) for name, axes in scaling if axes == ())
    shape = (layer.fan_in, layer.fan_out)
    weight = _scaled("weight", index, shape, prior.weight_scale(layer.fan_in), scaling, form)
    bias = _scaled("bias", index, (layer.fan_out,), prior.bias_scale, bias_scaling, form)
    table: list[Site] = []
    for variable in own:
        if variable.sharing is None:
            table.append(_site(variable, ()))
            continue
        axes = _AXES[variable.sharing]
        targets = [(weight.name, axes)] + ([(bias.name, ())] if axes == () else [])
        table.append(_site(variable, tuple(shape[axis] for axis in axes), targets))
    return [*table, weight, bias]


def _scaled(
    role: Literal["weight", "bias"],
    index: int,
    shape: tuple[int, ...],
    scale: float,
    scaling: tuple[Scaling, ...],
    form: Form,
) -> Site:
    prior = Gaussian(scale)
    name = f"{role}_{index}"
    if form == "hierarchical":
        return Site(name, shape, "real", role, index, prior, scaled_by=scaling)
    name += "_base" if scaling else ""
    return Site(name, shape, "real", role, index, prior, multiplied_by=scaling)
