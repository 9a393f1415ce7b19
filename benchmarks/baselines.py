"""What scale-mixture priors are compared with: PBP, an exact, an infinite-width and a deep GP."""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("gaussian_prior",),
    inference=("pbp", "gp", "nngp", "deep_gp"),
    datasets=("yacht", "boston", "concrete"),
    splits=20,
    description="Four baselines with a plain Gaussian prior, or a GP's, on three UCI sets.",
)
