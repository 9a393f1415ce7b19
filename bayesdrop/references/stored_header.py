"""The header of a reference's file: what its JSON must hold, and the types of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bayesdrop import spec
from bayesdrop.files import RefusedFileError
from bayesdrop.infer.base import Inference
from bayesdrop.posterior.storage.stored_json import read_json, validated
from bayesdrop.references.checks import Mixed
from bayesdrop.references.reference import Run

Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    """Values are never converted."""

    model_config = ConfigDict(strict=True, extra="forbid")


class StoredMixed(_Part):
    """A :class:`bayesdrop.references.checks.Mixed`."""

    num_chains: Count
    num_draws: Count
    max_rhat: Number
    max_rhat_f: Number
    min_bulk_ess: Number
    min_tail_ess: Number
    divergences: Count
    left_out: Count


class StoredRun(_Part):
    """A :class:`bayesdrop.references.reference.Run`."""

    sampler: dict[str, Any]
    seed: Count
    seconds: Number
    mixed: StoredMixed

    def found(self) -> Run:
        """Return the run."""
        sampler = spec.from_dict(self.sampler, Inference)
        return Run(sampler, self.seed, self.seconds, Mixed(**self.mixed.model_dump()))


class HeaderOfReference(_Part):
    """All that a file holds beside arrays."""

    format: Count
    problem: dict[str, Any]
    runs: Annotated[list[StoredRun], Field(min_length=2, max_length=2)]
    disagreement: dict[str, Number]
    versions: dict[str, str]
    dataset_sha256: str
    rows_sha256: str

    def runs_found(self) -> tuple[Run, Run]:
        """Return the two runs.

        Raises
        ------
        RefusedFileError
            The settings of a sampler are no settings.
        """
        try:
            first, second = (run.found() for run in self.runs)
        except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise RefusedFileError(f"has a wrong sampler: {error}") from error
        return first, second


def header_of(text: str, format_read: int) -> HeaderOfReference:
    """Return the header whose JSON is ``text``.

    Raises
    ------
    RefusedFileError
        It is no JSON, of a later format, or has a wrong field.
    """
    return validated(read_json(text, format_read), HeaderOfReference)
