"""The native programs of a model, and its log joint density in each of them.

Each function imports its own library when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from bayesdrop.data.checks import numbers_in
from bayesdrop.model import Model
from bayesdrop.noise.support import BOUNDS, Support, in_support
from bayesdrop.sites import Form, Site
from bayesdrop.wording import unknown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from bayesdrop.bound import BoundModel
    from bayesdrop.programs.numpyro_density import JaxDensity
    from bayesdrop.programs.torch import NoisyNetwork

__all__ = ["jax_density", "log_joint", "numpyro_model", "pyro_model", "torch_module"]


def numpyro_model(model: Model, form: Form = "expanded", n_outputs: int = 1) -> Callable[..., None]:
    """Return ``model`` as a NumPyro program ``program(X, y=None, n_rows=None)``.

    The program takes ``X`` (rows, features) and ``y`` (rows,) or (rows, outputs), in the units the
    model is stated in (``bd.fit`` standardises; this does not). If ``y`` is left out, the site
    ``"y"`` is sampled. If ``n_rows`` is given, ``X`` and ``y`` are a minibatch of that many rows,
    and the likelihood is scaled up. Any tool of NumPyro's accepts it. If JAX has not started yet,
    it will have one device per CPU core, for chains in parallel.

    Raises
    ------
    ValueError
        Bernoulli noise in a form other than the expanded one (see :func:`bayesdrop.sites`).
    """
    from bayesdrop.programs.numpyro import build

    return _bound_when_called(build, model, form, n_outputs)


def pyro_model(model: Model, form: Form = "expanded", n_outputs: int = 1) -> Callable[..., None]:
    """Return ``model`` as a Pyro program ``program(X, y=None, n_rows=None)``.

    It is like that of :func:`numpyro_model`, but ``X`` and ``y`` are tensors. Their dtype and
    device are the program's.
    """
    from bayesdrop.programs.pyro import build

    return _bound_when_called(build, model, form, n_outputs)


def _bound_when_called(
    build: Callable[[BoundModel], Callable[..., None]], model: Model, form: Form, n_outputs: int
) -> Callable[..., None]:
    """The program that binds ``model`` to the inputs it is called with."""
    if reason := model.why_not_in(form):
        raise ValueError(reason)

    def program(X: Any, y: Any = None, n_rows: int | None = None) -> None:
        build(model.bind(tuple(X.shape[1:]), n_outputs, form))(X, y, n_rows)

    return program


def torch_module(
    model: Model,
    n_features: int | tuple[int, ...],
    n_outputs: int = 1,
    mask_sharing: Literal["row", "shared"] = "row",
) -> NoisyNetwork:
    """Return ``model`` in expanded form as a ``torch.nn.Module`` with the noise on its units.

    See :class:`bayesdrop.programs.torch.NoisyNetwork`.
    """
    from bayesdrop.programs.torch import NoisyNetwork

    return NoisyNetwork(model.bind(n_features, n_outputs), mask_sharing)


def jax_density(bound: BoundModel) -> JaxDensity:
    """Return ``bound`` as a log density in JAX, on which bayesdrop's own samplers move.

    It gives the log density of unconstrained values, a draw of the prior to start at, and the way
    back to the sites' own support: what a sampler of your own needs. Noises that are 0 or 1
    (Bernoulli) are sites too, and have no gradient: a method refuses them in ``supports``. A
    parameter that is ``Learned`` has its start. If JAX has not started yet, it will have one device
    per CPU core.
    """
    from bayesdrop.programs.numpyro import build
    from bayesdrop.programs.numpyro_density import JaxDensity

    return JaxDensity(build(bound), bound.sites)


def log_joint(
    model: Model,
    values: Mapping[str, ArrayLike],
    X: ArrayLike,
    y: ArrayLike,
    backend: Literal["numpyro", "pyro"] = "numpyro",
    form: Form = "expanded",
) -> float:
    """Return log p(y, values | X) in float64, by the native program's own accounting.

    Parameters
    ----------
    values
        Site name → value in the site's own support (no Jacobians enter). A noise parameter that
        is learned may be given as well, by its name; otherwise it has its initial value.
    X, y
        (rows, features), and (rows,) or (rows, outputs); taken as they are, not standardised.
    backend
        Which program computes it. Default ``"numpyro"``.
    form
        Default ``"expanded"``.

    Raises
    ------
    ValueError
        Unknown backend or form, a ``y`` that the likelihood can't have, missing or unknown sites,
        or a value of the wrong shape or outside its site's support.
    """
    import numpy as np

    X, y = numbers_in(X, "X"), numbers_in(y, "y")
    n_outputs = 1 if y.ndim == 1 else y.shape[1]
    model.likelihood.check_target(y)
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    bound = model.bind(X.shape[1:], n_outputs, form)
    _check_values(arrays, bound.sites)
    if backend == "numpyro":
        from bayesdrop.programs.numpyro import log_joint as native
    elif backend == "pyro":
        from bayesdrop.programs.pyro import log_joint as native
    else:
        raise ValueError(unknown("backend", backend, ("numpyro", "pyro")))
    return native(bound, arrays, X, y)


def _check_values(values: Mapping[str, Any], table: tuple[Site, ...]) -> None:
    learned: dict[str, Support] = {
        name: site.prior.parameters[field]
        for site in (*table, *(s.integrated for s in table if s.integrated is not None))
        for field, (name, _) in site.learned.items()
    }
    known = {site.name for site in table} | set(learned)
    for name, value in values.items():
        if name not in known:
            raise ValueError(unknown("site", name, known))
        if name in learned and value.shape != ():
            raise ValueError(f"{name!r} is a single number, its value has shape {value.shape}")
        if name in learned and not BOUNDS[learned[name]][0] < value < BOUNDS[learned[name]][1]:
            raise ValueError(f"{name!r} is {learned[name]}, its value is not: {value}")
    for site in table:
        if site.name not in values:
            raise ValueError(f"no value for site {site.name!r} of shape {site.shape}")
        value = values[site.name]
        if value.shape != site.shape:
            raise ValueError(f"site {site.name!r} has shape {site.shape}, its value {value.shape}")
        if not in_support(value, site.prior).all():
            kind = f"in {site.prior.bounds}" if site.support == "interval" else site.support
            raise ValueError(f"site {site.name!r} is {kind}, its value is not: {value}")
