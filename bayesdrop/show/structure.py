"""A picture of the prior's structure: weight matrices drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop.model import Model
from bayesdrop.prior import STRUCTURES, Sharing
from bayesdrop.show.matrices import draw_matrix, noisiest
from bayesdrop.show.style import colour_map, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EFFECT: dict[Sharing, str] = {
    "unit": "rows shrink together",
    "layer": "the layer shrinks whole",
    "weight": "each weight alone",
    "group": "groups shrink together",
    "bias": "each bias alone",
}
_CLIP = 4.0  # base scales


def prior_matrices(
    models: Mapping[str, Model],
    draws: int = 3,
    n_features: int | tuple[int, ...] = 10,
    seed: int = 0,
) -> Figure:
    """Draw weight matrices of the prior: a row per model, a column per independent draw.

    They show |w|/σ₀ of the first hidden-to-hidden matrix, or else of the first with noise, in one
    colour scale clipped at 4. Row i of a matrix holds the weights that leave unit i, or channel i.

    Parameters
    ----------
    models
        Label → model; at least one.
    draws
        Matrices per model. Default 3.
    n_features
        Features of the data, or the shape of a row: (height, width, channels) or (time, features).
        Default 10.
    seed
        Seed of the draws. Default 0.

    Returns
    -------
    figure
        A matplotlib figure; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        A model can't take rows of that shape.
    """
    figure = new_figure(2.5 * draws + 1.2, 1.8 * len(models) + 0.5)
    panels = figure.subplots(len(models), draws, squeeze=False)
    image: Any = None
    for row, (name, model) in zip(panels, models.items(), strict=True):
        layer = _shown_layer(model)
        matrices = np.abs(draw_matrix(model, layer, n_features, draws, seed))
        for axes, matrix in zip(row, matrices, strict=True):
            image = axes.imshow(
                matrix,
                vmin=0,
                vmax=_CLIP,
                cmap=colour_map(),
                aspect="auto",
                interpolation="nearest",
            )
            axes.set(xticks=[], yticks=[])
        fan_in, fan_out = matrices.shape[1:]
        row[0].set_ylabel(f"{fan_in} units", fontsize=8)
        row[0].set_xlabel(f"to {fan_out} units", fontsize=8)
        row[0].set_title(f"{name}: {_effect(model, layer)}", loc="left", fontsize=10)
    bar = figure.colorbar(image, ax=panels, extend="max", shrink=1 if len(models) < 3 else 0.5)
    bar.set_label(f"|w| / σ₀, clipped at {_CLIP:g}")
    figure.suptitle(f"{draws} draws of a weight matrix from the prior", fontsize=11)
    return figure


def _shown_layer(model: Model) -> int:
    return 1 if len(model.network.residual) > 2 else noisiest(model)


def _effect(model: Model, layer: int) -> str:
    """The structure of that matrix by name, and what it does."""
    present: list[Sharing] = [
        noise.sharing for noise in model.noises_of(layer) if noise.sharing is not None
    ]
    if not present:
        return "no noise, no structure"
    structure = "-".join(STRUCTURES[sharing] for sharing in present)
    return f"{structure}, {' and '.join(_EFFECT[sharing] for sharing in present)}"
