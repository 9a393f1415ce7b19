"""LeNet on 5,000 digits of MNIST, five splits: standard dropout, MC dropout and an ensemble.

The rows differ in their priors too: dropout has the weight decay 2.5e-4, and the members of the
ensemble have weights of a base scale of 0.2.
"""

import bayesdrop as bd

SUITE = bd.Suite(
    rows={
        "standard dropout": ("lenet", "standard_dropout"),
        "MC dropout": ("lenet", "mc_dropout_minibatch"),
        "deep ensemble": ("lenet_plain", "deep_ensemble_lenet"),
    },
    datasets=("mnist_5k",),
    splits=5,
    description="LeNet on 5,000 digits of MNIST: standard dropout, MC dropout and an ensemble.",
)
