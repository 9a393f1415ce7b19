"""`bayesdrop fit`: one model and one method on a file of the user's, or on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from bayesdrop.wording import some

_OUT = Path("fit.nc")


def fit(
    data: Annotated[
        str,
        typer.Option(
            help="A CSV or Parquet file, the name of a data set, or a Python file that defines "
            "DATASET.",
        ),
    ],
    target: Annotated[
        str | None, typer.Option(help="The column to predict. The others are features.")
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help="Columns that are not features, separated by commas."),
    ] = None,
    missing: Annotated[
        Literal["error", "indicator"],
        typer.Option(
            help="How to treat missing values of features. error refuses them. indicator fills in "
            "the mean and adds a column that marks it."
        ),
    ] = "error",
    model: Annotated[
        str | None,
        typer.Option(help="Name in `list models`, or a file that defines MODEL. Default: ard_add."),
    ] = None,
    likelihood: Annotated[
        str | None,
        typer.Option(
            help="One of gaussian, student_t, heteroscedastic, poisson, negative_binomial, "
            "bernoulli and categorical. Default: that of the model you name, or else one that "
            "suits the target."
        ),
    ] = None,
    inference: Annotated[
        str | None,
        typer.Option(
            help="Name in `list inference`, or a file that defines INFERENCE. Default: MCLMC "
            "for up to 2000 rows, and a deep ensemble for more."
        ),
    ] = None,
    split: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Hold out the test rows of this random split and score them. Default: no rows of "
            "a file, split 0 of a data set.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="The seed of the fit. Default: the number of the split."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The netCDF file to write. Default: fit.nc, if it is free.")
    ] = None,
) -> None:
    """Fit a model to a file of yours, or to one split of a data set, and save it.

    Text columns become an indicator for each level. A target of text is treated as classes.

    \b
    Examples:
    bayesdrop fit --data houses.csv --target price
    bayesdrop fit --data houses.csv --target price --drop id --split 0
    bayesdrop fit --data iris.parquet --target species --out iris.nc
    bayesdrop fit --data yacht --model ard_add --inference nuts --out yacht.nc
    """
    from bayesdrop.commands.defaults import chosen_inference, chosen_model
    from bayesdrop.commands.diagnose import diagnosis_lines
    from bayesdrop.commands.rows import check_held_out, rows_of_dataset, rows_of_table
    from bayesdrop.data.reading import SUFFIXES, is_table
    from bayesdrop.fit import fit as fit_model
    from bayesdrop.metrics import evaluate
    from bayesdrop.posterior.storage.saving import checked_path

    if is_table(data):
        rows = rows_of_table(data, target, drop or (), split, missing)
    elif target is not None or drop:
        raise ValueError(
            f"--target and --drop are for files that end in {' or '.join(SUFFIXES)}, and {data} "
            "does not"
        )
    else:
        rows = rows_of_dataset(data, split or 0)
    to = _free() if out is None else checked_path(out)
    chosen, model_words = chosen_model(model, likelihood, rows.y, rows.labels)
    check_held_out(rows, chosen.likelihood, missing)
    method, method_words = chosen_inference(inference, chosen, len(rows.y))
    typer.echo(f"data       {rows.words}")
    if rows.feature_names is None:
        typer.echo(f"features   {len(rows.X.columns)}: {some(list(rows.X.columns))}")
    if rows.labels is not None:
        typer.echo(f"classes    {', '.join(map(str, rows.labels))}")
    typer.echo(f"model      {model_words}")
    typer.echo(f"inference  {method_words}{'' if inference else ' (default)'}")
    seed = rows.split if seed is None else seed
    posterior = fit_model(
        chosen,
        rows.X,
        rows.y,
        method,
        seed,
        feature_names=rows.feature_names,
        missing=missing,
    )
    posterior.save(to)
    for line in diagnosis_lines(posterior):
        typer.echo(line)
    if rows.test is not None:
        X, y = rows.test
        typer.echo(f"\nscores of the {len(y)} rows held out")
        scores = evaluate(posterior.predict(X, seed=seed), y)
        width = max(map(len, scores))
        for name, value in scores.items():
            typer.echo(f"  {name:{width}}  {value:.4g}")
    typer.echo(f"\nsaved {to}")


def _free() -> Path:
    """The default file to write, which must not be there."""
    if _OUT.exists():
        raise FileExistsError(
            f"{_OUT} is there already: give --out {_OUT} to replace it, or another name"
        )
    return _OUT
