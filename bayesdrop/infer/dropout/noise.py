"""Drawing the noise of stacked networks: every member's by generators of its own.

A noise whose parameters are numbers is drawn by NumPy where the stack is on a CPU. Any other is
drawn by PyTorch on the device that trains, so that its draws have gradients in its parameters and
nothing is copied to the device.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from bayesdrop import noise as bd
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.infer.dropout.stack import Stack, Tensors
from bayesdrop.noise import Noise, quadrature
from bayesdrop.programs.torch import TEMPERATURE

Shape = tuple[int, ...]


class Base:
    """Draws of simple distributions, (members, *shape), by a generator per member."""

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
        self.device = device

    def uniform(self, shape: Shape, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Draws from [0, 1)."""
        found = torch.empty((len(self.generators), *shape), dtype=dtype, device=self.device)
        for own, generator in zip(found, self.generators, strict=True):
            own.uniform_(generator=generator)
        return found

    def normal(self, shape: Shape) -> torch.Tensor:
        """Draws from N(0, 1)."""
        found = torch.empty((len(self.generators), *shape), device=self.device)
        for own, generator in zip(found, self.generators, strict=True):
            own.normal_(generator=generator)
        return found

    def gamma(self, concentration: torch.Tensor, shape: Shape) -> torch.Tensor:
        """Draws of rate 1, with gradients in the concentration, (members, 1, ...)."""
        each = [
            torch._standard_gamma(own.expand(shape), generator=generator)  # pyright: ignore[reportPrivateImportUsage]
            for own, generator in zip(concentration, self.generators, strict=True)
        ]
        return torch.stack(each).clamp_min(torch.finfo(torch.float32).tiny)


def _bernoulli(noise: bd.Bernoulli, base: Base, shape: Shape) -> torch.Tensor:
    uniform, keep = base.uniform(shape), noise.keep
    if not keep.requires_grad:
        return (uniform < keep).to(uniform.dtype)
    small = torch.finfo(uniform.dtype).eps
    u, p = (x.clamp(small, 1 - small) for x in (uniform, keep))
    return torch.sigmoid((u.logit() + p.logit()) / TEMPERATURE)


def _gaussian(noise: bd.Gaussian, base: Base, shape: Shape) -> torch.Tensor:
    return noise.mean + noise.scale * base.normal(shape)


def _half_normal(noise: bd.HalfNormal, base: Base, shape: Shape) -> torch.Tensor:
    return noise.scale * base.normal(shape).abs()


def _rayleigh(noise: bd.Rayleigh, base: Base, shape: Shape) -> torch.Tensor:
    return noise.scale * (-2 * (-base.uniform(shape)).log1p()).sqrt()


def _inverse_nakagami(noise: bd.InverseNakagami, base: Base, shape: Shape) -> torch.Tensor:
    return (noise.rate / base.gamma(noise.shape, shape)).sqrt()


def _beta(noise: bd.Beta, base: Base, shape: Shape) -> torch.Tensor:
    one, other = base.gamma(noise.a, shape), base.gamma(noise.b, shape)
    return one / (one + other)


def _regularized(noise: bd.RegularizedHalfCauchy, base: Base, shape: Shape) -> torch.Tensor:
    eta = noise.scale * (math.pi / 2 * base.uniform(shape)).tan()
    return eta / torch.hypot(torch.ones_like(eta), eta / noise.slab)


_DRAW: dict[type[Noise], Callable[..., torch.Tensor]] = {
    bd.Bernoulli: _bernoulli,
    bd.Gaussian: _gaussian,
    bd.HalfNormal: _half_normal,
    bd.Rayleigh: _rayleigh,
    bd.InverseNakagami: _inverse_nakagami,
    bd.Beta: _beta,
    bd.RegularizedHalfCauchy: _regularized,
}
"""Draws that have gradients in the noise's parameters, which may then be learned."""


