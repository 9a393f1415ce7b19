"""Variational inference with the dropout posterior as guide: rows of weights kept with 0.9."""

import bayesdrop as bd

INFERENCE = bd.SVI(guide="dropout")
