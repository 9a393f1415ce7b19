"""``bayesdrop reference``: make the draws of reference posteriors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bayesdrop.references.problem import ReferenceProblem


def reference(
    names: Annotated[
        list[str],
        typer.Argument(help="Names in the catalog, files that define REFERENCE, or all."),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to. What it has is continued.")],
    minutes: Annotated[float, typer.Option(min=0.0, help="The most minutes for each.")] = 60.0,
) -> None:
    """Draw from posteriors by two exact samplers until they agree, and write 1,000 draws of each.

    Each needs an R-hat below 1.01, effective sample sizes above 1,000, and no divergent draw.

    They agree if means, sds and quantiles differ by at most 4 Monte Carlo standard errors.

    If time runs out, the file NAME.json says how far they came, and the exit code is 1.

    The same command then goes on from there. Files that are in the folder already are kept.

    \b
    Examples:
    bayesdrop reference diabetes_student_t_ard_5 --out my_references --minutes 10
    bayesdrop reference my_problem.py --out .
    bayesdrop reference all --out benchmarks/references
    """
    from bayesdrop import catalog
    from bayesdrop.references.library import SUFFIX, problem_of

    if not out.is_dir():
        raise NotADirectoryError(f"there is no folder {out}: make it first")
    chosen = catalog.names("references") if names == ["all"] else tuple(names)
    problems = {Path(name).stem: problem_of(name) for name in chosen}  # all, before any work
    missing = {
        name: problem
        for name, problem in problems.items()
        if not (out / f"{name}{SUFFIX}").exists()
    }
    for name in problems.keys() - missing.keys():
        typer.echo(f"{out / name}{SUFFIX} is there already")
    results = [_made(name, problem, out, minutes) for name, problem in missing.items()]
    if not all(results):
        raise typer.Exit(1)


def _made(name: str, problem: ReferenceProblem, out: Path, minutes: float) -> bool:
    """Make one reference, say what came of it, and return whether there is one."""
    from bayesdrop.references.attempt import Attempt
    from bayesdrop.references.making import make

    found = make(problem, name, out, 60 * minutes)
    if isinstance(found, Attempt):
        typer.echo(f"{name}: no reference yet: {found.reason}")
        return False
    rhat = max(run.mixed.max_rhat for run in found.runs)
    apart = max(found.disagreement.values())
    typer.echo(f"{name}: R-hat {rhat:.3f}, samplers within {apart:.1f} MCSE")
    return True
