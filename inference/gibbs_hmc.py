"""Gibbs draws of conjugate noise scales, NUTS on the weights: two short chains of 300 draws.

Read R-hat of f(x) beside every number: short chains may not have converged.
"""

import bayesdrop as bd

INFERENCE = bd.GibbsHMC(num_warmup=300, num_samples=300, num_chains=2, max_tree_depth=8)
