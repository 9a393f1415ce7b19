"""
Referral: leave the uncertain tumours to a doctor
=================================================

A model of breast tumours need not decide on all of them. It can refer those of which it is unsure.
How many errors are left, and how many tumours are referred? One model is fitted by three methods.
Their uncertainty is the entropy of the prediction (Leibig et al. 2017).
"""

import os

import matplotlib.pyplot as plt
import numpy as np

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
SPLITS, EPOCHS, DRAWS = (2, 20, 20) if SMALL else (10, 500, 300)

# %%
# One model, three methods
# ------------------------
#
# The prior is Student's t with one scale for each feature and unit. NUTS samples its posterior, MC
# dropout keeps its noise on, and the ensemble has five modes.

model = bd.Model(bd.MLP((10,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)), bd.Bernoulli())
methods = {
    "NUTS": bd.NUTS(num_warmup=DRAWS, num_samples=DRAWS, num_chains=2, max_tree_depth=7),
    "MC dropout": bd.MCDropout(num_epochs=EPOCHS, num_passes=300),
    "deep ensemble": bd.DeepEnsemble(num_members=5, num_steps=4 * EPOCHS),
}
dataset = bd.load_dataset("breast_cancer")
splits = [dataset.split(k) for k in range(SPLITS)]
training = [(split.X_train, split.y_train) for split in splits]
predictions, verdicts = {}, {}
for name, method in methods.items():
    fits = bd.fit_many(model, training, method, list(range(SPLITS)), progress=False)
    verdicts[name] = [post.diagnose() for post in fits]
    predictions[name] = [
        post.predict(split.X_test) for post, split in zip(fits, splits, strict=True)
    ]

# %%
# Risk and coverage
# -----------------
#
# The risk is the share of errors among the tumours that the model decides on. A split has 57 test
# tumours, so the curves are means over splits, with their standard errors.

coverages = np.linspace(0.1, 1.0, 19)
risk = {
    name: np.array(
        [
            [bd.metrics.risk_at_coverage(pred, split.y_test, coverage) for coverage in coverages]
            for pred, split in zip(own, splits, strict=True)
        ]
    )
    for name, own in predictions.items()
}
figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
for shift, (name, own) in zip((-0.008, 0.0, 0.008), risk.items(), strict=True):
    error = own.std(axis=0, ddof=1) / np.sqrt(SPLITS)
    ax.errorbar(coverages + shift, own.mean(axis=0), error, marker="o", ms=3, capsize=2, label=name)
ax.set(xlabel="share of tumours that the model decides on", ylabel="share of errors among them")
ax.legend(frameon=False)

# %%
# In numbers
# ----------
#
# AURC is the area under the curve. Each method's is compared with that of NUTS on the same splits.

aurc = {
    name: np.array([bd.metrics.aurc(p, split.y_test) for p, split in zip(own, splits, strict=True)])
    for name, own in predictions.items()
}
numbers = {}
for name, own in risk.items():
    above = aurc[name] - aurc["NUTS"]
    numbers[name] = {
        "error of all": float(own[:, -1].mean()),
        "error of the surest 80 %": float(own[:, np.argmin(abs(coverages - 0.8))].mean()),
        "aurc": float(aurc[name].mean()),
        "aurc above NUTS": float(above.mean()),
        "its standard error": float(above.std(ddof=1) / np.sqrt(SPLITS)),
    }
    print(name, {key: round(value, 4) for key, value in numbers[name].items()})
rhat = [each.max_rhat_f or np.nan for each in verdicts["NUTS"]]
numbers["NUTS"]["converged"] = sum(bool(each.converged) for each in verdicts["NUTS"])
numbers["NUTS"]["largest R-hat of f"] = float(np.max(rhat))
print(f"NUTS: {numbers['NUTS']['converged']} of {SPLITS} converged, R-hat at most {max(rhat):.3f}")

# %%
# A model that refers the fifth of which it is least sure is left with two or three of its errors,
# 14 to 20 % of them. By the errors of all tumours the methods can't be told apart: each makes 13 to
# 15 in the 570 tumours of ten splits. The ensemble has the largest area under the curve, and a
# smaller one is better. It is 0.0055 ± 0.0050 above that of NUTS, which may be chance. By its
# verdict no fit of NUTS has converged. The largest R-hat of f(x) of all fits is 1.07.
