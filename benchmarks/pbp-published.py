"""Probabilistic backpropagation with its paper's noise prior, on three of the paper's sets."""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("gaussian_prior_pbp",),
    inference=("pbp",),
    datasets=("boston", "concrete", "yacht"),
    splits=20,
    description="RMSE published: Boston 3.01 ± .18, Concrete 5.67 ± .09, Yacht 1.02 ± .05.",
)
