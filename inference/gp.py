"""Exact Gaussian process regression, its kernel's scales by maximum marginal likelihood."""

import bayesdrop as bd

INFERENCE = bd.GP()
