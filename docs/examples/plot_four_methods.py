"""
One model, four methods
=======================

Four methods fit the same network to the same twenty points. What differs between the panels is the
inference alone. The data are like the toy problem of Hernández-Lobato and Adams (2015), y = x³ with
noise of standard deviation 3. There are no points between −2 and 2, and none beyond ±4. A method
that knows that it has seen nothing there widens its dark band.
"""

import os

import numpy as np

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
STEPS, EPOCHS, DRAWS = (200, 20, 20) if SMALL else (10_000, 2000, 300)

# %%
# The data
# --------
#
# The function is known here, so that every method can be scored among the points and in the gap
# between them.

rng = np.random.default_rng(0)


def sample(low, high, size):
    x = rng.uniform(low, high, size) * rng.choice([-1, 1], size)
    return x[:, None], x**3 + 3 * rng.normal(size=size)


X, y = sample(2, 4, 20)
tests = {"among the points": sample(2, 4, 1000), "in the gap": sample(0, 2, 1000)}

# %%
# The model
# ---------
#
# It has one hidden layer of 50 units, and Gaussian dropout multiplies each of them. The noise has
# mean 1 and the variance of dropout that keeps nine units of ten. PyTorch runs MC dropout, and
# NumPyro and JAX run the others.

noise = bd.noise.Gaussian(scale=(0.1 / 0.9) ** 0.5, mean=1.0)
model = bd.Model(bd.MLP((50,), "relu"), bd.ScaleMixture(unit=bd.PerLayer(last=noise)))
methods = {
    "MC dropout": bd.MCDropout(num_epochs=EPOCHS, learning_rate=0.01, num_passes=DRAWS),
    "SVI": bd.SVI(num_steps=STEPS, num_samples=DRAWS),
    "Deep ensemble": bd.DeepEnsemble(num_steps=STEPS),
    "NUTS": bd.NUTS(num_warmup=DRAWS, num_samples=DRAWS, num_chains=2),
}

# %%
# The fits
# --------

grid = np.linspace(-6, 6, 121)[:, None]
bands, numbers = {}, {}
for name, method in methods.items():
    post = bd.fit(model, X, y, method, progress=False)
    bands[name] = post.predict(grid)
    numbers[name] = {"verdict": post.diagnose().summary}
    for where, (rows, target) in tests.items():
        pred = post.predict(rows)
        scores = bd.evaluate(pred, target)
        numbers[name][where] = {key: scores[key] for key in ("rmse", "nll", "coverage_90")}
        numbers[name][where]["sd of f"] = float(pred.epistemic_std.mean())
    print(name, numbers[name])

# %%
# The picture
# -----------
#
# The dashed line is the function that the points come from.

figure = bd.show.bands(grid[:, 0], bands, X[:, 0], y)
for axes in figure.axes:
    if axes.get_visible():
        axes.plot(grid[:, 0], grid[:, 0] ** 3, "--", color="0.4", lw=1, label="x³")
        axes.set_ylim(-150, 150)
figure.axes[0].legend(frameon=False, fontsize=8)
figure.supxlabel("x")
figure.supylabel("y")

# %%
# What it shows
# -------------
#
# NUTS bends with the points, and its band is twice as wide in the gap as among them. The three
# others find a noise that is too large, and then a line is enough. MC dropout keeps the band that
# its noise gives it everywhere. The members of the ensemble end at the same line, so there is
# nothing between them. Mean-field SVI falls back to its prior, as it is known to do for a wide
# network and few points (Coker et al. 2022). None of the four knows that y goes on as x³ beyond the
# points: the network is linear there.
