"""What a user would pick instead: boosted trees, a Gaussian process, Bayesian deep ensembles.

CatBoost is an extra (`pip install 'bayesdrop[peers]'`); bde runs in an environment of its own,
whose Python `BAYESDROP_BDE_PYTHON` names. What is not there is skipped, with how to get it.
"""

import bayesdrop as bd

SUITE = bd.Suite(
    rows={
        "HistGradientBoosting": ("gaussian_prior", "hist_gradient_boosting"),
        "CatBoost": ("gaussian_prior", "catboost"),
        "CatBoost, virtual ensembles": ("gaussian_prior", "catboost_uncertain"),
        "GP": ("gaussian_prior", "gp"),
        "bde": ("gaussian_prior", "bde"),
    },
    datasets=("yacht", "boston", "energy", "concrete", "wine", "kin8nm", "power"),
    splits=20,
    description="Boosted trees, an exact GP and Bayesian deep ensembles on the same splits.",
)
