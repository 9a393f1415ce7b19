"""Doubly stochastic variational inference of a two-layer deep Gaussian process."""

import bayesdrop as bd

INFERENCE = bd.DeepGP()
