"""NUTS for a quick look: as nuts, with a tree depth of at most 7, so half the gradients.

Enough for diabetes, where R-hat of f(x) at test rows stays below 1.05; too little for the UCI sets.
"""

import bayesdrop as bd

INFERENCE = bd.NUTS(num_warmup=300, num_samples=300, num_chains=2, max_tree_depth=7)
