"""NUTS with a mass matrix of low rank: two chains of 300 draws after a warm-up of 300.

It has the settings of nuts, whose matrix is diagonal. On yacht and energy it mixes better for as
many gradients. On yacht it takes 1.6 times as long.
"""

import bayesdrop as bd

INFERENCE = bd.NUTS(num_warmup=300, num_samples=300, num_chains=2, max_tree_depth=8, low_rank=True)
