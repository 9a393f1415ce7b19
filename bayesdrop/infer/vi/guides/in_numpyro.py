"""The guides by name, in NumPyro."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from numpyro.infer import autoguide

from bayesdrop.infer.vi.guides.dropout_numpyro import DropoutGuide
from bayesdrop.infer.vi.guides.flow_numpyro import FlowGuide
from bayesdrop.infer.vi.guides.full_rank_numpyro import FullRankGuide
from bayesdrop.infer.vi.guides.structured_numpyro import StructuredGuide
from bayesdrop.sites import Site

if TYPE_CHECKING:
    from bayesdrop.infer.vi.svi.settings import SVI


def guide_of(
    settings: SVI, program: Callable[..., None], table: tuple[Site, ...], init_loc_fn: Any
) -> Any:
    """The guide of ``settings`` for ``program``, whose sites are ``table``.

    ``init_loc_fn`` is NumPyro's: where the guide's location starts.
    """
    start: Any = {"init_loc_fn": init_loc_fn, "init_scale": settings.init_scale}
    match settings.guide:
        case "mean_field":
            return autoguide.AutoDiagonalNormal(program, **start)
        case "low_rank":
            return autoguide.AutoLowRankMultivariateNormal(program, **start)
        case "full_rank":
            return FullRankGuide(program, **start)
        case "flow":
            return FlowGuide(program, **start)
        case "structured":
            return StructuredGuide(program, table, **start)
        case "dropout":
            return DropoutGuide(program, table, settings.keep, **start)
