"""Variational inference with a normalising flow (affine coupling layers), in NumPyro."""

import bayesdrop as bd

INFERENCE = bd.SVI(guide="flow")
