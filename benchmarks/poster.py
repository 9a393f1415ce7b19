"""The poster's table: seven UCI sets, its six columns, and its priors by samplers.

ARD, ADD and ARD-ADD "as published" follow the objective of the code released with the paper. The
rows of MCLMC are the same three structures with 8 chains each.
"""

import bayesdrop as bd

SUITE = bd.Suite(
    rows={
        "Dropout": ("bernoulli_ard", "mc_dropout_2018_{dataset}"),
        "PBP": ("gaussian_prior_pbp", "pbp"),
        "Deep GP": ("gaussian_prior", "deep_gp"),
        "ARD, EM as published": ("released_ard", "released_em"),
        "ADD, EM as published": ("released_add", "released_em"),
        "ARD-ADD, EM as published": ("released_ard_add", "released_em"),
        "ARD, MCLMC": ("student_t_ard", "mclmc"),
        "ADD, MCLMC": ("add", "mclmc"),
        "ARD-ADD, MCLMC": ("ard_add", "mclmc"),
    },
    datasets=("yacht", "boston", "energy", "concrete", "wine", "kin8nm", "power"),
    splits=20,
    description="The poster's columns and its priors by MCLMC on seven UCI sets, 20 splits each.",
)
