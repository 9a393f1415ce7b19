"""Laplace approximation over the last layer, at a mode by 3000 steps on batches of 64."""

import bayesdrop as bd

INFERENCE = bd.Laplace(subset="last_layer", num_steps=3000, batch_size=64)
