"""Tail-adaptive weights of several masks, by the rank of each mask's likelihood.

Wang, Liu & Liu (2018), "Variational inference with tail-adaptive f-divergence" (β = −1), for
dropout masks by Nalisnick et al. (2019): importance weights whose tails may be too heavy to
average are replaced by the inverse of their empirical tail probability, which is at most K.
"""

from __future__ import annotations

import torch


def rank_weights(log_likelihoods: torch.Tensor) -> torch.Tensor:
    """Weights ∝ 1/rank among the K masks, (..., K, rows) like the argument; each row's sum is 1.

    A mask's rank is the number of masks that are at least as likely, so that the likeliest has 1
    and equal ones share theirs. No gradient flows through the weights.
    """
    fixed = log_likelihoods.detach()
    ranks = (fixed.unsqueeze(-3) >= fixed.unsqueeze(-2)).sum(-2)
    weights = 1 / ranks.to(fixed.dtype)
    return weights / weights.sum(-2, keepdim=True)
