"""The guide of :mod:`bayesdrop.infer.vi.guides.dropout_numpyro`, in Pyro."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from pyro.infer import autoguide
from pyro.nn import PyroParam

from bayesdrop.infer.vi.guides.layout import positions, rows
from bayesdrop.sites import Site


class DropoutGuide(autoguide.AutoContinuous):
    """Rows of weights from the mixture, everything else from independent normals."""

    def __init__(
        self,
        program: Callable[..., None],
        table: tuple[Site, ...],
        keep: float,
        init_loc_fn: Any,
        init_scale: float,
    ) -> None:
        super().__init__(program, init_loc_fn=init_loc_fn)
        self._table, self._keep, self._init_scale = table, keep, init_scale

    def _setup_prototype(self, *args: Any, **kwargs: Any) -> None:
        super()._setup_prototype(*args, **kwargs)
        row_of, self._num_rows = rows(
            self._table, positions(self._unconstrained_shapes, self._table)
        )
        others = row_of == self._num_rows
        group = row_of.copy()  # elements of a row share their scale
        group[others] += range(int(others.sum()))
        self._row_of, self._group = torch.as_tensor(row_of), torch.as_tensor(group)
        self.loc = torch.nn.Parameter(self._init_loc())
        start = self.loc.new_full((int(group.max()) + 1,), self._init_scale)
        self.scale = PyroParam(start, constraints.softplus_positive)

    def get_posterior(self, *args: Any, **kwargs: Any) -> Any:
        return RowMixture(
            self.loc, self.scale[self._group], self._keep, self._row_of, self._num_rows
        )


class RowMixture(dist.TorchDistribution):
    """Pyro's :class:`bayesdrop.infer.vi.guides.dropout_numpyro.RowMixture`."""

    has_rsample = True

    def __init__(
        self, loc: torch.Tensor, scale: Any, keep: float, row_of: torch.Tensor, num_rows: int
    ) -> None:
        self.loc, self.scale, self.keep = loc, scale, keep
        self._row_of, self._num_rows = row_of, num_rows
        super().__init__(torch.Size(), loc.shape)

    @property
    def support(self) -> Any:
        return constraints.real_vector

    @property
    def arg_constraints(self) -> Any:
        return {"loc": constraints.real_vector, "scale": constraints.softplus_positive}

    def rsample(self, sample_shape: Any = ()) -> torch.Tensor:
        ones = self.loc.new_ones((*sample_shape, 1))
        mask = torch.bernoulli(self.keep * self.loc.new_ones((*sample_shape, self._num_rows)))
        mask = torch.cat([mask, ones], -1)[..., self._row_of]
        noise = torch.randn((*sample_shape, *self.event_shape)).to(self.loc)
        return mask * self.loc + self.scale * noise

    def log_prob(self, value: torch.Tensor) -> torch.Tensor:
        kept = self._per_row(dist.Normal(self.loc, self.scale).log_prob(value))
        dropped = self._per_row(dist.Normal(0.0, self.scale).log_prob(value))
        mixed = torch.logaddexp(
            math.log(self.keep) + kept[..., :-1], math.log1p(-self.keep) + dropped[..., :-1]
        )
        return mixed.sum(-1) + kept[..., -1]

    def _per_row(self, terms: torch.Tensor) -> torch.Tensor:
        """Sums over the elements of every row, and last over what is in none."""
        sums = terms.new_zeros((*terms.shape[:-1], self._num_rows + 1))
        return sums.index_add(-1, self._row_of, terms)
