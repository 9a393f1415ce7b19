"""Which noise scales have a conditional to draw from; ``settings.py`` has the mathematics."""

from __future__ import annotations

from bayesdrop.noise import HalfCauchy, InverseNakagami, Rayleigh
from bayesdrop.sites import Site, Variable, group_sizes


def may_be_conjugate(noise: Variable) -> bool:
    """Say whether :func:`conjugate` has it for data of some shape; a unit may have one weight."""
    kind = type(noise.prior)
    return kind in (InverseNakagami, HalfCauchy) or (kind is Rayleigh and noise.sharing != "layer")


def may_move(noise: Variable) -> bool:
    """Say whether :func:`conjugate` lacks it for data of some shape: it moves with the weights."""
    kind, single = type(noise.prior), noise.sharing in ("weight", "bias")
    return not (kind in (InverseNakagami, HalfCauchy) or (kind is Rayleigh and single))


def conjugate(table: tuple[Site, ...]) -> list[Site]:
    """The scales of ``table`` whose conditional given the weights can be drawn from."""
    shapes = {site.name: site.shape for site in table}

    def drawable(site: Site) -> bool:
        kind = type(site.prior)
        alone = bool((group_sizes(site, shapes) == 1).all())
        return kind in (InverseNakagami, HalfCauchy) or (kind is Rayleigh and alone)

    return [site for site in table if site.role == "scale" and drawable(site)]
