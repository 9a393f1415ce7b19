"""A warning of weights that are moved beside their scales, without being centred."""

from __future__ import annotations

import logging

from bayesdrop.bound import BoundModel
from bayesdrop.infer.base import Inference
from bayesdrop.wording import some

_log = logging.getLogger("bayesdrop")


def warn_of_funnels(method: Inference, bound: BoundModel, centring: float | None) -> None:
    """Log that chains may miss small scales, where ``method`` has no ``centring`` against that."""
    scales = {name for site in bound.sites for name, _ in site.scaled_by}
    if centring is not None or not scales:
        return
    _log.warning(
        "%s(form=%r, centring=None) moves weights beside their scales %s. Where such a scale is "
        "near 0 its weights are too (Neal's funnel), and chains may miss that region without a "
        'sign of it: leave centring at its default, or use form="expanded"',
        type(method).__name__,
        bound.form,
        some(sorted(scales)),
    )
