"""
Dropout by numbers: seven statements, each with its check
=========================================================

What is said of dropout is easy to check. This page checks seven statements, from Srivastava et al.
(2014), Gal and Ghahramani (2016) and Goodfellow, Bengio and Courville (2016, section 7.11).
"""

import os

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
SPLITS, EPOCHS, MEMBERS = (2, 20, 4) if SMALL else (10, 1000, 20)

# %%
# 1 and 2. Where the noise is, and which
# --------------------------------------
#
# The network has two hidden layers of 50 units, and the data are those of 442 patients. Dropout
# comes after every hidden layer or before the last matrix alone. Gaussian noise of mean 1 has the
# variance of dropout that is scaled up by 1/keep (Srivastava et al. 2014, section 10).

keep = 0.9
bernoulli = bd.noise.Bernoulli(keep)
gaussian = bd.noise.Gaussian(scale=((1 - keep) / keep) ** 0.5, mean=1.0)
priors = {
    "Bernoulli, every layer": bd.PerLayer(hidden=bernoulli, last=bernoulli),
    "Bernoulli, last layer": bd.PerLayer(last=bernoulli),
    "Gaussian, every layer": bd.PerLayer(hidden=gaussian, last=gaussian),
    "Gaussian, last layer": bd.PerLayer(last=gaussian),
}
dataset = bd.load_dataset("diabetes")
splits = [dataset.split(k) for k in range(SPLITS)]
training = [(split.X_train, split.y_train) for split in splits]
method = bd.MCDropout(num_epochs=EPOCHS, num_passes=500)
nll, fitted = {}, {}
for name, noise in priors.items():
    model = bd.Model(bd.MLP((50, 50)), bd.ScaleMixture(unit=noise))
    fitted[name] = bd.fit_many(model, training, method, list(range(SPLITS)), progress=False)
    nll[name] = [
        bd.evaluate(post.predict(split.X_test), split.y_test)["nll"]
        for post, split in zip(fitted[name], splits, strict=True)
    ]
for name, each in nll.items():
    error = np.std(each, ddof=1) / np.sqrt(SPLITS)
    print(f"{name}: test NLL {np.mean(each):.3f} ± {error:.3f} (standard error of {SPLITS} splits)")

# %%
# The four means are within 0.01 nats of each other. On these data neither the place nor the kind of
# the noise matters.

# %%
# 3. Weight scaling is the mean of the passes, where the noise is last
# --------------------------------------------------------------------
#
# The output is linear in the last layer's noise. So its mean over passes is one pass with every
# noise at its mean. Behind a noise that passes through a ReLU the two differ.

counts = [10, 30, 100, 300, 1000, 3000] if not SMALL else [10, 30]
X = splits[0].X_test
gaps = {}
for name in ("Bernoulli, every layer", "Bernoulli, last layer"):
    post = fitted[name][0]
    passes = np.concatenate([post.predict(X, seed=s).draw_means for s in range(6)])
    one = post.predict(X, passes="mean").mean
    spread = passes.std(axis=0).mean()
    gaps[name] = [
        float(np.sqrt(np.mean((passes[:count].mean(0) - one) ** 2)) / spread) for count in counts
    ]

# %%
# 4. Inverted dropout is the same
# -------------------------------
#
# Inverted dropout divides what it keeps by the keep probability in training, and predicts with the
# weights as they are. Its weights are those of dropout times keep. Then a network without any noise
# gives what weight scaling gives.

post = fitted["Bernoulli, every layer"][0]
found, scaling = post.result.values, post.training.scaling
first, hidden, last = (found[name] for name in ("weight_0", "weight_1_base", "weight_2_base"))
h = np.maximum(scaling.inputs(X) @ first + found["bias_0"], 0)
h = np.maximum(h @ (keep * hidden) + found["bias_1"], 0)
f = (h @ (keep * last) + found["bias_2"])[:, 0]
without_noise = scaling.y_shift + scaling.y_scale * f
gap = np.max(abs(without_noise - post.predict(X, passes="mean").mean))
print(f"inverted dropout and weight scaling differ by {gap:.1e} at most")

# %%
# 5. The error of an ensemble
# ---------------------------
#
# The members' errors have the mean square v and the mean product c. The mean of k members has the
# mean squared error v/k + (k−1)c/k, on average over the choice of the k. More members help until
# c is left.

