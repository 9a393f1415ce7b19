"""NUTS with two short chains: 300 draws each after a warm-up of 300, tree depth at most 8.

Short enough for a benchmark of many splits, too short to converge on some datasets: read R-hat of
f(x) beside every number.
"""

import bayesdrop as bd

INFERENCE = bd.NUTS(num_warmup=300, num_samples=300, num_chains=2, max_tree_depth=8)
