"""A picture of whether training converged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop.posterior.posterior import Posterior
from bayesdrop.show.style import line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WINDOWS = 50  # a run is smoothed over windows of this share of it
_POINTS = 2000  # of a line, at most


def loss(posteriors: Mapping[str, Posterior]) -> Figure:
    """Draw the loss over training, pale as it was and dark as a running mean.

    The mean is over a fiftieth of the run. The vertical axis covers the smoothed losses after the
    first tenth of each run, so that a curve that still falls at the end looks so. Losses of methods
    with different objectives can't be compared: minus the ELBO is one, the penalised error of MC
    dropout another.

    Parameters
    ----------
    posteriors
        Label → fit by a method that optimises.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        A fit has no losses: a sampler's.
    """
    figure = new_figure(7.0, 4.2)
    axes: Any = figure.subplots()
    low, high = np.inf, -np.inf
    for index, (name, posterior) in enumerate(posteriors.items()):
        losses = np.asarray(posterior.fit.losses, dtype=np.float64)
        if not len(losses):
            method = type(posterior.inference).__name__
            raise ValueError(f"{name} has no losses: {method} optimises nothing. See diagnose()")
        window = max(1, len(losses) // _WINDOWS)
        smooth = np.convolve(losses, np.full(window, 1 / window), "valid")
        step = 1 + np.arange(len(losses))
        thin = slice(None, None, -(-len(losses) // _POINTS))
        style = line_style(index)
        axes.plot(step[thin], losses[thin], color=style["color"], alpha=0.25, linewidth=0.7)
        axes.plot(step[window - 1 :][thin], smooth[thin], label=name, linewidth=1.6, **style)
        settled = smooth[len(smooth) // 10 :]
        low, high = min(low, settled.min()), max(high, settled.max())
    margin = 0.05 * (high - low) or 1.0
    axes.set(ylim=(low - margin, high + margin), xlabel="step", ylabel="loss")
    axes.legend(frameon=False)
    axes.grid(color="0.93")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Loss over training, raw and smoothed", fontsize=11)
    return figure
