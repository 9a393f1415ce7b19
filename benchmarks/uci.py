"""All nine UCI sets: six rows, from dropout to MCLMC and a deep GP."""

import bayesdrop as bd

SUITE = bd.Suite(
    rows={
        "MC dropout": ("bernoulli_ard", "mc_dropout_2018_{dataset}"),
        "PBP": ("gaussian_prior_pbp", "pbp"),
        "SVI, ARD-ADD": ("ard_add", "svi_structured"),
        "ensemble, ARD-ADD": ("ard_add", "deep_ensemble"),
        "MCLMC, ARD-ADD": ("ard_add", "mclmc"),
        "Deep GP": ("gaussian_prior", "deep_gp"),
    },
    datasets=(
        *("yacht", "boston", "energy", "concrete", "wine"),
        *("kin8nm", "power", "naval", "protein"),
    ),
    splits=20,
    description="Six rows on nine UCI sets, 20 splits each (protein 5).",
)
