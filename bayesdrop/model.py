"""A model: a network, a prior and a likelihood, and nothing about how it is inferred."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from bayesdrop import spec
from bayesdrop.bound import BoundModel
from bayesdrop.likelihood import Gaussian, Likelihood
from bayesdrop.network import Network
from bayesdrop.noise import Learned
from bayesdrop.prior import PerLayer, ScaleMixture
from bayesdrop.sites import FORMS, Form, Site, Variable, variables
from bayesdrop.wording import unknown

__all__ = ["Form", "Model", "Site", "sites"]


@dataclass(frozen=True)
class Model(spec.Spec, kind="model"):
    """A model is a Bayesian neural network: it says what is inferred, and nothing about how.

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
    TypeError
        A part is not of its kind.
    ValueError
        The prior puts a layer noise where the network has no residual block, or a noise on
        weight matrices that the network does not have.
    """

    network: Network
    prior: ScaleMixture = field(default_factory=ScaleMixture)
    likelihood: Likelihood = field(default_factory=Gaussian)

    def __post_init__(self) -> None:
        for name, value, kind in (
            ("network", self.network, Network),
            ("prior", self.prior, ScaleMixture),
            ("likelihood", self.likelihood, Likelihood),
        ):
            if not isinstance(value, kind):
                raise TypeError(f"Model({name}={value!r}): {name} must be a bd.{kind.__name__}")
        if self.prior.layer is not None:
            _check_layer_noise(self.network, self.prior)
        for sharing in ("unit", "weight", "group", "bias"):
            chosen = self.prior.noises[sharing]
            if isinstance(chosen, PerLayer):
                _check_matrices_exist(self.network, chosen)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON, the model's identity."""
        return spec.digest(self)

    def with_classes(self, count: int) -> Model:
        """Return this model for so many classes, where its likelihood leaves their number open."""
        return replace(self, likelihood=self.likelihood.with_classes(count))

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """List what is random beside the weights and biases; no shape of data is needed for it."""
        return tuple(variables(self.network, self.prior, self.likelihood))

    @property
    def noises(self) -> tuple[Variable, ...]:
        """List the noises: the variables that scale weights, matrix by matrix."""
        return tuple(variable for variable in self.variables if variable.role == "scale")

    def noises_of(self, layer: int) -> tuple[Variable, ...]:
        """Return the noises whose product scales weight matrix ``layer``."""
        return tuple(n for n in self.noises if n.layer == layer and n.sharing != "bias")

    @property
    def boolean_noise(self) -> Variable | None:
        """Return the first noise that is 0 or 1 (Bernoulli); ``None`` without one."""
        return next((n for n in self.noises if n.prior.support == "boolean"), None)

    @property
    def learned(self) -> dict[str, Learned]:
        """Map the name of every noise parameter that is learned to its start."""
        return dict(pair for v in self.variables for pair in v.learned.values())

    def why_not_in(self, form: Form) -> str | None:
        """Return ``None``, or in words why the model has no density in ``form``."""
        noise = self.boolean_noise
        if form == "expanded" or noise is None:
            return None
        return (
            f"{noise.name} is {noise.prior}, and in the {form} form a weight whose noise is 0 has "
            'a point mass, not a density: use form="expanded"'
        )

    def bind(
        self, input_shape: int | tuple[int, ...], n_outputs: int = 1, form: Form = "expanded"
    ) -> BoundModel:
        """Return the model for data of one shape, in one form.

        Parameters
        ----------
        input_shape
            The number of features of a row, or the shape of one row.
        n_outputs
            The number of target columns. Default 1.
        form
            ``"expanded"`` (default): λ and z, whose product is the weight. ``"hierarchical"``: λ
            and the weight. ``"marginal"``: the weight, λ integrated out. If several scales meet at
            a weight, ``"marginal"`` integrates out that of the smallest groups, and
            ``"marginal_large"`` that of the largest. The others stay variables that scale the
            weight.

        Raises
        ------
        ValueError
            Unknown ``form``; a size that is not positive; rows or targets that the network or the
            likelihood can't have; groups of a matrix of another size; or Bernoulli noise in any
            but the expanded form, where a weight whose noise is 0 has a point mass instead of a
            density.
        """
        if form not in FORMS:
            raise ValueError(unknown("form", form, FORMS))
        shape = input_shape if isinstance(input_shape, tuple) else (input_shape,)
        if not shape or min(shape) < 1 or n_outputs < 1:
            raise ValueError(
                "a model needs at least one feature and one output, not "
                f"{' × '.join(map(str, shape)) or 'none'} and {n_outputs}"
            )
        if reason := self.why_not_in(form):
            raise ValueError(reason)
        bound = BoundModel(self, tuple(int(size) for size in shape), n_outputs, form)
        _ = bound.sites  # what the network or the likelihood can't have is refused here
        return bound


def sites(
    model: Model,
    n_features: int | tuple[int, ...],
    n_outputs: int = 1,
    form: Form = "expanded",
) -> tuple[Site, ...]:
    """Return every random variable of ``model``, scales before the weights they scale.

    Weight matrix ``l`` is the site ``weight_l`` of shape (fan_in, fan_out); in the expanded form a
    scaled one is ``weight_l_base``, the z of ``w = λ z``. Biases are named in the same way. The
    noises are ``unit_scale_l`` (fan_in,), ``layer_scale_l`` (), ``weight_scale_l`` (fan_in,
    fan_out), ``group_scale_l`` (groups,) and ``bias_scale_l`` (fan_out,); a parameter that has a
    prior is the site of its noise's name and its own, ``unit_scale_l_keep``. In the marginal form
    noises that are integrated out are no sites: ``Site.integrated`` has them.

    Parameters and errors are those of :meth:`Model.bind`.
    """
    return model.bind(n_features, n_outputs, form).sites


def _check_matrices_exist(network: Network, noise: PerLayer) -> None:
    count = len(network.residual)
    absent = ("last", "hidden") if count == 1 else ("hidden",) if count == 2 else ()
    for place in absent:
        if place in noise.places:
            raise ValueError(
                f"PerLayer({place}=...) has no weight matrix to apply to: {network} has {count}, "
                f"so leave {place} out"
            )


def _check_layer_noise(network: Network, prior: ScaleMixture) -> None:
    if reason := network.why_no_layer_noise():
        raise ValueError(reason)
    if isinstance(prior.layer, PerLayer) and (prior.layer.first or prior.layer.last):
        raise ValueError(
            "layer noise (ADD) applies to hidden-to-hidden matrices, inside a residual block; "
            "PerLayer(first=..., last=...) has no block there: give only hidden=..."
        )
