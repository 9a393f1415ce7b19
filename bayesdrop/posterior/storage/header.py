"""The header of a saved fit: what its JSON must hold, and the types of it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Count = Annotated[int, Field(ge=1)]
Specification = dict[str, Any]
Learned = dict[str, Annotated[float, Field(allow_inf_nan=False)]]


class _Part(BaseModel):
    """Values are never converted."""

    model_config = ConfigDict(strict=True, extra="ignore")


class StoredColumn(_Part):
    """A :class:`bayesdrop.data.encoding.Column`."""

    name: str
    levels: list[str] | None = None
    fill: float | None = None


class StoredTarget(_Part):
    """A :class:`bayesdrop.data.target.Target`."""

    names: list[str]
    classes: list[bool | int | str] | None = None


class StoredWeightDraws(_Part):
    """What a file says of :class:`bayesdrop.WeightDraws` beside its arrays."""

    kind: Literal["WeightDraws"]
    learned: Learned = {}


class StoredStochasticPasses(_Part):
    """What a file says of :class:`bayesdrop.StochasticPasses` beside its arrays."""

    kind: Literal["StochasticPasses"]
    num_passes: Count
    mask_sharing: Literal["row", "shared"] = "row"
    learned: Learned = {}
    passes: Literal["all", "mean"] = "all"


class StoredFunctionDraws(_Part):
    """What a file says of :class:`bayesdrop.FunctionDraws` beside its arrays."""

    kind: Literal["FunctionDraws"]
    predictor: Specification
    num_chains: Count | None = None


class StoredExcludedChain(_Part):
    """A chain that a sampler left out."""

    chain: Annotated[int, Field(ge=0)]
    reason: str


class StoredError(_Part):
    """How far a site of a guide is from its optimum."""

    error: float
    least: float
    uncertainty: float


class StoredOptimum(_Part):
    """How far a guide is from its optimum, by site."""

    location: Annotated[dict[str, StoredError], Field(min_length=1)]
    scale: Annotated[dict[str, StoredError], Field(min_length=1)]


class StoredInfo(BaseModel):
    """Those facts of a fit that bayesdrop reads itself; there may be any others beside them."""

    model_config = ConfigDict(strict=True, extra="allow")

    num_superchains: Count | None = None
    excluded_chains: list[StoredExcludedChain] = []
    gradients: int | float = 0
    log_evidence: float | Annotated[list[float], Field(min_length=1)] = 0.0
    optimum: StoredOptimum | None = None


class Header(_Part):
    """All that a file holds beside arrays."""

    model: Specification
    form: Literal["expanded", "hierarchical", "marginal", "marginal_large"]
    inference: Specification
    chosen_inference: Specification | None = None
    seed: int
    standardize: Literal["X", "y"] | bool = True
    feature_names: list[str] = []
    columns: list[StoredColumn] | None = None
    target: StoredTarget | None = None
    result: Annotated[
        StoredWeightDraws | StoredStochasticPasses | StoredFunctionDraws,
        Field(discriminator="kind"),
    ]
    seconds: dict[str, float]
    info: StoredInfo


def header_of(text: str, format_read: int) -> Header:
    """Return the header whose JSON is ``text``.

    Raises
    ------
    ValueError
        It is no JSON, of another format, or has a wrong field. The words are to be read after the
        file's name.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"has a header that is no JSON ({error})") from error
    form = found.get("format") if isinstance(found, dict) else None
    if not isinstance(form, int):
        raise ValueError("has a header without a format")
    if form > format_read:
        raise ValueError(f"was written by a later bayesdrop (format {form})")
    if form < format_read:
        raise ValueError(
            f"was written by an earlier bayesdrop (format {form}), whose fits this one can't read: "
            "fit again, or load it with bayesdrop 0.1"
        )
    settings = found.get("result")
    if isinstance(settings, dict):
        found["result"] = settings | {"kind": found.get("kind")}
    try:
        return Header.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(f"has a header with a wrong {field}: {first['msg']}") from error
