"""The header of a saved fit: what its JSON must hold, and the types of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bayesdrop.files import RefusedFileError
from bayesdrop.posterior.storage.stored_json import format_of, read_json, validated

Count = Annotated[int, Field(ge=1, le=10**9)]
Specification = dict[str, Any]
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[int | float, Field(allow_inf_nan=False, ge=0, le=1e18)]
Error = Annotated[float, Field(ge=0)]
"""A size, which may be infinite; NaN is none."""

Learned = dict[str, Number]


class _Part(BaseModel):
    """Values are never converted."""

    model_config = ConfigDict(strict=True, extra="ignore")


class StoredColumn(_Part):
    """A :class:`bayesdrop.data.encoding.Column`."""

    name: str
    levels: list[str] | None = None
    fill: Number | None = None


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

    error: Error
    least: Error
    uncertainty: Error


class StoredOptimum(_Part):
    """How far a guide is from its optimum, by site."""

    location: Annotated[dict[str, StoredError], Field(min_length=1)]
    scale: Annotated[dict[str, StoredError], Field(min_length=1)]


class StoredMember(BaseModel):
    """What a verdict on a stack reads of a member."""

    model_config = ConfigDict(strict=True, extra="allow")

    converged: bool | None = None
    summary: str = ""


class StoredInfo(BaseModel):
    """Those facts of a fit that bayesdrop reads itself; there may be any others beside them."""

    model_config = ConfigDict(strict=True, extra="allow")

    num_superchains: Count | None = None
    excluded_chains: list[StoredExcludedChain] = []
    gradients: Positive = 0
    log_evidence: Number | Annotated[list[Number], Field(min_length=1)] = 0.0
    optimum: StoredOptimum = Field(default=None)  # type: ignore[assignment]  # no null in a file
    stack_members: dict[str, StoredMember] = {}


class Header(_Part):
    """All that a file holds beside arrays."""

    model: Specification
    form: Literal["expanded", "hierarchical", "marginal", "marginal_large"]
    inference: Specification
    chosen_inference: Specification | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    standardize: Literal["X", "y"] | bool = True
    feature_names: list[str] = []
    columns: list[StoredColumn] | None = None
    target: StoredTarget | None = None
    result: Annotated[
        StoredWeightDraws | StoredStochasticPasses | StoredFunctionDraws,
        Field(discriminator="kind"),
    ]
    seconds: dict[str, Positive]
    info: StoredInfo


def header_of(text: str, format_read: int) -> Header:
    """Return the header whose JSON is ``text``.

    Raises
    ------
    RefusedFileError
        It is no JSON, of another format, or has a wrong field.
    """
    found = read_json(text, format_read)
    form = format_of(found)
    if form is None:
        raise RefusedFileError("has a header without a format")
    if form < format_read:
        raise RefusedFileError(
            f"was written by an earlier bayesdrop (format {form}), whose fits this one can't read: "
            "fit again, or load it with bayesdrop 0.1"
        )
    settings = found.get("result")
    if isinstance(settings, dict):
        found["result"] = settings | {"kind": found.get("kind")}
    return validated(found, Header)