def draw_on_device(
    priors: Sequence[Noise], free: Mapping[str, torch.Tensor], base: Base, shape: Shape
) -> torch.Tensor:
    """The members' noise, (members, *shape), differentiable in its free parameters.

    ``free`` maps a field to its value in every member, (members,); the priors are then alike.

    Raises
    ------
    UnsupportedModelError
        A noise of the user's own has a free parameter.
    """
    first = priors[0]
    draw = _DRAW.get(type(first))
    numbers = {f.name for f in dataclasses.fields(first)} - set(first.parameters)  # type: ignore[arg-type]
    alike = {type(prior) for prior in priors} == {type(first)}
    if draw is not None and alike and (not numbers or len(set(priors)) == 1):
        fields = {f: free[f] if f in free else _numbers(priors, f, base) for f in first.parameters}
        spread = {f: value.reshape(-1, *[1] * len(shape)) for f, value in fields.items()}
        return draw(first.bind(spread), base, shape)
    if free:
        raise UnsupportedModelError(
            f"MCDropout can't differentiate draws of {first} in its free parameter: use bd.SVI, or "
            "give the parameter as a number"
        )
    uniform = base.uniform(shape, torch.float64)
    each = [_inverted(prior, own) for prior, own in zip(priors, uniform, strict=True)]
    return torch.stack(each).float()


def _numbers(priors: Sequence[Noise], field: str, base: Base) -> torch.Tensor:
    values = [float(prior.parameter_values[field]) for prior in priors]
    return torch.tensor(values, device=base.device)


def _inverted(prior: Noise, uniform: torch.Tensor) -> torch.Tensor:
    """The quantiles of ``prior`` at ``uniform``, interpolated in its table."""
    cdf, values = (torch.as_tensor(x).to(uniform.device) for x in quadrature.quantile_table(prior))
    above = torch.searchsorted(cdf, uniform.contiguous(), right=True).clamp(1, len(cdf) - 1)
    low, high = cdf[above - 1], cdf[above]
    part = ((uniform - low) / (high - low)).clamp(0, 1)
    return values[above - 1] + part * (values[above] - values[above - 1])


class NoiseOf:
    """The function that draws every member's noise for a number of rows.

    ``rngs`` draw what NumPy draws, into one buffer, and ``None`` leaves all to PyTorch.
    """

    def __init__(self, stack: Stack, size: int, rngs: Sequence[np.random.Generator] | None) -> None:
        settings = stack.settings
        self._stack, self._rngs = stack, rngs
        self._masks, self._shared = settings.masks, settings.mask_sharing == "shared"
        self._base = Base([member.seed for member in stack.members], stack.X.device)
        tables = [member.bound.sites for member in stack.members]
        self._priors = {
            site.name: [t[i].prior for t in tables] for i, site in enumerate(stack.table)
        }
        self._scales = [site for site in stack.table if site.role == "scale"]
        lead = (len(stack.members), self._masks, 1 if self._shared else size)
        self._buffers = {
            site.name: np.empty((*lead, *site.shape), np.float32)
            for site in self._scales
            if rngs is not None and not site.parameters
        }

    def __call__(self, values: Tensors, rows: int) -> Tensors:
        """Scale name → noise (members, masks × rows, *shape), or one for all rows if shared."""
        found = {}
        for site in self._scales:
            here = 1 if self._shared else rows
            priors, shape = self._priors[site.name], (self._masks, here, *site.shape)
            if site.name in self._buffers:
                drawn = self._by_numpy(self._buffers[site.name], priors, here, site.shape)
            else:
                free = {field: values[name] for field, name in site.parameters}
                drawn = draw_on_device(priors, free, self._base, shape)
            if self._masks > 1:
                drawn = drawn.expand(-1, -1, rows, *site.shape)
            found[site.name] = drawn.flatten(1, 2)
        return found

    def _by_numpy(
        self, buffer: np.ndarray, priors: Sequence[Noise], rows: int, shape: Shape
    ) -> torch.Tensor:
        assert self._rngs is not None
        for own, prior, rng in zip(buffer, priors, self._rngs, strict=True):
            own[:, :rows] = prior.draw(rng, (self._masks, rows, *shape))
        return torch.from_numpy(buffer[:, :, :rows]).to(self._stack.X.device)
