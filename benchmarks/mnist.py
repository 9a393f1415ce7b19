"""LeNet on 5,000 digits of MNIST, five splits: standard dropout, MC dropout and an ensemble."""

import bayesdrop as bd

SUITE = bd.Suite(
    rows={
        "standard dropout": ("lenet", "standard_dropout"),
        "MC dropout": ("lenet", "mc_dropout_minibatch"),
        "deep ensemble": ("lenet_plain", "deep_ensemble_minibatch"),
    },
    datasets=("mnist_5k",),
    splits=5,
    description="LeNet on 5,000 digits of MNIST: standard dropout, MC dropout and an ensemble.",
)
