"""`bayesdrop predict`: what a saved fit says of the rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayesdrop.commands.predictions import LEVELS
from bayesdrop.commands.saved import Define, SavedFit, load_fit
from bayesdrop.files import replacing
from bayesdrop.wording import some, unknown

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.posterior import Posterior


def predict(
    fit: SavedFit,
    data: Annotated[
        str,
        typer.Argument(
            help="A CSV or Parquet file that has the columns of the fit. It may have others."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="The .csv or .parquet file to write. It gets a row for each row of the data."
        ),
    ],
    interval: Annotated[
        list[float] | None,
        typer.Option(help="The level of an interval. It may be repeated. Default: 0.5 and 0.9."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES", help="Columns of the data to copy to the front, separated by commas."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="The seed of stochastic passes, such as those of MC dropout.")
    ] = 0,
    define: Define = None,
) -> None:
    """Write a file of predictions for new rows.

    Numbers get the mean, the standard deviation and intervals. Classes get their probabilities.

    \b
    Examples:
    bayesdrop predict fit.nc new.csv --out predictions.csv
    bayesdrop predict fit.nc new.csv --out predictions.parquet --interval 0.95
    bayesdrop predict fit.nc new.csv --out predictions.csv --keep id,town
    """
    from bayesdrop.commands.predictions import predictions_of
    from bayesdrop.commands.rows import named_columns
    from bayesdrop.data.reading import SUFFIXES, is_table, read_frame
    from bayesdrop.posterior.storage.saving import checked_path

    if not is_table(out.name):
        raise ValueError(f"--out {out}: give a file that ends in {' or '.join(SUFFIXES)}")
    checked_path(out)
    levels = tuple(interval) if interval else LEVELS
    if wrong := [level for level in levels if not 0 < level < 1]:
        raise ValueError(f"--interval {wrong[0]:g}: give a number between 0 and 1, such as 0.9")
    frame = read_frame(data)
    kept = named_columns(keep or (), frame)
    for name in kept:
        if name not in frame.columns:
            raise ValueError(f"{data}: {unknown('column', name, tuple(frame.columns))}")
    posterior = load_fit(fit, define)
    if interval and posterior.model.likelihood.family.kind == "class":
        raise ValueError(f"--interval {levels[0]:g}: {fit} predicts classes, which have none")
    table = predictions_of(posterior, _features(posterior, frame, data), levels, seed)
    for name in reversed(kept):
        if name in table.columns:
            raise ValueError(f"--keep {name}: the predictions have a column of that name")
        table.insert(0, name, frame[name].to_numpy())
    _write(table, out)
    typer.echo(f"{len(table)} rows, columns {', '.join(map(str, table.columns))}")
    typer.echo(f"saved {out}")


def _features(posterior: Posterior, frame: pd.DataFrame, data: str) -> pd.DataFrame:
    """The columns that the fit saw, by name; all columns if it saw an array without names."""
    from bayesdrop.data.checks import made_feature_names

    encoding, names = posterior.encoding, posterior.feature_names
    if encoding is not None:
        names = tuple(column.name for column in encoding.columns)
    missing = [name for name in names if name not in frame.columns]
    if encoding is None and len(missing) == len(names) and names == made_feature_names(len(names)):
        return frame
    if missing:
        raise ValueError(f"{data} lacks columns that the fit saw: {some(missing)}")
    return frame.loc[:, list(names)]


def _write(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    with replacing(path) as partial:
        if path.suffix.lower() == ".csv":
            table.to_csv(partial, index=False)
            return
        try:
            table.to_parquet(partial, index=False)
        except (TypeError, ValueError) as error:  # of Arrow, where a kept column has no one type
            reason = " ".join(str(error).split())
            raise ValueError(
                f"{path} can't be written as Parquet: {reason}. Write a .csv file"
            ) from error
