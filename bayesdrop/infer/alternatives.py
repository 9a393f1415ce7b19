"""Which other methods run a model, for the words of a refusal."""

from __future__ import annotations

from contextvars import ContextVar

from bayesdrop.infer.base import Inference
from bayesdrop.model import Model
from bayesdrop.spec import from_dict

_OTHERS = ("NUTS", "SVI", "MCDropout")

_asking: ContextVar[bool] = ContextVar("asking", default=False)
"""True while other methods say whether they run a model."""


def methods_for(model: Model, *names: str) -> str:
    """Those of the methods ``names`` that run the model, with their defaults: "bd.NUTS or bd.SVI".

    If none of them does, it is those of NUTS, SVI and MCDropout that do; SVI runs every model. A
    method that is asked here may refuse the model. Its words are not read, so it asks no others.
    """
    if _asking.get():
        return ""
    token = _asking.set(True)
    try:
        found = [name for name in names if _runs(name, model)]
        found = found or [name for name in _OTHERS if _runs(name, model)]
    finally:
        _asking.reset(token)
    *others, last = (f"bd.{name}" for name in found)
    return f"{', '.join(others)} or {last}" if others else last


def _runs(name: str, model: Model) -> bool:
    return from_dict({"type": f"inference:{name}"}, Inference).supports(model) is None
