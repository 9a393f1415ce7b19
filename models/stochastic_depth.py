"""Stochastic depth: each residual block is kept with probability 0.8; five layers of 50.

τ ~ Bernoulli(0.8) per block of h ← h + f(τ (h W + b)): without its block the layer is the identity
(Huang et al. 2016). Four noise variables in all, so NUTS and HMC sum over their 16 values exactly.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ResNet(hidden=50, depth=5),
    prior=bd.ADD(bd.noise.Bernoulli(keep=0.8)),
)
