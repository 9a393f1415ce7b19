"""What a sampler moves in: the model in coordinates of its own, without what is integrated out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bayesdrop.bound import BoundModel
from bayesdrop.infer.mcmc import noise_scale
from bayesdrop.infer.mcmc.centring import partly_centred
from bayesdrop.infer.mcmc.kernel import Rows
from bayesdrop.programs.numpyro import build

Values = dict[str, Any]


class Target(NamedTuple):
    """A sampler's density, and the way back from it to the model.

    Attributes
    ----------
    program
        The NumPyro program of what the sampler moves.
    complete
        ``complete(key, values, rows)`` → ``values``, with the sites that were integrated out drawn
        given them.
    """

    program: Callable[..., None]
    complete: Callable[[Any, Values, Rows], Values]


def sampled(bound: BoundModel, centring: float | None, integrate_noise_scale: bool) -> Target:
    """The target of a sampler with these settings.

    ``centring`` is the crossover of :func:`bayesdrop.infer.mcmc.centring.partly_centred`, or
    ``None`` for the form's own sites. The noise scale is integrated out where it can be.
    """
    program = build(bound)
    if centring is not None:
        program = partly_centred(program, bound, centring)
    if not (integrate_noise_scale and noise_scale.can_integrate(bound)):
        return Target(program, lambda key, values, rows: values)
    return Target(
        noise_scale.integrated(program, bound),
        lambda key, values, rows: noise_scale.drawn(key, bound, values, *rows),
    )
