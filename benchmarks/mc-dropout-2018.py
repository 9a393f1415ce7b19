"""The 2018 rerun of MC dropout: nine UCI sets, a grid search in every standard split."""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("bernoulli_ard",),
    inference=("mc_dropout_2018_{dataset}",),
    datasets=(
        *("boston", "concrete", "energy", "kin8nm", "naval"),
        *("power", "protein", "wine", "yacht"),
    ),
    splits=20,
    description="MC dropout by the protocol of the 2018 rerun, settings chosen in every split.",
)
