"""A picture of marginal weight priors: their peaks and their tails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.show.marginal import log_marginal, point_mass, quantiles_of_size
from bayesdrop.show.matrices import noises, noisiest
from bayesdrop.show.models import short
from bayesdrop.show.style import line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PEAK = 0.025  # the axis reaches what densities are at this share of its half-width from 0
_TAIL = (0.05, 100.0)
_LOWEST = 1e-7


def prior_densities(models: Mapping[str, Model]) -> Figure:
    """Draw the marginal prior density of a weight beside its tails on logarithmic axes.

    The weight is one of the first of the matrices with the most noises on a weight (for ARD-ADD,
    hidden-to-hidden), in units of its base scale σ₀; N(0, 1) is dashed. Several noises on one
    weight have no closed form: their density is :func:`bayesdrop.show.marginal.log_marginal`, by
    quadrature. Models with the same noises share a line. A point mass at 0 (Bernoulli noise) is an
    arrow, with its mass in the legend. Peaks that are infinite or very high leave the axis.

    Parameters
    ----------
    models
        Label → model; at least one.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.
    """
    grouped: dict[tuple[Noise, ...], list[str]] = {}
    for name, model in models.items():
        grouped.setdefault(noises(model, noisiest(model)), []).append(name)
    shown = (*grouped, ())
    reach = 5 * max(float(quantiles_of_size(on_it, 0.5)) for on_it in shown)
    height = 1.15 * max(float(_density(on_it, _PEAK * reach)) for on_it in shown)

    figure = new_figure(10, 4.6 + 0.22 * ((len(grouped) + 2) // 2))
    peaks, tails = figure.subplots(1, 2)
    for index, (on_it, names) in enumerate(grouped.items()):
        style = line_style(index) | {"label": _label(on_it, names), "linewidth": 1.8}
        _draw(peaks, tails, on_it, reach, style)
        if point_mass(on_it):
            _draw_point_mass(peaks, height * (0.93 - 0.06 * index), style["color"])
    reference = {"color": "0.25", "linestyle": (0, (4, 3)), "linewidth": 1.2, "zorder": 3}
    _draw(peaks, tails, (), reach, reference | {"label": "N(0, 1)"})

    peaks.set(xlim=(-reach, reach), ylim=(0, height), xlabel="w / σ₀", ylabel="prior density")
    peaks.set_title("around 0", fontsize=10)
    tails.set(xscale="log", yscale="log", xlim=_TAIL, ylim=(_LOWEST, 2 * height), xlabel="|w| / σ₀")
    tails.set_title("tails, both axes logarithmic", fontsize=10)
    for axes in (peaks, tails):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.93")
        axes.set_axisbelow(True)
    handles, labels = peaks.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    figure.suptitle("Marginal prior of one weight, in units of its base scale σ₀", fontsize=11)
    return figure


def _density(on_it: tuple[Noise, ...], w: Any) -> Any:
    return np.exp(log_marginal(on_it, w))


def _draw(peaks: Any, tails: Any, on_it: tuple[Noise, ...], reach: float, style: Any) -> None:
    half = np.geomspace(1e-4, reach, 300)
    w = np.concatenate([-half[::-1], half])
    peaks.plot(w, np.concatenate([(p := _density(on_it, half))[::-1], p]), **style)
    size = np.geomspace(*_TAIL, 300)
    tails.plot(size, _density(on_it, size), **style)


def _draw_point_mass(axes: Any, height: float, colour: str) -> None:
    axes.annotate(
        "",
        xy=(0, height),
        xytext=(0, 0),
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8},
    )


def _label(on_it: tuple[Noise, ...], names: list[str]) -> str:
    words = " × ".join(map(short, on_it)) or "normal"
    if len(on_it) == 1 and not on_it[0].free and on_it[0].induced_prior != "numerical":
        words = on_it[0].induced_prior
    mass = point_mass(on_it)
    arrow = f"; ↑ mass {mass:.3g} at exactly 0" if mass else ""
    return f"{', '.join(names)}: {words}{arrow}"
