"""Probabilistic backpropagation: 40 epochs of assumed density filtering, as published."""

import bayesdrop as bd

INFERENCE = bd.PBP()
