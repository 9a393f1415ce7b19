"""MC dropout whose rate and noise precision are chosen on a fifth of the training rows.

The precisions are of the standardised target: noise of 0.7 down to 0.06 of its standard deviation.
For models with Bernoulli noise on their units, such as bernoulli_ard.
"""

import bayesdrop as bd

INFERENCE = bd.GridSearch(
    bd.MCDropout(),
    {
        "model.prior.unit.keep": (0.995, 0.99, 0.95, 0.9),
        "inference.precision": (2.0, 10.0, 50.0, 250.0),
    },
)