split = splits[0]
wide_prior = bd.Model(bd.MLP((50,)), bd.ScaleMixture(base_scale=1.0))
method = bd.DeepEnsemble(num_members=MEMBERS, num_steps=50 * EPOCHS // 20)
ensemble = bd.fit(wide_prior, split.X_train, split.y_train, method, progress=False)
errors = ensemble.predict(split.X_test).draw_means - split.y_test
products = errors @ errors.T / len(split.y_test)
v = np.trace(products) / MEMBERS
c = (products.sum() - np.trace(products)) / (MEMBERS * (MEMBERS - 1))
sizes = np.arange(1, MEMBERS + 1)
identity = v / sizes + (sizes - 1) * c / sizes
rng = np.random.default_rng(0)
subsets = [[rng.choice(MEMBERS, k, replace=False) for _ in range(2000)] for k in sizes]
measured = [np.mean([np.mean(errors[own].mean(0) ** 2) for own in chosen]) for chosen in subsets]

# %%
# 6. The KL divergence of dropout's posterior
# -------------------------------------------
#
# Gal and Ghahramani's posterior of a row of K weights is a mixture: N(m, s²) with probability π and
# N(0, s²) else. They put a sum in place of its KL divergence from the prior N(0, 1). That sum
# treats the two parts as if they did not overlap. With K they move apart, and the error vanishes.

pi, s, lengths = 0.8, 0.1, np.array([1, 2, 3, 5, 10, 20, 50, 100])
kl_gaps = []
for length in lengths:
    m = rng.normal(size=length) * 0.1
    draws = 20_000 if SMALL else 400_000
    on = rng.random(draws) < pi
    w = on[:, None] * m + s * rng.normal(size=(draws, length))
    parts = [norm.logpdf(w, m, s).sum(1) + np.log(pi), norm.logpdf(w, 0, s).sum(1) + np.log1p(-pi)]
    exact = np.mean(logsumexp(parts, axis=0) - norm.logpdf(w).sum(1))
    entropy = pi * np.log(pi) + (1 - pi) * np.log1p(-pi)
    approximation = 0.5 * pi * m @ m + length / 2 * (s**2 - np.log(s**2) - 1) + entropy
    kl_gaps.append(float(abs(approximation - exact)))

# %%
# 7. A wide layer is a Gaussian process
# -------------------------------------
#
# A layer of H random ReLU units estimates the kernel of its limit by an average over units. So its
# error falls as 1/√H. The limit is the arc-cosine kernel of Cho and Saul (2009).

widths = np.array([10, 30, 100, 300, 1000, 3000])
x, other = np.array([1.0, 0.3]), np.array([-0.4, 0.9])
angle = np.arccos(x @ other / np.linalg.norm(x) / np.linalg.norm(other))
size = np.linalg.norm(x) * np.linalg.norm(other)
limit = size * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
kernel_errors = []
for width in widths:
    first = rng.normal(size=(300, width, 2))
    units = np.maximum(first @ x, 0) * np.maximum(first @ other, 0)
    kernel_errors.append(float(np.sqrt(np.mean((units.mean(1) - limit) ** 2))))

# %%
# The pictures
# ------------

figure, axes = plt.subplots(2, 2, figsize=(9.5, 7), layout="constrained")
for name, each in gaps.items():
    axes[0, 0].loglog(counts, each, "o-", label=name)
axes[0, 0].loglog(counts, np.array(counts) ** -0.5, "k:", label="1/√passes")
axes[0, 0].set(xlabel="passes", ylabel="rms gap / sd of a pass", title="weight scaling")
axes[0, 1].plot(sizes, measured, "o", label="measured")
axes[0, 1].plot(sizes, identity, label="v/k + (k−1)c/k")
axes[0, 1].axhline(c, color="k", ls=":", label="c")
axes[0, 1].set(xlabel="members k", ylabel="mean squared error", title="ensemble")
axes[1, 0].semilogx(lengths, kl_gaps, "o-")
axes[1, 0].set(xlabel="length of a row K", ylabel="error (nats)", title="KL approximation")
axes[1, 1].loglog(widths, kernel_errors, "o", label="error of the kernel")
axes[1, 1].loglog(widths, kernel_errors[0] * (widths / widths[0]) ** -0.5, "k:", label="∝ 1/√H")
axes[1, 1].set(xlabel="units H", ylabel="rms error", title="wide layer")
for ax in (axes[0, 0], axes[0, 1], axes[1, 1]):
    ax.legend(frameon=False)

slope = np.polyfit(np.log(widths), np.log(kernel_errors), 1)[0]
numbers = {
    "nll": nll,
    "weight scaling gaps": gaps,
    "inverted dropout gap": float(gap),
    "ensemble identity": identity.tolist(),
    "ensemble measured": [float(each) for each in measured],
    "kl gaps": kl_gaps,
    "kernel slope": float(slope),
}
