"""The table of models: noise, structure, induced prior, likelihood, and what can run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesdrop.groups import Groups
from bayesdrop.model import Model
from bayesdrop.noise import Learned, Noise
from bayesdrop.prior import PLACES, PerLayer
from bayesdrop.show.matrices import noises

if TYPE_CHECKING:
    from bayesdrop.infer.base import Inference

_FAMILY = 3  # names of one beginning that the table says as one


@dataclass(frozen=True)
class ModelRow:
    """What the table says of one model; every field is text.

    Attributes
    ----------
    model
        Its name.
    noise
        Every noise of its prior, as ``InverseNakagami(3,3)``.
    structure
        :attr:`bayesdrop.ScaleMixture.structure`.
    prior
        The marginal prior of a weight; where matrices differ, of each.
    likelihood
        The likelihood's class.
    methods
        Which methods can run it: ``"all"``, ``"all but ..."`` or the names; ``svi_*`` for
        all that begin so. Empty if none was asked about.
    """

    model: str
    noise: str
    structure: str
    prior: str
    likelihood: str
    methods: str


def model_row(name: str, model: Model, methods: Mapping[str, Inference]) -> ModelRow:
    """The row of ``model``; imports no framework."""
    runs = [method for method, inference in methods.items() if inference.supports(model) is None]
    return ModelRow(
        model=name,
        noise=", ".join(dict.fromkeys(map(short, _noises(model)))) or "none",
        structure=model.prior.structure,
        prior=_induced(model),
        likelihood=type(model.likelihood).__name__,
        methods=_compact(runs, list(methods)),
    )


def short(noise: Noise | Learned) -> str:
    """``InverseNakagami(3,3)``: the settings without their names, and no space to wrap at."""
    values = noise.__getstate__().values()
    settings = (f"{v:g}" if isinstance(v, (int, float)) else short(v) for v in values)
    return f"{type(noise).__name__}({','.join(settings)})"


def induced_prior(noise: Noise) -> str:
    """What the marginal prior is called, and what it is given if a parameter has a prior."""
    given = [field for field, value in noise.free.items() if isinstance(value, Noise)]
    return noise.induced_prior + (f" given its {' and '.join(given)}" if given else "")


def _noises(model: Model) -> Iterable[Noise]:
    for chosen in model.prior.noises.values():
        per_layer = isinstance(chosen, PerLayer)
        at = (chosen.first, chosen.hidden, chosen.last) if per_layer else (chosen,)
        each = (one.noise if isinstance(one, Groups) else one for one in at)
        yield from (noise for noise in each if noise is not None)


def _induced(model: Model) -> str:
    """The marginal priors, each with the matrices that have it unless it is the only one."""
    count = len(model.network.residual)
    places: dict[str, list[str]] = {}
    for layer in range(count):
        on_it = noises(model, layer)
        place = PLACES[0] if layer == 0 else PLACES[2] if layer == count - 1 else PLACES[1]
        induced = induced_prior(on_it[0]) if len(on_it) == 1 else "numerical" if on_it else "normal"
        if place not in places.setdefault(induced, []):
            places[induced].append(place)
    if len(places) == 1:
        return next(iter(places))
    return "; ".join(f"{induced} ({', '.join(where)})" for induced, where in places.items())


def _compact(runs: list[str], every: list[str]) -> str:
    if not every:
        return ""
    missing = [name for name in every if name not in runs]
    if not missing:
        return "all"
    if not runs:
        return "none"
    if len(missing) < len(runs):
        return f"all but {', '.join(_folded(missing, every))}"
    return ", ".join(_folded(runs, every))


def _folded(some: list[str], every: list[str]) -> list[str]:
    """``some`` with ``svi_*`` in place of all names that begin so, if there are several."""

    def fold(name: str) -> str:
        words = name.split("_")
        for prefix in ("_".join(words[:n]) + "_" for n in range(1, len(words))):
            family = [other for other in every if other.startswith(prefix)]
            if len(family) >= _FAMILY and set(family) <= set(some):
                return f"{prefix}*"
        return name

    return list(dict.fromkeys(map(fold, some)))
