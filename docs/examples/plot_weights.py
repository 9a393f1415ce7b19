"""
What shares a scale: the weights of ARD, ADD and ARD-ADD
========================================================

The structure of the prior says which weights shrink together. Under ARD the weights that leave a
unit share a scale, so rows of the matrix stay or go. Under ADD a residual block shares one, so the
whole matrix shrinks. ARD-ADD has both (Nalisnick, Hernández-Lobato and Smyth 2019, figure 3).

Units can trade places without a change of the function. A picture of weights needs one labelling
of them, and variational EM has one. It shows the size of the posterior means. The mean of the sizes
would show the prior's spread instead, which is nearly uniform.

Models differ in their prior's base scale σ₀, the standard deviation of a weight without noise. So
the picture shows weights over σ₀, and its panels compare.
"""

import os
from dataclasses import replace

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.posterior.weights import base_scale, mean_weights

SMALL = "BAYESDROP_SMALL" in os.environ
SEEDS, EPOCHS = (range(1), 20) if SMALL else (range(3), 4500)

# %%
# The fits
# --------
#
# The data are the yacht hydrodynamics of UCI (`bayesdrop data get uci`). The network has two hidden
# layers of 50 units with a skip, so there is one matrix from hidden units to hidden units. Models
# and method are those of the paper's released code: see `models/released_ard.py` and
# `inference/released_em.py`.

split = bd.load_dataset("diabetes" if SMALL else "yacht").split(0)
em = replace(catalog.load("inference", "released_em").value, num_epochs=EPOCHS)
models = {
    name: catalog.load("models", f"released_{name.lower().replace('-', '_')}").value
    for name in ("ARD", "ADD", "ARD-ADD")
}
fitted = {name: (model, em) for name, model in models.items()}
with_dropout = replace(models["ARD"], prior=bd.ARD(bd.noise.Bernoulli(keep=0.95)))
fitted["dropout"] = with_dropout, bd.MCDropout(num_epochs=EPOCHS // 4)
fits = {
    name: [
        bd.fit(model, split.X_train, split.y_train, method, seed, progress=False) for seed in SEEDS
    ]
    for name, (model, method) in fitted.items()
}

# %%
# The picture
# -----------
#
# A row holds the weights that leave a unit. Rows are sorted by their norm. The colour is the size
# of the posterior mean over σ₀, on one logarithmic scale for all panels. σ₀ is 1 for the three
# models of the paper's code, and 1/√50 for dropout.

figure = bd.show.posterior_weights(
    {name: own[0] for name, own in fits.items()}, average="weights", log=True
)
for axes, (name, own) in zip(figure.axes, fits.items(), strict=False):
    axes.set_title(f"{name}, {type(own[0].inference).__name__}")

# %%
# The structure in numbers
# ------------------------
#
# The weights are over σ₀ here too. The norm of the matrix says how far all of it has shrunk. The
# dispersion of the rows' norms, their standard deviation over their mean, says how much the rows
# differ. So does the share of the squared norm that the largest tenth of the rows has. For
# comparison, the weights of the matrix are also shuffled: then no row is special.


def top_tenth(weights: np.ndarray) -> float:
    """The share of the squared norm in the tenth of the rows that has most of it."""
    squares = np.sort(np.sum(weights**2, 1))[::-1]
    return float(squares[: len(squares) // 10].sum() / squares.sum())


rng = np.random.default_rng(0)
numbers = {}
for name, own in fits.items():
    matrices = [mean_weights(post, 1) / base_scale(post, 1) for post in own]
    rows = [np.linalg.norm(weights, axis=1) for weights in matrices]
    shuffled = [rng.permutation(weights.ravel()).reshape(weights.shape) for weights in matrices]
    numbers[name] = {
        "norm": [float(np.linalg.norm(each)) for each in rows],
        "dispersion": [float(each.std() / each.mean()) for each in rows],
        "top tenth": [top_tenth(weights) for weights in matrices],
        "top tenth, shuffled": [top_tenth(weights) for weights in shuffled],
    }
    print(f"{name}: " + ", ".join(f"{k} {np.round(v, 2)}" for k, v in numbers[name].items()))

# %%
# These are means over three seeds.
#
# ========  ====  ==========  =========  ===================
# prior     norm  dispersion  top tenth  top tenth, shuffled
# ========  ====  ==========  =========  ===================
# ARD       8.5   1.91        .92        .39
# ADD       2.2   1.15        .80        .33
# ARD-ADD   1.6   1.01        .74        .46
# dropout   5.3   1.03        .51        .18
# ========  ====  ==========  =========  ===================
#
# ADD shrinks the whole matrix, to a quarter of ARD's norm. ARD-ADD shrinks it to a fifth, and some
# rows stand out in what is left. Under ARD a tenth of the rows has nearly all of the norm. Dropout
# has such rows too, and a smaller norm than ARD.
#
# Four expectations failed. Rows stand out under ADD as well, though its prior treats them alike,
# and they do so more than under ARD-ADD. By the dispersion only ARD differs from the others. In one
# of the three fits of ARD-ADD the share of the largest rows is not one and a half times that of
# shuffled weights: single large weights are in it. And the paper's poster says that dropout shrinks
# all weights strongly. Its norm is more than three times that of ARD-ADD.
