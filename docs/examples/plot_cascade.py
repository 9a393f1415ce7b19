"""
A cascade: ask the slow network only where the fast one is unsure
=================================================================

A small network reads most digits well and at once. LeNet with a hundred passes reads them better,
at hundreds of times the cost. A cascade sends on the digits of which the small network is unsure.
How much of LeNet's accuracy remains at what share of its cost? Viola and Jones (2001) made cascades
of detectors of faces, and Wang et al. (2018, "IDK cascades") of networks.
"""

import os
import time

import matplotlib.pyplot as plt
import numpy as np

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
EPOCHS, ROWS, TESTED = (2, 400, 100) if SMALL else (20, 4000, 1000)
DECAY = 2.5e-4  # of LeNet's published solver

# %%
# The two networks
# ----------------

split = bd.load_dataset("mnist_5k").split(0)
X, y = split.X_train[:ROWS], split.y_train[:ROWS]
X_test, y_test = split.X_test[:TESTED], split.y_test[:TESTED]
dropout = bd.ScaleMixture(unit=bd.PerLayer(last=bd.noise.Bernoulli(keep=0.5)))


def flat(images: np.ndarray) -> np.ndarray:
    """Images as rows of pixels."""
    return images.reshape(len(images), -1)


small = bd.Model(bd.MLP((30,)), dropout, bd.Categorical(10))
lenet = bd.Model(bd.ConvNet(), dropout, bd.Categorical(10))
one_pass = bd.MCDropout(num_epochs=EPOCHS, batch_size=64, passes="mean", weight_decay=DECAY)
many = bd.MCDropout(num_epochs=EPOCHS, batch_size=64, num_passes=100, weight_decay=DECAY)
fast = bd.fit(small, flat(X), y, one_pass, progress=False)
slow = bd.fit(lenet, X, y, many, progress=False)


def timed(post: bd.Posterior, rows: np.ndarray) -> tuple[bd.Predictive, float]:
    """A prediction, and the milliseconds that a row took."""
    post.predict(rows[:2])
    clock = time.perf_counter()
    pred = post.predict(rows)
    return pred, 1e3 * (time.perf_counter() - clock) / len(rows)


of_fast, fast_cost = timed(fast, flat(X_test))
of_slow, slow_cost = timed(slow, X_test)

# %%
# The cascade
# -----------
#
# The least sure digits are sent on first. For comparison as many are sent on at random.


def accuracies(order: np.ndarray) -> np.ndarray:
    """The cascade's accuracy when 0, 1, … digits are sent on in that order."""
    gain = (of_slow.predicted_class == y_test).astype(float)
    gain -= of_fast.predicted_class == y_test
    start = np.mean(of_fast.predicted_class == y_test)
    return start + np.concatenate([[0.0], np.cumsum(gain[order])]) / len(y_test)


unsure = accuracies(np.argsort(-of_fast.entropy))
rng = np.random.default_rng(0)
at_random = np.mean([accuracies(rng.permutation(len(y_test))) for _ in range(200)], axis=0)
share = np.linspace(0, 1, len(y_test) + 1)

figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
ax.plot(share, unsure, label="the unsure are sent on")
ax.plot(share, at_random, ":", label="as many at random")
ax.axhline(unsure[-1], color="k", lw=0.8, label="LeNet alone")
ax.set(xlabel="share of digits that LeNet reads", ylabel="test accuracy")
ax.legend(frameon=False, loc="lower right")
of_share = lambda share: fast_cost + share * slow_cost  # noqa: E731
of_cost = lambda cost: (cost - fast_cost) / slow_cost  # noqa: E731
ax.secondary_xaxis("top", functions=(of_share, of_cost)).set_xlabel("milliseconds per digit")

# %%
# A fifth of the digits buys three quarters of the gain. The rest comes slowly: we had expected that
# two digits of five are enough for LeNet's accuracy less 0.5 %, and it takes more than half. The
# small network is sure of some of its errors.

nearly = int(np.argmax(unsure >= unsure[-1] - 0.005))
numbers = {
    "accuracy of the small network": float(unsure[0]),
    "accuracy of LeNet": float(unsure[-1]),
    "share for LeNet's accuracy less 0.5 %": float(share[nearly]),
    "milliseconds per digit": {"small": fast_cost, "LeNet": slow_cost},
    "accuracy with a fifth sent on": float(unsure[len(y_test) // 5]),
    "accuracy with a fifth sent on at random": float(at_random[len(y_test) // 5]),
}
for name, found in numbers.items():
    print(f"{name}: {found}")
print(
    f"a digit costs {of_share(share[nearly]):.2f} ms at that share, LeNet alone {slow_cost:.2f} ms"
)
