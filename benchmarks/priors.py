"""Four priors of one network by four methods: how much is the prior's, how much the inference's?

The network is a residual one of two layers of 50, and the scales of its weights are none, ARD, ADD
or ARD-ADD. Every prior is fitted by every method, so that `bayesdrop report` can tell the two
apart. The same priors by MCLMC are rows of `poster`, but for the one without scales.
"""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("gaussian_resnet", "student_t_ard", "add", "ard_add"),
    inference=("em", "svi", "deep_ensemble", "laplace"),
    rows={"no scales, MCLMC": ("gaussian_resnet", "mclmc")},
    datasets=("yacht", "boston", "energy", "concrete", "wine"),
    splits=5,
    description="Four priors of one network by four methods, each with each.",
)
