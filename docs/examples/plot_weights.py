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
from bayesdrop.posterior.weights import mean_weights

SMALL = "BAYESDROP_SMALL" in os.environ
SEEDS, EPOCHS = (range(1), 20) if SMALL else (range(2), 4500)

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
#
# The committed picture is of a run before weights were divided by σ₀. Its colours of dropout are
# therefore 1/√50 of what the script draws now. The three other panels are as they were.

figure = bd.show.posterior_weights(
    {name: own[0] for name, own in fits.items()}, average="weights", log=True
)

# %%
# The structure in numbers
# ------------------------
#
# The norm of the matrix says how far all of it has shrunk. The dispersion of the rows' norms, their
# standard deviation over their mean, says how much the rows differ.
#
# ADD shrinks the matrix to a third of ARD's norm, and ARD-ADD to a quarter. A few rows stand out in
# all three, and most under ARD. We had expected that rows differ far less under ADD, whose prior
# treats them alike, and they don't. These numbers are of the weights as they are. So the norm of
# dropout is to be multiplied by √50 before it is compared with the others.

numbers = {}
for name, own in fits.items():
    rows = [np.linalg.norm(mean_weights(post, 1), axis=1) for post in own]
    numbers[name] = {
        "norm": [float(np.linalg.norm(each)) for each in rows],
        "dispersion": [float(each.std() / each.mean()) for each in rows],
    }
    print(f"{name}: " + ", ".join(f"{k} {np.round(v, 2)}" for k, v in numbers[name].items()))
