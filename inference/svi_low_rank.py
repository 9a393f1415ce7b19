"""Variational inference with a normal of low-rank covariance plus a diagonal, in NumPyro."""

import bayesdrop as bd

INFERENCE = bd.SVI(guide="low_rank")
