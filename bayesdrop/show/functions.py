"""A picture of what a prior over weights says of functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.model import Model
from bayesdrop.posterior.export.prior_draws import prior_values
from bayesdrop.show.style import OKABE_ITO, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 4
_X = np.linspace(-2, 2, 201)


def prior_functions(
    models: Mapping[str, Model], lines: int = 10, draws: int = 500, seed: int = 0
) -> Figure:
    """Draw functions f(x) of one standardised input from the prior, one panel per model.

    Some draws are thin lines; the bands hold the central 50 % and 90 % of f(x) at each x. The
    panels share their limits, which the widest 90 % bands of heavy-tailed priors may leave.

    Parameters
    ----------
    models
        Label → model; at least one.
    lines
        How many draws to show as lines. Default 10.
    draws
        How many draws the bands are made of. Default 500.
    seed
        Seed of the draws. Default 0.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        A model takes images or sequences, which are no function of one input.
    """
    for name, model in models.items():
        if model.network.shares_weights:
            raise ValueError(
                f"{name}: {type(model.network).__name__} takes images or sequences, and this "
                "picture is of functions of one input. bd.show.prior_densities shows its prior"
            )
    rows = -(-len(models) // _COLUMNS)
    columns = -(-len(models) // rows)
    figure = new_figure(max(2.6 * columns + 0.6, 5.0), 2.4 * rows + 0.8)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    bands = []
    for axes, (name, model) in zip(panels.flat, models.items(), strict=False):
        f = prior_function_draws(model, _X, draws, seed)
        bands.append(np.quantile(f, [0.05, 0.25, 0.75, 0.95], axis=0))
        for low, high, shade in ((0, 3, 0.15), (1, 2, 0.3)):
            axes.fill_between(_X, bands[-1][low], bands[-1][high], color=OKABE_ITO[0], alpha=shade)
        axes.plot(_X, f[:lines].T, color="0.15", linewidth=0.7)
        axes.set_title(name, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels.flat[len(models) :]:
        axes.set_visible(False)
    for axes in panels.flat[len(models) - columns : len(models)]:
        axes.tick_params(labelbottom=True)
    widest = [float(np.abs(band).max()) for band in bands]
    limit = 1.2 * min(max(widest), 1.5 * float(np.median(widest)))
    for axes, reach in zip(panels.flat, widest, strict=False):
        if reach > limit:
            note = f"90 % band to ±{reach:.0f}"
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 2}
            axes.text(
                0.5, 0.04, note, ha="center", transform=axes.transAxes, fontsize=9, bbox=ground
            )
    panels[0, 0].set(xlim=(_X[0], _X[-1]), ylim=(-limit, limit))
    figure.supxlabel("x, standardised", fontsize=10)
    figure.supylabel("f(x), standardised", fontsize=10)
    title = f"Functions drawn from the prior: {lines} of {draws},\nwith 50 % and 90 % bands of all"
    figure.suptitle(title, fontsize=11)
    return figure


def prior_function_draws(
    model: Model, x: NDArray[np.float64], draws: int, seed: int = 0
) -> NDArray[np.float64]:
    """The network's first output at the points ``x`` (rows,), for weights and noise drawn from
    the prior: (draws, rows)."""
    bound = model.bind(1)
    values = prior_values(bound.sites, draws, np.random.default_rng(seed))
    return bound.output(values, x[:, None])[..., 0]
