"""A model bound to the shapes of data: its sites, its forward pass, the weights it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from bayesdrop import forward
from bayesdrop.family import Parameters
from bayesdrop.forward import Use
from bayesdrop.network import Layer
from bayesdrop.site_table import site_table
from bayesdrop.sites import Form, Site

if TYPE_CHECKING:
    from bayesdrop.model import Model


RowTerm = Literal["exposure", "sample_weight"]
"""What a row may have beside its inputs and its target."""


class Observation(NamedTuple):
    """What rows were observed to be, for a log likelihood.

    Attributes
    ----------
    parameters
        The likelihood's parameters, at the rows' exposure.
    target
        (..., rows, outputs).
    weight
        The factor of each row's log likelihood, (..., rows); ``None``: all are 1.
    """

    parameters: Parameters
    target: Any
    weight: Any


@dataclass(frozen=True)
class BoundModel:
    """A bound model says what a model is for data of one shape, in one form.

    :meth:`bayesdrop.Model.bind` makes it once for a fit, and the program, the method and the
    posterior take it. Two that are equal have the same sites, so it can be a key.

    Attributes
    ----------
    model
        The model.
    input_shape
        The shape of one row of inputs, such as ``(13,)``.
    n_outputs
        The number of target columns.
    form
        ``"expanded"``, ``"hierarchical"``, ``"marginal"`` or ``"marginal_large"``.
    row_terms
        What the training rows have beside inputs and target. Each is a column that follows those
        of the target in the ``y`` of programs. Default: nothing.
    """

    model: Model
    input_shape: tuple[int, ...]
    n_outputs: int
    form: Form
    row_terms: tuple[RowTerm, ...] = ()

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """List every random variable, scales before the weights they scale."""
        model = self.model
        return site_table(
            model.network,
            model.prior,
            model.likelihood,
            self.input_shape,
            self.n_outputs,
            self.form,
        )

    @cached_property
    def by_name(self) -> Mapping[str, Site]:
        """Map each name to its site."""
        return {site.name: site for site in self.sites}

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """List the weight matrices of the network."""
        outputs = self.model.likelihood.network_outputs(self.n_outputs)
        return self.model.network.layers(self.input_shape, outputs)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """List every use of a weight in the forward pass of one row, in its order."""
        return forward.uses(self.model.network, self.layers, self.input_shape)

    @property
    def shares_weights(self) -> bool:
        """Say whether a row uses some weight at several places, whatever the network says."""
        layers = [use.layer for use in self.uses]
        return len(set(layers)) < len(layers) or any(use.places > 1 for use in self.uses)

    @property
    def noises(self) -> tuple[Site, ...]:
        """List the sites that scale weights."""
        return tuple(site for site in self.sites if site.role == "scale")

    @cached_property
    def integrated(self) -> tuple[Site, ...]:
        """List the scales that a marginal form integrates out; they are no sites of the program."""
        scales = (site.integrated for site in self.sites)
        return tuple({scale.name: scale for scale in scales if scale is not None}.values())

    @property
    def n_columns(self) -> int:
        """Count the columns of the ``y`` of programs: the targets, and then ``row_terms``."""
        return self.n_outputs + len(self.row_terms)

    def observed(self, parameters: Parameters, y: Any) -> Observation:
        """Return what ``y`` (..., rows, columns) says of rows that have these ``parameters``."""
        if not self.row_terms:
            return Observation(parameters, y, None)
        ends = range(self.n_outputs, self.n_columns)
        terms = {n: y[..., end : end + 1] for n, end in zip(self.row_terms, ends, strict=True)}
        if "exposure" in terms:
            parameters = self.model.likelihood.exposed(parameters, terms["exposure"])
        weight = terms["sample_weight"][..., 0] if "sample_weight" in terms else None
        return Observation(parameters, y[..., : self.n_outputs], weight)

    def weights(self, values: Mapping[str, Any]) -> dict[tuple[str, int], Any]:
        """Map ``(role, layer)`` to the weights and biases the network uses, scales multiplied in.

        ``values`` maps site names to arrays with any leading axes (draws). Scales that are absent
        from it are not multiplied in.
        """
        return forward.effective(self.sites, values)

    def output(
        self, values: Mapping[str, Any], X: Any, row_noise: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the network's output (..., rows, network outputs), given as to :meth:`forward`."""
        return forward.network_output(self.model.network, self.sites, values, X, row_noise)

    def forward(
        self, values: Mapping[str, Any], X: Any, row_noise: Mapping[str, Any] | None = None
    ) -> Parameters:
        """Return the likelihood's parameters, each (..., rows, outputs, ...).

        This is the one forward pass.

        Parameters
        ----------
        values
            Site name → array with any leading axes (draws), of NumPy, JAX or PyTorch.
        X
            Inputs, (rows, *input_shape), of the same library.
        row_noise
            Expanded form: scale name → array (..., rows, *shape), a noise of its own for every
            row, which multiplies the units. Those scales must not be in ``values``.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # predictions refuse what is not finite
            return self.model.likelihood.parameters(self.output(values, X, row_noise), values)
