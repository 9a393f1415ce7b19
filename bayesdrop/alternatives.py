"""Which other methods run a model, for the words of a refusal or of advice."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol, runtime_checkable

from bayesdrop.model import Model
from bayesdrop.spec import from_dict

_OTHERS = ("NUTS", "SVI", "MCDropout")

_asking: ContextVar[bool] = ContextVar("asking", default=False)
"""True while other methods say whether they run a model."""


@runtime_checkable
class _Method(Protocol):
    def supports(self, model: Model) -> str | None: ...


def methods_for(model: Model, *names: str, but: str | None = None) -> str:
    """Those of the methods ``names`` that run the model, with their defaults: "bd.NUTS or bd.SVI".

    If none of them does, it is those of NUTS, SVI and MCDropout that do; SVI runs every model. The
    method ``but`` is never one of them, so there may be none: "". A method that is asked here may
    refuse the model. Its words are not read, so it asks no others.
    """
    if _asking.get():
        return ""
    token = _asking.set(True)
    try:
        found = [name for name in names if name != but and _runs(name, model)]
        found = found or [name for name in _OTHERS if name != but and _runs(name, model)]
    finally:
        _asking.reset(token)
    named = [f"bd.{name}" for name in found]
    return " or ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))


def _runs(name: str, model: Model) -> bool:
    method = from_dict({"type": f"inference:{name}"})
    return isinstance(method, _Method) and method.supports(model) is None
