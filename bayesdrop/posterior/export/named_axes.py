"""The names of the axes of a model's sites, for labelled arrays, such as features and units."""

from __future__ import annotations

from bayesdrop.bound import BoundModel
from bayesdrop.sharing import Grouped
from bayesdrop.sites import Site


def axes_of_sites(bound: BoundModel, n_classes: int | None = None) -> dict[str, tuple[str, ...]]:
    """Site name → a name for each axis, of all sites and of scales that are integrated out.

    The rows of the first weight matrix are ``"feature"``, and those of matrix l are ``"unit_l"``,
    the units of hidden layer l, so the columns of matrix l − 1 are, too. The last one's columns are
    ``"output"``, the columns of the target. They are ``"class"`` if there is one for each of
    ``n_classes``, and ``"network_output"`` if there is another number of them. Columns that are no
    rows of the next matrix, as the gates of a recurrent cell, are ``"unit_l_out"``. The places of a
    convolution's window are ``"window_l_0"`` and ``"window_l_1"``. Scales have the axes of what
    they scale, or ``"group_l"``. ``n_classes`` is ``None`` (default) for a target of numbers.
    """
    weights = [site for site in bound.sites if site.role == "weight"]
    columns = [_columns(bound, weights, layer, n_classes) for layer in range(len(weights))]
    names: dict[str, tuple[str, ...]] = {}
    for layer, site in enumerate(weights):
        window = tuple(f"window_{layer}_{axis}" for axis in range(len(site.shape) - 2))
        is_first = layer == 0 and site.shape[-2] == bound.input_shape[-1]
        rows = "feature" if is_first else f"unit_{layer}"
        names[site.name] = (*window, rows, columns[layer])
    for site in bound.sites:
        if site.role == "bias" and site.layer is not None:
            names[site.name] = (columns[site.layer],)
    for site in (*bound.integrated, *bound.sites):
        names.setdefault(site.name, _of_other(site, bound, names))
    return names


def _columns(bound: BoundModel, weights: list[Site], layer: int, n_classes: int | None) -> str:
    fan_out = weights[layer].shape[-1]
    if layer == len(weights) - 1:
        if fan_out == bound.n_outputs:
            return "output"
        return "class" if fan_out == n_classes else "network_output"
    follows = weights[layer + 1].shape[-2] == fan_out
    return f"unit_{layer + 1}" if follows else f"unit_{layer}_out"


def _of_other(site: Site, bound: BoundModel, names: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The axes of a scale, or of a variable of the likelihood's."""
    if site.scales:
        target, where = site.scales[0]
        if isinstance(where, Grouped):
            return (f"group_{site.layer}",)
        return tuple(names[target][axis] for axis in where)
    if site.shape == (bound.n_outputs,):
        return ("output",)
    return tuple(f"{site.name}_dim_{axis}" for axis in range(len(site.shape)))
