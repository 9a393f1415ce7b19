"""A noise parameter that is optimised together with the rest."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdrop.field_checks import checked_number
from bayesdrop.spec import Spec


@dataclass(frozen=True)
class Learned(Spec, kind="parameter"):
    """A learned value stands in place of a noise's number: it maximises the method's objective.

    Under variational inference that is the ELBO (empirical Bayes; MacKay 1994); in MC dropout the
    training objective, so ``Bernoulli(keep=Learned(0.9))`` with ``weight_decay="gal"`` is concrete
    dropout (Gal, Hron & Kendall 2017). Every weight matrix has a value of its own. Samplers
    optimise nothing: for them, give the parameter a prior, ``Bernoulli(keep=Beta(9, 1))``.

    Parameters
    ----------
    initial
        Where the optimisation starts, within the parameter's bounds. Wherever a number is needed
        before a fit (``noise.sample``, ``noise.log_marginal``) it stands in.
    """

    initial: float

    def __post_init__(self) -> None:
        checked_number(self, "initial")
