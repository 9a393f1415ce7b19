"""The guides by name, in Pyro."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyro.infer import autoguide

from bayesdrop.infer.vi.guides.dropout_pyro import DropoutGuide
from bayesdrop.infer.vi.guides.flow_pyro import FlowGuide
from bayesdrop.infer.vi.guides.structured_pyro import structured_guide
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.vi.svi.settings import SVI


def guide_of(settings: SVI, program: Callable[..., None], table: tuple[Site, ...]) -> Any:
    """The guide of ``settings`` for ``program``, whose sites are ``table``."""
    start: Any = {"init_loc_fn": autoguide.init_to_median, "init_scale": settings.init_scale}
    match settings.guide:
        case "mean_field":
            return autoguide.AutoDiagonalNormal(program, **start)
        case "low_rank":
            return autoguide.AutoLowRankMultivariateNormal(program, **start)
        case "full_rank":
            return autoguide.AutoMultivariateNormal(program, **start)
        case "flow":
            return FlowGuide(program, **start)
        case "structured":
            return structured_guide(program, table, **start)
        case "dropout":
            return DropoutGuide(program, table, settings.keep, **start)
