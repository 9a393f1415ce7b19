"""What a sampler moves in: the model in coordinates of its own, without what is integrated out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bayesdrop.bound import BoundModel
from bayesdrop.infer.engine.widths import Widths, prior_widths
from bayesdrop.infer.mcmc import noise_scale
from bayesdrop.infer.mcmc.centring import coordinates, own_values, partly_centred
from bayesdrop.infer.mcmc.kernel import Rows
from bayesdrop.programs.numpyro import build

if TYPE_CHECKING:
    import jax

Values = dict[str, "jax.Array"]


class Target(NamedTuple):
    """A sampler's density, and the way back from it to the model.

    Attributes
    ----------
    program
        The NumPyro program of what the sampler moves.
    widths
        How wide the priors of the program's sites are.
    own
        ``own(values)`` → ``values`` of the program's sites, with those of the model that the
        sampler moves in other coordinates.
    complete
        ``complete(key, values, rows)`` → ``values``, with the sites that were integrated out drawn
        given them.
    """

    program: Callable[..., None]
    widths: Widths
    own: Callable[[Mapping[str, jax.Array]], Values]
    complete: Callable[[jax.Array, Values, Rows], Values]


def sampled(
    bound: BoundModel,
    centring: float | None,
    integrate_noise_scale: bool,
    held: Collection[str] = (),
) -> Target:
    """The target of a sampler with these settings.

    ``centring`` is the crossover of :func:`bayesdrop.infer.mcmc.centring.coordinates`, or
    ``None`` for the form's own sites. The noise scale is integrated out where it can be. ``held``
    names scales that the sampler does not move.
    """
    moved = {} if centring is None else coordinates(bound, centring, held)
    names = {name: other.name for name, other in moved.items()}
    widths = tuple((names.get(name, name), width) for name, width in prior_widths(bound.sites))
    own = partial(own_values, moved)
    program = partly_centred(build(bound), moved)
    if not (integrate_noise_scale and noise_scale.can_integrate(bound)):
        return Target(program, widths, own, lambda key, values, rows: values)
    return Target(
        noise_scale.integrated(program, bound),
        widths,
        own,
        lambda key, values, rows: noise_scale.drawn(key, bound, values, *rows),
    )
