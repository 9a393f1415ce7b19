"""Calibration of eight methods on digits, upright and turned by 30°, over five splits.

Each split has a seed of its own. The rows differ in their priors too: dropout has the weight decay
2.5e-4, and the others have weights of a base scale of 0.5.
"""

import bayesdrop as bd

SUITE = bd.Suite(
    rows={
        "standard dropout": ("digits_every", "standard_dropout"),
        "MC dropout, every layer": ("digits_every", "mc_dropout_minibatch"),
        "MC dropout, last layer": ("digits_last", "mc_dropout_minibatch"),
        "deep ensemble": ("digits_plain", "deep_ensemble_minibatch"),
        "SVI": ("digits_plain", "svi_minibatch"),
        "Laplace, last layer": ("digits_plain", "laplace_last_layer"),
        "SGHMC": ("digits_plain", "sghmc_minibatch"),
        "horseshoe, SVI": ("digits_horseshoe", "svi_minibatch"),
    },
    datasets=("digits", "digits_rotated"),
    splits=5,
    description="Calibration of eight methods on digits, upright and turned, over five splits.",
)
