"""MC dropout by the protocol of the 2018 rerun, one grid search per data set.

The code is github.com/yaringal/DropoutUncertaintyExps at commit 6eb4497, where each data set has
its own noise precisions, in the target's units. One hidden layer of 50 units (protein 100),
dropout before every weight matrix, the input's too; Adam on batches of 128 for 4,000 epochs
(protein 2,000); 10,000 passes; rate and precision by the log-likelihood of the last fifth of the
training rows, then all of them. It starts its weights uniformly (Glorot) where we draw them from
N(0, 1/fan_in), and its Adam steps in the weights of noise {0, 1/π}, we in those of {0, 1}.
"""

from __future__ import annotations

from bayesdrop.infer.dropout.settings import MCDropout
from bayesdrop.infer.tuning.grid_search.settings import GridSearch
from bayesdrop.wording import unknown

RATES = (0.005, 0.01, 0.05, 0.1)

PRECISIONS = {
    "boston": (0.1, 0.15, 0.2),
    "concrete": (0.025, 0.05, 0.075),
    "energy": (0.25, 0.5, 0.75),
    "kin8nm": (150.0, 200.0, 250.0),
    "naval": (30_000.0, 40_000.0, 50_000.0),
    "power": (0.05, 0.1, 0.15),
    "protein": (0.025, 0.05, 0.075),
    "wine": (2.5, 3.0, 3.5),
    "yacht": (0.25, 0.5, 0.75),
}
"""Data set → the values of τ, in the target's units."""


def mc_dropout_2018(dataset: str) -> GridSearch:
    """Return the search of that data set, for the model ``bernoulli_ard``.

    Raises
    ------
    ValueError
        The protocol has no such data set.
    """
    if dataset not in PRECISIONS:
        raise ValueError(unknown("data set of the 2018 protocol", dataset, PRECISIONS))
    method = MCDropout(
        num_epochs=2000 if dataset == "protein" else 4000,
        batch_size=128,
        learning_rate=1e-3,
        num_passes=10_000,
        precision=PRECISIONS[dataset][0],
        precision_units="target",
        weight_decay="gal_2018",
        length_scale=0.01,
    )
    width = {"model.network.hidden": ((100,),)} if dataset == "protein" else {}
    rates = {"model.prior.unit.keep": tuple(1 - rate for rate in RATES)}
    grid = width | rates | {"inference.precision": PRECISIONS[dataset]}
    return GridSearch(method, grid, validation=0.2, validation_rows="last", score="nll")
