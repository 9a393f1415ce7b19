"""
Beyond the data: CO2 under ReLU and under tanh
==============================================

How sure is a network of what lies far from its data? Gal and Ghahramani (2016, section 5.1) ask it
on the CO2 in the air above Mauna Loa. Standard dropout scales its weights and gives one curve,
which is wrong without any sign of it. MC dropout gives a spread, and the spread depends on the
non-linearity: it grows without end under ReLU, and it stays bounded under tanh.

The networks are those of the paper: four hidden layers of 1024 units, dropout of p = 0.2 after
each. Training ends with the year 1993, and the picture goes on to 2040.
"""

import os

import matplotlib.pyplot as plt
import numpy as np

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
SEEDS = range(2 if SMALL else 5)
WIDTH, EPOCHS, PASSES = (32, 20, 50) if SMALL else (1024, 150, 200)

# %%
# The data
# --------
#
# Every eighth week of the training rows is enough to show the season. The mean is stated for one
# time in the year, so that the season does not hide the trend.

split = bd.load_dataset("co2").split(0)
X, y = split.X_train[::8], split.y_train[::8]
years = np.linspace(1958.25, 2040.25, 83)[:, None]
inside = years[:, 0] <= X.max()

# %%
# Five networks of each non-linearity
# -----------------------------------
#
# The five differ in their seed alone, and they are trained together. The weight decay is that of
# the paper. A first full run had the weight decay that belongs to the prior. It left constants: the
# spread grew under neither non-linearity, and under tanh there was none.

method = bd.MCDropout(num_epochs=EPOCHS, batch_size=64, num_passes=PASSES, weight_decay=1e-6)
dropout = bd.noise.Bernoulli(keep=0.8)
prior = bd.ScaleMixture(unit=bd.PerLayer(hidden=dropout, last=dropout))
fits = {}
for activation in ("relu", "tanh"):
    model = bd.Model(bd.MLP((WIDTH,) * 4, activation), prior)
    data = [(X, y)] * len(SEEDS)
    fits[activation] = bd.fit_many(model, data, method, list(SEEDS), progress=False)
mc_dropout = {name: [post.predict(years) for post in own] for name, own in fits.items()}
standard = {name: own[0].predict(years, passes="mean") for name, own in fits.items()}

# %%
# Gaussian processes for comparison
# ---------------------------------
#
# One has the usual squared exponential kernel. The two others are the limits of the networks
# themselves, with infinitely many units and without dropout.

plain = {name: bd.Model(bd.MLP((WIDTH,) * 4, name)) for name in ("relu", "tanh")}
gp = bd.fit(plain["relu"], X, y, bd.GP(), progress=False).predict(years)
limit = {
    name: bd.fit(model, X, y, bd.NNGP(), progress=False).predict(years)
    for name, model in plain.items()
}

# %%
# The curves
# ----------

panels = {
    "MC dropout, ReLU": mc_dropout["relu"][0],
    "infinite network, ReLU": limit["relu"],
    "GP, squared exponential": gp,
    "MC dropout, tanh": mc_dropout["tanh"][0],
    "infinite network, tanh": limit["tanh"],
}
figure, axes = plt.subplots(2, 3, figsize=(11, 6), sharex=True, sharey=True, layout="constrained")
for ax, (title, pred) in zip(axes.flat, panels.items(), strict=False):
    low, high = pred.mean - 2 * pred.epistemic_std, pred.mean + 2 * pred.epistemic_std
    ax.fill_between(years[:, 0], low, high, alpha=0.3, lw=0, label="±2 sd of f")
    ax.plot(years[:, 0], pred.mean, label="mean")
    ax.plot(X[:, 0], y, ".", color="0.2", ms=2, label="training weeks")
    ax.plot(split.X_test[::8, 0], split.y_test[::8], ".", color="C3", ms=2, label="later weeks")
    ax.set(title=title, ylim=(280, 520))
for name, ax in zip(("relu", "tanh"), axes[:, 0], strict=True):
    ax.plot(years[:, 0], standard[name].mean, "--", color="C1", label="standard dropout")
axes[0, 0].legend(frameon=False, fontsize=8, loc="upper left")
axes[1, 2].set_axis_off()
axes[0, 2].tick_params(labelbottom=True)
figure.supylabel("CO2 (ppm)")
figure.supxlabel("year")

# %%
# How the spread grows
# --------------------
#
# The sd of f is divided by its mean over the training years. A line is a seed.

figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
growth = {
    name: np.array([p.epistemic_std / p.epistemic_std[inside].mean() for p in own])
    for name, own in mc_dropout.items()
}
infinite = {name: p.epistemic_std / p.epistemic_std[inside].mean() for name, p in limit.items()}
for color, name, title in (("C0", "relu", "ReLU"), ("C1", "tanh", "tanh")):
    own = growth[name]
    ax.plot(years[:, 0], own.T, color=color, lw=1, label=[title, *[None] * (len(own) - 1)])
    ax.plot(years[:, 0], infinite[name], color=color, ls=":", label=f"{title}, infinite network")
ax.axvline(X.max(), color="0.6", lw=0.8)
ax.set(xlabel="year", ylabel="sd of f / its mean in the training years", yscale="log")
ax.legend(frameon=False)

# %%
# Is it realistic to change the non-linearity?
# --------------------------------------------
#
# It changes the prior over functions, and far from the data the prior is all there is. Under ReLU
# the kernel of the infinite network grows with the square of the distance, so the sd of f grows
# in proportion to it. Under tanh every unit saturates. The kernel tends to a constant, slowly,
# and so does the sd. In 2040 the sd of the infinite network is 32 times its mean in the training
# years under ReLU, and 5 times under tanh. Neither is the squared exponential, whose sd goes back
# to the prior's within a length scale. Whoever changes the non-linearity for a better fit also
# changes the extrapolation.
#
# Neither extrapolation is a forecast. From 1994 to 2001 CO2 went on to rise. The tanh networks stop
# rising, and the later weeks lie far above their bands. The ReLU networks of MC dropout rise too
# fast. Their mean is above the last training weeks already, and the later weeks lie below it.
# Standard dropout has no band. Its mean is theirs under ReLU, and slightly above theirs under tanh.

at = {year: int(np.argmin(abs(years[:, 0] - year))) for year in (2000, 2020, 2040)}
numbers = {
    f"{name}, {year}": own[:, index].tolist()
    for name, own in growth.items()
    for year, index in at.items()
}
numbers |= {f"{name}, infinite, 2040": [float(own[at[2040]])] for name, own in infinite.items()}
for label, each in numbers.items():
    print(f"{label}: sd over its mean in the training years", np.round(each, 1))
