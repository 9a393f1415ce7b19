"""What is known of a reference that could not be had: how far each sampler came."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bayesdrop.files import field_at, replacing

_LIMIT = 2**16


class SamplerAttempt(BaseModel):
    """How far one sampler came: its settings in words, its worst numbers, and what is wrong."""

    model_config = ConfigDict(strict=True, extra="forbid")

    sampler: str
    seconds: float
    max_rhat_f: float
    min_bulk_ess: float
    min_tail_ess: float
    divergences: int
    faults: list[str]


class Attempt(BaseModel):
    """An attempt at a reference that failed.

    Attributes
    ----------
    reason
        Why there is no reference, in words.
    samplers
        How far each sampler came.
    disagreement
        Statistic → the largest difference in Monte Carlo standard errors, if both had mixed.
    versions
        Package → version.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    reason: str
    samplers: Annotated[list[SamplerAttempt], Field(min_length=1, max_length=2)]
    disagreement: dict[str, float]
    versions: dict[str, str]

    @property
    def best_rhat(self) -> float:
        """The smaller of the samplers' largest R-hat of f(x)."""
        return min(attempt.max_rhat_f for attempt in self.samplers)

    def save(self, path: Path) -> None:
        """Write it to ``path``, whole or not at all."""
        text = json.dumps(self.model_dump(), indent=1, ensure_ascii=False) + "\n"
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def read_attempt(path: Path) -> Attempt:
    """Read what :meth:`Attempt.save` wrote.

    Raises
    ------
    ValueError
        The file is none, or has been damaged; the message begins with its name.
    """
    if not path.is_file() or path.stat().st_size > _LIMIT:
        raise ValueError(f"{path} is no record of an attempt: delete it")
    try:
        return Attempt.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        wrong = f"{field_at(first['loc'])}: {first['msg']}"
        raise ValueError(f"{path} is no record of an attempt ({wrong})") from error
