"""Saved fits, of classes of the user's own too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior


SavedFit = Annotated[Path, typer.Argument(help="A file that `bayesdrop fit` or post.save wrote.")]
Define = Annotated[
    list[Path] | None,
    typer.Option(help="A file of your own that defines the fit's model or method."),
]


def load_fit(path: Path, define: Iterable[Path] | None) -> Posterior:
    """Run the files that define the user's classes, and read the fit.

    Raises
    ------
    FileNotFoundError, LookupError, ValueError
        A file is not there or can't be run or read, or a class that the fit uses is not defined.
    """
    (posterior,) = load_fits([path], define).values()
    return posterior


def load_fits(paths: list[Path], define: Iterable[Path] | None) -> dict[str, Posterior]:
    """:func:`load_fit` of several files, by their stems, or by their paths where two stems agree.

    Raises
    ------
    ValueError
        A file is given twice; else what :func:`load_fit` raises.
    """
    from bayesdrop import catalog
    from bayesdrop.posterior.loading import load

    for file in define or ():
        catalog.define(file)
    stems = [path.stem for path in paths]
    labels = stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
    if repeated := next((label for label in labels if labels.count(label) > 1), None):
        raise ValueError(f"{repeated} is given twice")
    return {label: load(path) for label, path in zip(labels, paths, strict=True)}
