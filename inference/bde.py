"""Bayesian deep ensembles with the settings of their paper, in an environment of their own."""

import bayesdrop as bd

INFERENCE = bd.BDE()
