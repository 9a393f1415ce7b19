"""The result of a method that draws its noise anew in every pass: MC dropout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.chunks import chunks, elements_per_row
from bayesdrop.sites import Site

MaskSharing = Literal["row", "shared"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class StochasticPasses:
    """The weights have point values, under noise that every pass draws from its prior.

    Attributes
    ----------
    values
        Site name → array (*shape) in the site's own support, of every site but the noises.
    num_passes
        T, the passes that a prediction averages over.
    mask_sharing
        ``"row"`` draws a noise for every row of a pass; ``"shared"`` draws one for all rows,
        which makes a pass a draw of a function.
    learned
        Name → value of every noise parameter that the model says is ``Learned``.
    passes
        ``"mean"``: a prediction is :meth:`mean_pass` alone.
    """

    values: dict[str, NDArray]
    num_passes: int
    mask_sharing: MaskSharing = "row"
    learned: dict[str, float] = field(default_factory=dict)
    passes: Literal["all", "mean"] = "all"

    def __repr__(self) -> str:
        if self.passes == "mean":
            return "one pass, every noise at its mean"
        return f"{self.num_passes} stochastic passes"

    @property
    def draws(self) -> None:
        """Return ``None``: there are no draws of the noise."""
        return None

    @property
    def num_chains(self) -> None:
        """Return ``None``: passes are of no Markov chain."""
        return None

    @property
    def sample_stats(self) -> None:
        """Return ``None``: passes are of no sampler."""
        return None

    @property
    def num_draws(self) -> int:
        """Count the passes that a prediction averages over."""
        return 1 if self.passes == "mean" else self.num_passes

    def parameters(
        self, bound: BoundModel, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[Parameters]:
        """Yield the likelihood's parameters at standardised ``X``, in chunks of passes.

        ``X`` is (rows, *input_shape); every parameter is (passes, rows, outputs, ...). ``rng``
        draws the noise, in the same order whatever the chunks are.
        """
        if self.passes == "mean":
            yield self.mean_pass(bound, X)
            return
        values = {n: value.astype(np.float32)[None] for n, value in self.values.items()}
        priors = self.noise_priors(bound)
        rows = len(X) if self.mask_sharing == "row" else 1
        noise = sum(int(np.prod(site.shape)) for site in priors)
        noisy = [site.layer for site in priors if site.layer is not None]
        size = len(X) * elements_per_row(bound, noisy) + 2 * noise * rows
        rngs = rng.spawn(len(priors))  # one for each, so that chunking does not change the draws
        for index in chunks(self.num_passes, size):
            masks = {
                site.name: prior.draw(own, (len(index), rows, *site.shape)).astype(np.float32)
                for (site, prior), own in zip(priors.items(), rngs, strict=True)
            }
            yield bound.forward(values, X, masks)

    def mean_pass(self, bound: BoundModel, X: NDArray[np.float32]) -> Parameters:
        """Return the parameters at standardised ``X`` in one pass, every noise at its mean.

        It is dropout's weight scaling (Srivastava et al. 2014, §2.4). Every noise has a mean:
        MC dropout refuses those of infinite variance.
        """
        values = {n: value.astype(np.float32)[None] for n, value in self.values.items()}
        for site, prior in self.noise_priors(bound).items():
            values[site.name] = np.full((1, *site.shape), prior.mean, np.float32)
        return bound.forward(values, X)

    def site_values(
        self,
        bound: BoundModel,
        names: list[str],
        rng: np.random.Generator,
        chain: int | None = None,
    ) -> Iterator[dict[str, NDArray]]:
        """Yield the values of those sites in every pass, name → (passes, *shape), in chunks.

        A noise is drawn by ``rng`` for every pass, as in a prediction with shared masks. ``chain``
        is not used.
        """
        priors = {site.name: (site, prior) for site, prior in self.noise_priors(bound).items()}
        size = max(int(np.prod(bound.by_name[name].shape)) for name in names)
        for index in chunks(self.num_passes, 2 * size):
            found = {}
            for name in names:
                if name in priors:
                    site, prior = priors[name]
                    found[name] = prior.draw(rng, (len(index), *site.shape))
                else:
                    found[name] = np.repeat(self.values[name][None], len(index), axis=0)
            yield found

    def noise_priors(self, bound: BoundModel) -> Mapping[Site, Noise]:
        """Map each noise to the distribution that passes draw it from, with fitted parameters."""
        points = {name: value.item() for name, value in self.values.items() if value.size == 1}
        known = self.learned | points
        return {site: site.bound_prior(known) for site in bound.noises}
