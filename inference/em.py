"""Variational EM with the defaults: mean-field weights, scales by closed-form updates."""

import bayesdrop as bd

INFERENCE = bd.VariationalEM()
