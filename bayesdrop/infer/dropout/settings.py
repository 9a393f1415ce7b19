"""MC dropout: train with noise on the units, keep the noise on to predict. In PyTorch.

Gal & Ghahramani (2016), "Dropout as a Bayesian approximation"; as a prior, Nalisnick et al.
(2019). Training maximises a Jensen bound on the MAP objective of the expanded model: variational
inference with q(λ) = p(λ) and point weights. A step costs one forward and backward pass over a
minibatch per mask; a prediction ``num_passes`` forward passes. Fits that differ in data, seed and
numbers alone train as one program, see :mod:`bayesdrop.infer.dropout.train`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference, Job
from bayesdrop.infer.dropout.supported import check_together, why_not
from bayesdrop.infer.dropout.weight_decay import tau_from_weight_decay
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress
from bayesdrop.spec import added


@dataclass(frozen=True)
class MCDropout(Inference):
    """Point weights run under fresh noise in every pass, in training and in prediction.

    The loss per row is ½ τ ‖y − ŷ‖² − ½ log τ + τ Σ_l r_l ‖W_l‖², with τ the noise precision of
    the standardised target. For other likelihoods than Gaussian, −log p(y | ŷ) is in place of the
    first two terms, and τ is 1 in the last.

    Every fit draws the order of its rows and its noise by generators of its own, seeded by its
    seed. NumPy draws the order; it draws the noise too where that trains on a CPU and has numbers
    for parameters. On another device, and where parameters are free, PyTorch draws the noise on
    the device that trains: a device other than the CPU has other draws, and so another
    ``revision``.

    Parameters
    ----------
    num_epochs
        Passes over the training rows. Default 1000.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` uses all. Default 128.
    learning_rate
        Adam's. Default 1e-3.
    num_passes
        T, the stochastic passes a prediction averages over. Default 1000.
    precision
        τ: a positive number; ``"learned"`` (default) by MAP together with the weights, unless
        the likelihood fixes its scale; or ``"weight_decay"`` for τ = π ℓ² / (2 N r), which needs
        ``weight_decay`` and ``length_scale`` as numbers (Gal & Ghahramani 2016, eq. 7).
    precision_units
        The units of a ``precision`` that is a number: ``"standardised"`` (default), or
        ``"target"`` for the target's own units, in which τ is 1/(standard deviation of the noise)².
    weight_decay
        r_l: ``"map"`` (default) for 1/(2 N τ σ₀²), the model's own prior, biases included;
        ``"gal"`` for π/(2 N τ σ₀²), that of Gal & Ghahramani's KL term, weights only;
        ``"gal_2018"`` for what the code of Gal's 2018 rerun has in its place, which needs
        ``precision`` and ``length_scale`` as numbers, see
        :mod:`bayesdrop.infer.dropout.weight_decay`; or a number r for every matrix, weights only.
        π is E λ², the keep probability of dropout; where that is learned, ``"gal"`` adds the
        masks' entropy, which makes it concrete dropout (Gal, Hron & Kendall 2017), while under
        ``"map"`` or a number nothing rewards noise and it tends to 1.
    length_scale
        ℓ, in place of 1/σ₀ in ``"gal"``, and in ``"gal_2018"`` and τ. Default ``None``.
    masks
        K, the draws of the noise per row and training step. Default 1.
    weighting
        How the K masks' log-likelihoods become one: their ``"average"`` (default), or
        ``"tail-adaptive"``, a mean with weights ∝ 1/rank per row, the likeliest mask first: the
        first strategy of Nalisnick et al. (2019), see :mod:`bayesdrop.infer.dropout.tail_adaptive`.
    mask_sharing
        ``"row"`` (default): a noise for every row of a pass, as published; ``"shared"``: one for
        all rows, which makes a pass a draw of a function.
    passes
        ``"all"`` (default): a prediction averages ``num_passes`` passes. ``"mean"``: it is one pass
        with every noise at its mean. That is standard dropout with weight scaling (Srivastava et
        al. 2014, §2.4), which has no epistemic uncertainty.
    device
        PyTorch device to train on. Default ``None``: PyTorch's own default.
    """

    revision: ClassVar[int] = 2

    num_epochs: int = 1000
    batch_size: int | None = 128
    learning_rate: float = 1e-3
    num_passes: int = 1000
    precision: float | Literal["learned", "weight_decay"] = "learned"
    precision_units: Literal["standardised", "target"] = "standardised"
    weight_decay: float | Literal["map", "gal", "gal_2018"] = "map"
    length_scale: float | None = None
    masks: int = 1
    weighting: Literal["average", "tail-adaptive"] = "average"
    mask_sharing: Literal["row", "shared"] = "row"
    device: str | None = None
    passes: Literal["all", "mean"] = added("all")

    def __post_init__(self) -> None:
        for field in ("num_epochs", "num_passes", "masks"):
            checked_count(self, field)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        checked_number(self, "learning_rate", above=0)
        checked_choice(self, "mask_sharing", ("row", "shared"))
        checked_choice(self, "passes", ("all", "mean"))
        checked_choice(self, "weighting", ("average", "tail-adaptive"))
        for field, value, words in (
            ("precision", self.precision, ("learned", "weight_decay")),
            ("weight_decay", self.weight_decay, ("map", "gal", "gal_2018")),
        ):
            if isinstance(value, str):
                checked_choice(self, field, words)
            else:
                checked_number(self, field, above=0)
        if self.length_scale is not None:
            checked_number(self, "length_scale", above=0)
        checked_choice(self, "precision_units", ("standardised", "target"))
        check_together(self)

    def takes_row_terms(self) -> bool:
        return True

    def supports(self, model: Model) -> str | None:
        return why_not(self, model)

    def revision_for(self, model: Model) -> int:
        """Return 2 where numbers are still those of revision 2, else 3."""
        other_noise = self.masks > 1 or any(v.parameters for v in model.variables)
        elsewhere = self.device is not None and not self.device.startswith("cpu")
        return self.revision + (other_noise or elsewhere)

    def fits_together(self, model: Model) -> bool:
        return True

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return self.run_many([Job(self, bound, data, seed)], progress)[0]

    @classmethod
    def run_many(cls, jobs: Sequence[Job], progress: Progress) -> list[Fit]:
        with ONE_AT_A_TIME:
            from bayesdrop.infer.dropout.train import run_stacked

        return run_stacked(jobs, progress)

    def tau(self, model: Model, data: TrainingData) -> NDArray[np.float64]:
        """Return a precision that is not learned, of every standardised output, (outputs,)."""
        if self.precision == "weight_decay":
            assert self.length_scale is not None
            r = float(self.weight_decay)
            value = tau_from_weight_decay(model, data.rows, r, self.length_scale)
        else:
            value = float(self.precision)
        in_target = self.precision_units == "target"
        return np.full(data.n_outputs, value) * (data.scaling.y_scale**2 if in_target else 1.0)
