"""The table of a model's random variables that every program is written from.

:func:`variables` lists what is random beside the weights, which needs no data. :func:`site_table`
adds the weights and the shapes, once the data's shapes are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.groups import Groups
from bayesdrop.likelihood import Likelihood
from bayesdrop.network import Layer, Network
from bayesdrop.noise import Gaussian, Learned, Noise
from bayesdrop.noise.support import Support
from bayesdrop.prior import STRUCTURES, ScaleMixture, Sharing
from bayesdrop.sharing import Grouped, Where, sizes

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

_AXES: dict[Sharing, tuple[int, ...]] = {
    "unit": (0,),
    "layer": (),
    "weight": (0, 1),
    "bias": (0,),
}


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
        The network can't take such rows, the likelihood not so many targets, the network's
        ``layers`` and ``residual`` differ in number, or groups are of a matrix of another size.
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
    targets: dict[Role, Site] = {
        "weight": _unscaled("weight", index, tuple(layer), prior.weight_scale(layer.fan_in)),
        "bias": _unscaled("bias", index, (layer.fan_out,), prior.bias_scale),
    }
    scales = {v.name: _scale(v, targets, form) for v in own if v.sharing is not None}
    integrated = _integrated(scales.values(), targets, form)
    table = [
        scales.get(variable.name) or _site(variable, ())
        for variable in own
        if variable.name not in integrated
    ]
    return table + [_scaled(target, scales, integrated, form) for target in targets.values()]


def _unscaled(role: Role, index: int, shape: tuple[int, ...], scale: float) -> Site:
    return Site(f"{role}_{index}", shape, "real", role, index, Gaussian(scale))


def _scale(variable: Variable, targets: Mapping[Role, Site], form: Form) -> Site:
    """The site of a noise, with the weights and biases it scales."""
    assert variable.sharing is not None
    roles: tuple[Role, ...] = ("bias",) if variable.sharing == "bias" else ("weight",)
    roles = ("weight", "bias") if variable.sharing == "layer" else roles
    shape = targets[roles[0]].shape
    base = "_base" if form == "expanded" else ""
    if (groups := variable.groups) is not None:
        where: Where = Grouped(groups.index)
        _check_groups(variable, groups, shape)
        own = (groups.count,)
    else:
        where = _AXES[variable.sharing]
        own = tuple(shape[axis] for axis in where)
    return _site(variable, own, [(f"{targets[role].name}{base}", where) for role in roles])


def _check_groups(variable: Variable, groups: Groups, shape: tuple[int, ...]) -> None:
    if groups.shape != shape[: len(groups.shape)]:
        raise ValueError(
            f"{variable.name}: the index of its bd.Groups has shape {groups.shape}, and "
            f"weight matrix {variable.layer} has shape {shape}: give a number for each of its "
            f"{shape[0]} rows, or for each weight"
        )


def _integrated(scales: Iterable[Site], targets: Mapping[Role, Site], form: Form) -> set[str]:
    """The names of the scales that are integrated out: one for each weight and bias."""
    if form not in MARGINAL:
        return set()
    shapes = {target.name: target.shape for target in targets.values()}

    def largest_group(scale: Site) -> int:
        return int(np.max(group_sizes(scale, shapes)))

    chosen: set[str] = set()
    taken: set[str] = set()
    for scale in sorted(scales, key=largest_group, reverse=form == "marginal_large"):
        names = {name for name, _ in scale.scales}
        if not names & taken:
            chosen.add(scale.name)
            taken |= names
    return chosen


def group_sizes(scale: Site, shapes: Mapping[str, tuple[int, ...]]) -> NDArray[np.int64]:
    """How many weights and biases share each value of ``scale``, an array of its shape.

    ``shapes`` has the shape of every site that it scales.
    """
    return np.sum([sizes(shapes[name], where) for name, where in scale.scales], axis=0)


def _scaled(target: Site, scales: Mapping[str, Site], integrated: set[str], form: Form) -> Site:
    """The weight or bias with its scales in the place that ``form`` has for them."""
    scaling = tuple(
        (scale.name, where)
        for scale in scales.values()
        for name, where in scale.scales
        if name.removesuffix("_base") == target.name
    )
    if form == "expanded":
        name = f"{target.name}_base" if scaling else target.name
        return replace(target, name=name, multiplied_by=scaling)
    out = [scales[name] for name, _ in scaling if name in integrated]
    left = tuple((name, where) for name, where in scaling if name not in integrated)
    return replace(target, scaled_by=left, integrated=out[0] if out else None)
