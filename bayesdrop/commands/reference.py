"""``bayesdrop reference``: make the draws of a reference posterior."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def reference(
    name: Annotated[
        str, typer.Argument(help="Name in the catalog, or a file that defines REFERENCE.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to; goes on with what is there.")],
    minutes: Annotated[float, typer.Option(min=0.0, help="How long to go on.")] = 60.0,
) -> None:
    """Draw from a posterior by two exact samplers until they agree, and write 1,000 draws.

    The checks are R-hat below 1.01, effective sample sizes above 1,000, no divergent draws, and
    agreement within 4 Monte Carlo standard errors. If time runs out, the file NAME.json says how
    far the samplers came, the exit code is 1, and the same command goes on from there.

    \b
    Examples:
    bayesdrop reference diabetes_student_t_ard_5 --out my_references --minutes 10
    bayesdrop reference my_problem.py --out .
    """
    from bayesdrop.references.attempt import Attempt
    from bayesdrop.references.library import problem_of
    from bayesdrop.references.making import make

    found = make(problem_of(name), Path(name).stem, out, 60 * minutes)
    if isinstance(found, Attempt):
        typer.echo(f"no reference yet: {found.reason}")
        raise typer.Exit(1)
    rhat = max(run.mixed.max_rhat for run in found.runs)
    apart = max(found.disagreement.values())
    typer.echo(f"{out / found.name}.npz: R-hat {rhat:.3f}, samplers within {apart:.1f} MCSE")
