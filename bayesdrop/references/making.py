"""Making a reference: two samplers go on until every check holds, or the time is spent."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from bayesdrop.progress import Progress
from bayesdrop.references.attempt import Attempt, SamplerAttempt
from bayesdrop.references.checks import MAX_MCSE, disagreement
from bayesdrop.references.library import ATTEMPT_SUFFIX, SUFFIX
from bayesdrop.references.problem import ProblemRows, ReferenceProblem
from bayesdrop.references.reference import Reference
from bayesdrop.references.sampling import Sampling, begun
from bayesdrop.references.storing import save
from bayesdrop.version import versions

DRAWS = 1000
"""The number of draws of a reference."""

_WORK = ".making"


def make(
    problem: ReferenceProblem,
    name: str,
    out: Path,
    max_seconds: float,
    progress: bool | Progress = True,
) -> Reference | Attempt:
    """Sample ``problem`` by both of its samplers until all checks hold, and write what came of it.

    ``out`` then holds ``name.npz``, the reference, or ``name.json``, which says how far the
    samplers came. The fits so far are kept in ``out/.making`` until there is a reference, and the
    same call goes on from there.

    Parameters
    ----------
    max_seconds
        How long to go on; the first sampler may take half of it. What has begun is finished.

    Raises
    ------
    NotADirectoryError
        ``out`` is no folder.
    ValueError, OSError
        The data set can't be loaded, or something can't be written.
    """
    if not out.is_dir():
        raise NotADirectoryError(f"there is no folder {out} to write {name}{SUFFIX} to")
    start, rows = time.monotonic(), problem.rows()
    work = out / _WORK / name
    work.mkdir(parents=True, exist_ok=True)
    samplings: list[Sampling] = []
    for number in range(2):
        until = start + max_seconds * (number + 1) / 2
        first = begun(problem, rows, number, work / f"{number}.nc", progress)
        samplings.append(first.until_mixed(until))
        if samplings[-1].mixed.faults:
            return _failed(out / f"{name}{ATTEMPT_SUFFIX}", samplings, {})
    samplings, apart = _until_they_agree(samplings, start + max_seconds)
    if max(apart.values()) > MAX_MCSE or any(one.mixed.faults for one in samplings):
        return _failed(out / f"{name}{ATTEMPT_SUFFIX}", samplings, apart)
    found = _reference(problem, name, rows, samplings, apart)
    save(found, out / f"{name}{SUFFIX}")
    (out / f"{name}{ATTEMPT_SUFFIX}").unlink(missing_ok=True)
    shutil.rmtree(work)
    return found


def _until_they_agree(
    samplings: list[Sampling], until: float
) -> tuple[list[Sampling], dict[str, float]]:
    """Let both go on while they disagree, and say how far they are apart."""
    while True:
        chains = [one.found.by_chain(one.mixed.num_chains) for one in samplings]
        apart = disagreement(*chains)
        counts = [one.more(until) for one in samplings]
        if max(apart.values()) <= MAX_MCSE or not all(counts):
            return samplings, apart
        pairs = zip(samplings, counts, strict=True)
        samplings = [one.longer(count) for one, count in pairs]


def _reference(
    problem: ReferenceProblem,
    name: str,
    rows: ProblemRows,
    samplings: Sequence[Sampling],
    apart: dict[str, float],
) -> Reference:
    kept = samplings[0].found.thinned(DRAWS)
    return Reference(
        name=name,
        problem=problem,
        X=rows.X,
        y_test=rows.y_test,
        parameters=kept.parameters,
        scales=kept.scales,
        runs=(samplings[0].run, samplings[1].run),
        disagreement=apart,
        versions=versions(),
        dataset_sha256=problem.load_data().sha256,
        rows_sha256=rows.sha256,
    )


def _failed(path: Path, samplings: Sequence[Sampling], apart: dict[str, float]) -> Attempt:
    """Write how far the samplers came."""
    runs = [one.run for one in samplings]
    faults = [
        f"{type(run.sampler).__name__}: {words}" for run in runs for words in run.mixed.faults
    ]
    if not faults:
        worst = max(apart, key=lambda statistic: apart[statistic])
        faults = [f"the samplers differ by {apart[worst]:.1f} MCSE in {worst}"]
        if not math.isfinite(apart[worst]):
            faults = ["the samplers can't be compared: a quantity of one is constant in the other"]
    attempt = Attempt(
        reason="; ".join(faults),
        samplers=[
            SamplerAttempt(
                sampler=str(run.sampler),
                seconds=run.seconds,
                max_rhat_f=run.mixed.max_rhat_f,
                min_bulk_ess=run.mixed.min_bulk_ess,
                min_tail_ess=run.mixed.min_tail_ess,
                divergences=run.mixed.divergences,
                faults=list(run.mixed.faults),
            )
            for run in runs
        ],
        disagreement=apart,
        versions=versions(),
    )
    attempt.save(path)
    return attempt
