"""CatBoost's own uncertainty: virtual ensembles of trees for mean and variance."""

import bayesdrop as bd

INFERENCE = bd.CatBoost(uncertainty="virtual_ensembles")
