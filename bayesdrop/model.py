"""A model, and the table of its random variables that every program is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bayesdrop import spec
from bayesdrop.likelihood import Gaussian, Likelihood
from bayesdrop.network import Layer, Network
from bayesdrop.network.activations import ACTIVATIONS
from bayesdrop.noise import Gaussian as GaussianNoise
from bayesdrop.noise import Learned, Noise
from bayesdrop.noise.support import Support
from bayesdrop.prior import PerLayer, ScaleMixture

Form = Literal["expanded", "hierarchical"]
Role = Literal["weight", "bias", "scale", "likelihood", "parameter"]
Scaling = tuple[str, tuple[int, ...]]
"""A site's name and the axes of the weight along which the scale varies."""


@dataclass(frozen=True)
class Model(spec.Spec, kind="model"):
    """A Bayesian neural network: what is inferred, and nothing about how.

    Parameters
    ----------
    network
        The architecture.
    prior
        Which weights share which noise. Default: a plain Gaussian prior.
    likelihood
        The target's distribution. Default: Gaussian with a learned scale.

    Raises
    ------
    ValueError
        The prior puts a layer noise where the network has no residual block, or a noise on
        weight matrices that the network does not have.
    """

    network: Network
    prior: ScaleMixture = field(default_factory=ScaleMixture)
    likelihood: Likelihood = field(default_factory=Gaussian)

    def __post_init__(self) -> None:
        for name, kind in (
            ("network", Network),
            ("prior", ScaleMixture),
            ("likelihood", Likelihood),
        ):
            if not isinstance(value := getattr(self, name), kind):
                raise TypeError(f"Model({name}={value!r}): {name} must be a bd.{kind.__name__}")
        if self.prior.layer is not None:
            _check_layer_noise(self.network, self.prior.layer)
        for chosen in (self.prior.unit, self.prior.weight):
            if isinstance(chosen, PerLayer):
                _check_matrices_exist(self.network, chosen)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the model's identity."""
        return spec.digest(self)

    @property
    def learned(self) -> dict[str, Learned]:
        """Name → start of every noise parameter that is learned."""
        return dict(pair for site in sites(self, 1) for pair in site.learned.values())


