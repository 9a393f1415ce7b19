"""The ranks of prior draws among the draws of fits to data simulated from them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.calibration.uniformity import Band, band, p_value
from bayesdrop.wording import unknown

if TYPE_CHECKING:
    import pandas as pd

_FEW = 0.05  # the share of fits whose chains may be short by chance
_ENOUGH = 50
"""Ranks of fewer data sets deviate from uniform ones by chance as much as by large errors."""


class Simulations(NamedTuple):
    """Data sets that one run of :func:`bayesdrop.sbc` simulated.

    Attributes
    ----------
    rows
        A digest of the rows and of the number of outputs.
    seed, first, n
        The seed, the number of the first data set, and how many there are.
    """

    rows: str
    seed: int
    first: int
    n: int

    def shares(self, other: Simulations) -> bool:
        """Say whether a data set is in both."""
        alike = (self.rows, self.seed) == (other.rows, other.seed)
        return alike and self.first < other.first + other.n and other.first < self.first + self.n


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibration holds what :func:`bayesdrop.sbc` found, a rank for every simulated data set.

    Attributes
    ----------
    model, inference
        What was checked, as their specifications read.
    num_draws
        The draws of a fit that ranks are among, L: a rank is from 0 to L.
    ranks
        Quantity → the rank of its prior draw in each fit, (n,).
    rhat, ess
        The largest R-hat and the smallest bulk effective sample size of the quantities in each
        fit, (n,). They are NaN where the method has no chains.
    seconds
        The time that simulations and fits took.
    simulations
        Which data sets were simulated, of each run that was joined. Default ``()``: it is not
        known, as in files that do not say.
    """

    model: str
    inference: str
    num_draws: int
    ranks: dict[str, NDArray[np.int64]]
    rhat: NDArray[np.float64]
    ess: NDArray[np.float64]
    seconds: float = 0.0
    simulations: tuple[Simulations, ...] = ()

    def __repr__(self) -> str:
        return f"Calibration({self.n} data sets: {self.summary})"

    @property
    def n(self) -> int:
        """Count the simulated data sets."""
        return len(self.rhat)

    def pit(self, quantity: str) -> NDArray[np.float64]:
        """Return the ranks as numbers in (0, 1), which are uniform if the method is calibrated.

        A rank becomes a point of its interval of length 1 / (L + 1), the same one every time.

        Raises
        ------
        ValueError
            There is no such quantity.
        """
        if quantity not in self.ranks:
            raise ValueError(unknown("quantity", quantity, self.ranks))
        ranks = self.ranks[quantity]
        spread = np.random.default_rng(list(quantity.encode())).random(len(ranks))
        return (ranks + spread) / (self.num_draws + 1)

    def band(self, quantity: str, level: float = 0.95) -> Band:
        """Return the distribution of :meth:`pit`, and the band that holds it if all is well.

        It holds all of it with probability ``level``.
        """
        return band(self.pit(quantity), level)

    @property
    def p_values(self) -> dict[str, float]:
        """Map each quantity to the probability that uniform ranks look less so than these."""
        return {name: p_value(self.pit(name)) for name in self.ranks}

    @property
    def p_value(self) -> float:
        """Return the p-value over all quantities, by Bonferroni."""
        return min(1.0, len(self.ranks) * min(self.p_values.values()))

    def mean_rank(self, quantity: str) -> float:
        """Return the mean rank as a share of L.

        It is one half where draws are neither too high nor too low.
        """
        return float(self.ranks[quantity].mean()) / self.num_draws

    def spread(self, quantity: str) -> float:
        """Divide the ranks' standard deviation by that of uniform ones.

        It is above 1 where draws vary too little, as of an overconfident approximation, and below 1
        where they vary too much.
        """
        uniform = np.sqrt(((self.num_draws + 1) ** 2 - 1) / 12)
        return float(self.ranks[quantity].std() / uniform)

    @property
    def summary(self) -> str:
        """Say whether the ranks are uniform, and what may speak against the check itself.

        Fewer than 50 data sets are too few to call ranks uniform.
        """
        low = [name for name, p in self.p_values.items() if p * len(self.ranks) < 0.05]
        good = "the ranks are uniform at 95 %" if self.n >= _ENOUGH else "too few to judge"
        words = [f"not uniform: {', '.join(low)}" if low else good]
        if (unmixed := int(np.sum(self.rhat > 1.05))) > _FEW * self.n:
            words.append(f"R-hat is above 1.05 in {unmixed} fits, whose chains were too short")
        if (short := int(np.sum(self.ess < self.num_draws))) > _FEW * self.n:
            words.append(
                f"{short} fits have fewer than {self.num_draws} effective draws, so that their "
                "ranks crowd at both ends: give more num_samples"
            )
        return "; ".join(words)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per quantity: ``p_value``, :meth:`mean_rank` and :meth:`spread`."""
        import pandas as pd

        return pd.DataFrame(
            {
                "p_value": self.p_values,
                "mean_rank": {name: self.mean_rank(name) for name in self.ranks},
                "spread": {name: self.spread(name) for name in self.ranks},
            }
        ).rename_axis("quantity")

    def joined(self, other: Calibration) -> Calibration:
        """Join both, of the same model and method on different data sets.

        Raises
        ------
        ValueError
            The two are of different models or methods, have different numbers of draws, or share
            data sets: give each run of :func:`bayesdrop.sbc` another ``first`` or ``seed``.
        """
        for field in ("model", "inference", "num_draws"):
            mine, theirs = getattr(self, field), getattr(other, field)
            if mine != theirs:
                raise ValueError(f"{field} is {mine} of one and {theirs} of the other")
        for one, another in product(self.simulations, other.simulations):
            if one.shares(another):
                raise ValueError(
                    "the two share data sets: give one run of bd.sbc another first, or another seed"
                )
        return Calibration(
            self.model,
            self.inference,
            self.num_draws,
            {name: np.concatenate([r, other.ranks[name]]) for name, r in self.ranks.items()},
            np.concatenate([self.rhat, other.rhat]),
            np.concatenate([self.ess, other.ess]),
            self.seconds + other.seconds,
            (*self.simulations, *other.simulations),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, which :meth:`from_dict` reads."""
        return {
            "model": self.model,
            "inference": self.inference,
            "num_draws": self.num_draws,
            "ranks": {name: ranks.tolist() for name, ranks in self.ranks.items()},
            "rhat": [None if np.isnan(one) else float(one) for one in self.rhat],
            "ess": [None if np.isnan(one) else float(one) for one in self.ess],
            "seconds": self.seconds,
            "simulations": [list(one) for one in self.simulations],
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Calibration:
        """Read what :meth:`to_dict` wrote."""
        simulations = tuple(Simulations(*one) for one in found.get("simulations", ()))
        arrays = {name: np.array(found[name], dtype=np.float64) for name in ("rhat", "ess")}
        ranks = {name: np.array(r, dtype=np.int64) for name, r in found["ranks"].items()}
        return cls(**{**found, **arrays, "ranks": ranks, "simulations": simulations})
