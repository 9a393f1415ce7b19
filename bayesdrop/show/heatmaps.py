"""A picture of fitted weights: heat maps of the hidden-to-hidden matrices, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.weights import (
    base_scale,
    hidden_matrices,
    mean_absolute_weights,
    mean_weights,
)
from bayesdrop.show.style import colour_map, new_figure
from bayesdrop.wording import unknown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Order = Literal["norm", "none"]
Average = Literal["magnitudes", "weights"]
_CLIP = 0.995  # quantile of all that is shown
_DEPTH = 1000  # the largest over the smallest colour of a logarithmic scale


def posterior_weights(
    posteriors: Mapping[str, Posterior],
    order: Order = "norm",
    chain: int | None = None,
    seed: int = 0,
    average: Average = "magnitudes",
    log: bool = False,
) -> Figure:
    """Draw fitted hidden-to-hidden weights, noise multiplied in: a column is a fit, a row a matrix.

    All panels have one colour scale. Each matrix is divided by σ₀, the base scale of its prior. So
    1 is the prior's standard deviation without noise, whatever the width of a network and the base
    scale of a model are.

    Row i of a matrix holds the weights that leave unit i. Hidden units are exchangeable, so rows
    are sorted by their norm unless ``order="none"``; for the same reason chains may disagree on
    which unit is which, and ``chain`` looks at one alone. The scale is clipped at the 99.5 %
    quantile of all that is shown, and a logarithmic one begins at a thousandth of that. Weights
    are those of the standardised data.

    Posterior spread counts in E |w|: weights about which the data say little are as large as their
    prior, and the point weights of MC dropout, which have no spread, are smaller. In |E w| such
    weights are small. It takes one labelling of the units: variational EM has one, and a chain.

    Parameters
    ----------
    posteriors
        Label → fit; at least one.
    order
        ``"norm"`` (default): the rows of largest norm on top; ``"none"``: as in the model.
    chain
        Number of a chain; default ``None``: the mean over all.
    seed
        Seed of the noise, where the method draws it in every pass (MC dropout). Default 0.
    average
        ``"magnitudes"`` (default) shows E |w|, ``"weights"`` shows |E w|.
    log
        Whether the colours are on a logarithmic scale. Default ``False``.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        A fit has no hidden-to-hidden matrix or no such chain, or the order or the average is
        unknown.
    """
    if order not in ("norm", "none"):
        raise ValueError(unknown("order", order, ("norm", "none")))
    if average not in ("magnitudes", "weights"):
        raise ValueError(unknown("average", average, ("magnitudes", "weights")))
    for label, posterior in posteriors.items():
        if not hidden_matrices(posterior):
            raise ValueError(
                f"{label} has no hidden-to-hidden matrix: {posterior.model.network} has one hidden "
                "layer at most; fit a model of two or more, such as student_t_ard"
            )
    maps = {
        label: [
            _sorted(_averaged(posterior, layer, seed, chain, average), order)
            for layer in hidden_matrices(posterior)
        ]
        for label, posterior in posteriors.items()
    }
    largest = np.quantile(np.concatenate([m.ravel() for ms in maps.values() for m in ms]), _CLIP)

    from matplotlib.colors import LogNorm, Normalize

    deepest = max(map(len, maps.values()))
    figure = new_figure(2.2 * len(maps) + 1.3, 2.1 * deepest + 1.2)
    panels = figure.subplots(deepest, len(maps), squeeze=False)
    image: Any = None
    for column, (label, matrices) in enumerate(maps.items()):
        for axes in panels[len(matrices) :, column]:
            axes.set_visible(False)
        for row, matrix in enumerate(matrices):
            axes = panels[row, column]
            image = axes.imshow(
                matrix,
                cmap=colour_map(),
                norm=LogNorm(largest / _DEPTH, largest, clip=True)
                if log
                else Normalize(0, largest),
                interpolation="nearest",
                aspect="auto",
            )
            axes.set(xticks=[], yticks=[])
            axes.set_xlabel(f"W{row + 1}: to {matrix.shape[1]} units", fontsize=8)
        fitted = posteriors[label]
        method = type(fitted.inference).__name__
        panels[0, column].set_title(
            f"{label}\n{fitted.model.prior.structure}\n× {method}", fontsize=9
        )
    rows = "units, sorted by row norm" if order == "norm" else "units, in the model's order"
    for row, axes in enumerate(panels[:, 0]):
        if axes.get_visible():
            axes.set_ylabel(f"from {len(maps[next(iter(maps))][row])} {rows}", fontsize=8)
    bar = figure.colorbar(image, ax=panels, extend="max", shrink=0.7, aspect=30)
    means = {"magnitudes": "posterior mean of |w|", "weights": "|posterior mean of w|"}
    bar.set_label(f"{means[average]} / σ₀")
    figure.suptitle("Weights over their base scale σ₀", fontsize=11)
    return figure


def _averaged(
    posterior: Posterior, layer: int, seed: int, chain: int | None, average: Average
) -> NDArray[np.float64]:
    mean = mean_absolute_weights if average == "magnitudes" else mean_weights
    return np.abs(mean(posterior, layer, seed, chain)) / base_scale(posterior, layer)


def _sorted(matrix: NDArray[np.float64], order: Order) -> NDArray[np.float64]:
    if order == "none":
        return matrix
    return matrix[np.argsort(-np.linalg.norm(matrix, axis=1), kind="stable")]
