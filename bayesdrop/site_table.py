"""The table of a model's random variables for data of one shape, in one form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from bayesdrop.groups import Groups
from bayesdrop.likelihood import Likelihood
from bayesdrop.network import Layer, Network
from bayesdrop.noise import Gaussian
from bayesdrop.prior import ScaleMixture, Sharing
from bayesdrop.sharing import Grouped, Where
from bayesdrop.sites import (
    MARGINAL,
    Form,
    Role,
    Scaling,
    Site,
    Variable,
    group_sizes,
    variables,
)


def _axes(sharing: Sharing, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a weight or bias of that shape along which a noise varies."""
    every = tuple(range(len(shape)))
    return {"unit": every[-2:-1], "layer": (), "weight": every, "bias": every}[sharing]


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
        "weight": _unscaled("weight", index, layer.shape, prior.weight_scale(layer.connections)),
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
        _check_groups(variable, groups, shape)
        window = 0 if len(groups.shape) == len(shape) else len(shape) - 2
        where: Where = Grouped(groups.index, window)
        own = (groups.count,)
    else:
        where = _axes(variable.sharing, shape)
        own = tuple(shape[axis] for axis in where)
    return _site(variable, own, [(f"{targets[role].name}{base}", where) for role in roles])


def _check_groups(variable: Variable, groups: Groups, shape: tuple[int, ...]) -> None:
    if groups.shape not in (shape[-2:-1], shape[-2:], shape):
        rows = "rows" if len(shape) == 2 else f"channels, for each pair of channels {shape[-2:]}"
        raise ValueError(
            f"{variable.name}: the index of its bd.Groups has shape {groups.shape}, and "
            f"weight matrix {variable.layer} has shape {shape}: give a number for each of its "
            f"{shape[-2]} {rows}, or for each weight"
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