@dataclass(frozen=True)
class Site:
    """One random variable of a model, the same in every program.

    Attributes
    ----------
    name, shape, support, role
        As the programs declare them; ``role`` is what the variable is for, ``"parameter"`` being
        a parameter of another site's prior.
    layer
        Index of the weight matrix it belongs to; ``None`` for the likelihood's.
    prior
        Its distribution; that of a scaled weight is ``N(0, prior.scale²)`` before scaling.
    scales
        For a scale: each weight or bias site it scales, and along which of its axes it varies.
    multiplied_by
        Expanded form: the scales that multiply the value wherever it is used.
    scaled_by
        Hierarchical form: the scales that multiply its prior standard deviation.
    parameters
        Field of ``prior`` → the name of the site it is, or of the value that is learned.
    """

    name: str
    shape: tuple[int, ...]
    support: Support
    role: Role
    layer: int | None
    prior: Noise
    scales: tuple[Scaling, ...] = ()
    multiplied_by: tuple[Scaling, ...] = ()
    scaled_by: tuple[Scaling, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def learned(self) -> dict[str, tuple[str, Learned]]:
        """Field of ``prior`` → the name and start of the value that is learned."""
        free = self.prior.free
        return {f: (name, v) for f, name in self.parameters if isinstance(v := free[f], Learned)}

    def bound_prior(self, values: Mapping[str, Any]) -> Noise:
        """``prior`` with its free parameters taken from ``values``, by name."""
        return self.prior.bind({field: values[name] for field, name in self.parameters})


def sites(
    model: Model, n_features: int, n_outputs: int = 1, form: Form = "expanded"
) -> tuple[Site, ...]:
    """Every random variable of ``model``, scales before the weights they scale.

    Weight matrix ``l`` is the site ``weight_l`` of shape (fan_in, fan_out); in the expanded form
    a scaled one is ``weight_l_base``, the z of ``w = λ z``. Likewise biases. The noises are
    ``unit_scale_l`` (fan_in,), ``layer_scale_l`` () and ``weight_scale_l`` (fan_in, fan_out); a
    parameter that has a prior is the site of its noise's name and its own, ``unit_scale_l_keep``.

    Raises
    ------
    ValueError
        Unknown ``form``, non-positive sizes, or Bernoulli noise in the hierarchical form, where
        a weight whose noise is 0 has a point mass instead of a density.
    """
    if form not in ("expanded", "hierarchical"):
        raise ValueError(spec.unknown("form", form, ("expanded", "hierarchical")))
    if n_features < 1 or n_outputs < 1:
        raise ValueError(
            f"a model needs at least one feature and one output, not {n_features} and {n_outputs}"
        )
    layers = model.network.layers(n_features, model.likelihood.network_outputs(n_outputs))
    table: list[Site] = []
    for index, layer in enumerate(layers):
        table += _layer_sites(model.prior, index, layer, len(layers), form)
    for name, (shape, prior) in model.likelihood.latent(n_outputs).items():
        table += _with_parameters(Site(name, shape, prior.support, "likelihood", None, prior))
    return tuple(table)


def _with_parameters(site: Site) -> list[Site]:
    """``site`` after the sites of those of its prior's parameters that have a prior."""
    free = site.prior.free
    before: list[Site] = []
    for parameter, prior in free.items():
        if isinstance(prior, Noise):
            name = f"{site.name}_{parameter}"
            own = Site(name, (), prior.support, "parameter", site.layer, prior)
            before += _with_parameters(own)
    names = tuple((parameter, f"{site.name}_{parameter}") for parameter in free)
    return [*before, replace(site, parameters=names)]


def _layer_sites(
    prior: ScaleMixture, index: int, layer: Layer, n_layers: int, form: Form
) -> list[Site]:
    shape = (layer.fan_in, layer.fan_out)
    noises = {
        "unit": (prior.noise("unit", index, n_layers), (0,)),
        "layer": (prior.noise("layer", index, n_layers) if layer.residual else None, ()),
        "weight": (prior.noise("weight", index, n_layers), (0, 1)),
    }
    present = {f"{s}_scale_{index}": (noise, axes) for s, (noise, axes) in noises.items() if noise}
    weight_scaling = tuple((name, axes) for name, (_, axes) in present.items())
    bias_scaling = tuple((name, axes) for name, axes in weight_scaling if axes == ())
    weight = _scaled("weight", index, shape, prior.weight_scale(layer.fan_in), weight_scaling, form)
    bias = _scaled("bias", index, (layer.fan_out,), prior.bias_scale, bias_scaling, form)

    scales: list[Site] = []
    for name, (noise, axes) in present.items():
        if form == "hierarchical" and noise.support == "boolean":
            raise ValueError(
                f"{name} is {noise}, and in the hierarchical form a weight whose noise is 0 has a "
                'point mass, not a density: use form="expanded"'
            )
        targets = [(weight.name, axes)] + ([(bias.name, ())] if axes == () else [])
        noise_shape = tuple(shape[axis] for axis in axes)
        scales += _with_parameters(
            Site(name, noise_shape, noise.support, "scale", index, noise, scales=tuple(targets))
        )
    return [*scales, weight, bias]


def _scaled(
    role: Literal["weight", "bias"],
    index: int,
    shape: tuple[int, ...],
    scale: float,
    scaling: tuple[Scaling, ...],
    form: Form,
) -> Site:
    prior = GaussianNoise(scale)
    name = f"{role}_{index}"
    if form == "hierarchical":
        return Site(name, shape, "real", role, index, prior, scaled_by=scaling)
    name += "_base" if scaling else ""
    return Site(name, shape, "real", role, index, prior, multiplied_by=scaling)


def _check_matrices_exist(network: Network, noise: PerLayer) -> None:
    count = len(network.layers(1, 1))
    absent = ("last", "hidden") if count == 1 else ("hidden",) if count == 2 else ()
    for name in absent:
        if getattr(noise, name) is not None:
            raise ValueError(
                f"PerLayer({name}=...) has no weight matrix to apply to: {network} has {count}, "
                f"so leave {name} out"
            )


def _check_layer_noise(network: Network, noise: Noise | PerLayer) -> None:
    layers = network.layers(1, 1)
    if not any(layer.residual for layer in layers):
        raise ValueError(
            f"layer noise (ADD) needs residual blocks, and {network} has none: with τ → 0 a layer "
            "without a skip would cut the network in two. Use bd.ResNet with depth >= 2"
        )
    if isinstance(noise, PerLayer) and (noise.first or noise.last):
        raise ValueError(
            "layer noise (ADD) applies to hidden-to-hidden matrices, inside a residual block; "
            "PerLayer(first=..., last=...) has no block there: give only hidden=..."
        )
    activation = getattr(network, "activation", None)
    if activation in ACTIVATIONS:
        import numpy as np

        if ACTIVATIONS[activation](np.zeros(1))[0] != 0:
            raise ValueError(
                f"layer noise (ADD) with activation {activation!r}: f(0) is not 0, so τ → 0 would "
                "not leave the identity. Use relu, leaky_relu, elu, erf, silu or tanh"
            )
