"""
Decisions: Thompson sampling with dropout
=========================================

An agent sees the measurements of a tumour and may act or wait. To act on a benign one pays 5. To
act on a malignant one costs 35 half of the time, and pays 5 otherwise. To wait pays nothing, and
teaches nothing. This is the mushroom bandit of Blundell et al. (2015) with the tumours of
breast_cancer.

A greedy agent that has been hurt a few times may never act again. Thompson sampling draws one
function from the posterior, and does what is best under it (Thompson 1933). A pass of dropout with
one mask for all rows is such a draw (Gal and Ghahramani 2016, section 5.4).
"""

import os

import matplotlib.pyplot as plt
import numpy as np

import bayesdrop as bd

SMALL = "BAYESDROP_SMALL" in os.environ
SEEDS, ROUNDS, EPOCHS = (range(2), 80, 5) if SMALL else (range(5), 800, 200)
FIRST, EACH = 20, 52

# %%
# The agents
# ----------
#
# All have the same network of the reward for acting. It is fitted anew every 52 rounds to what has
# been seen so far.
#
# A first full run had the weight decay that belongs to the prior. Thompson sampling and greed then
# lost the same in every seed, 2,586 on average. The decay of LeNet's published solver came after
# it.

dropout = bd.noise.Bernoulli(keep=0.8)
prior = bd.ScaleMixture(unit=bd.PerLayer(hidden=dropout, last=dropout))
model = bd.Model(bd.MLP((50, 50)), prior)
method = bd.MCDropout(
    num_epochs=EPOCHS, num_passes=EACH, mask_sharing="shared", weight_decay=2.5e-4
)


def greedy(pred: bd.Predictive, rng: np.random.Generator) -> np.ndarray:
    """Act where the mean reward is above 0."""
    return pred.mean > 0


def epsilon_greedy(pred: bd.Predictive, rng: np.random.Generator) -> np.ndarray:
    """Act where the mean reward is above 0, and at random one time in ten."""
    return np.where(rng.random(pred.n_rows) < 0.1, rng.random(pred.n_rows) < 0.5, pred.mean > 0)


def thompson(pred: bd.Predictive, rng: np.random.Generator) -> np.ndarray:
    """Act where the reward of one pass is above 0, another pass for each row."""
    return np.diagonal(pred.draw_means) > 0


agents = {"greedy": greedy, "ε-greedy": epsilon_greedy, "Thompson": thompson}

# %%
# The game
# --------

dataset = bd.load_dataset("breast_cancer")
benign = dataset.y == 1


def play(agent: str, seed: int) -> np.ndarray:
    """The regret of every round: what was lost against who knows the diagnosis."""
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(len(benign)) for _ in range(2)])[:ROUNDS]
    harmed = rng.random(ROUNDS) < 0.5  # the same for all agents
    reward = np.where(benign[order] | ~harmed, 5.0, -35.0)
    best = np.where(benign[order], 5.0, 0.0)
    mean = np.where(benign[order], 5.0, -15.0)
    acted = np.zeros(ROUNDS, dtype=bool)
    acted[:FIRST] = True
    for start in range(FIRST, ROUNDS, EACH):
        seen = np.flatnonzero(acted)
        X, y = dataset.X[order[seen]], reward[seen]
        now = slice(start, min(start + EACH, ROUNDS))
        if np.ptp(y) == 0:
            acted[now] = y[0] > 0
            continue
        post = bd.fit(model, X, y, method, seed, progress=False)
        pred = post.predict(dataset.X[order[now]], seed=start)
        acted[now] = agents[agent](pred, rng)
    return best - np.where(acted, mean, 0.0)


regret = {agent: np.array([np.cumsum(play(agent, s)) for s in SEEDS]) for agent in agents}

# %%
# The regret
# ----------
#
# It counts the mean reward of an action, so that the luck of a round does not.
#
# We had expected that Thompson sampling loses less than greed, and it does not. Both lose less than
# an agent that tries an action at random one time in ten. The first twenty rounds, in which all
# agents act, may already tell enough of these tumours. Riquelme, Tucker and Snoek (2018)
# compare many such agents on other bandits.

figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
for agent, own in regret.items():
    error = own.std(axis=0, ddof=1) / np.sqrt(len(SEEDS))
    (line,) = ax.plot(own.mean(axis=0), label=agent)
    ax.fill_between(
        range(ROUNDS), own.mean(axis=0) - error, own.mean(axis=0) + error, alpha=0.2, lw=0
    )
ax.set(xlabel="round", ylabel="regret so far, ± standard error")
ax.legend(frameon=False)

numbers = {agent: own[:, -1].tolist() for agent, own in regret.items()}
for agent, own in numbers.items():
    print(f"{agent}: final regret {np.mean(own):.0f}, worst {np.max(own):.0f}")
