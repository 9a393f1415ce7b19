"""The command line. Every command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from bayesdrop.show.commands import show_app


class _OneLineErrors(TyperGroup):
    """What a user can put right is one line on standard error and exit code 2; a defect of ours
    shows where it is."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, KeyError):
            raise
        except (ArithmeticError, ImportError, LookupError, OSError, TypeError, ValueError) as error:
            typer.echo(f"bayesdrop: {error}", err=True)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=_OneLineErrors,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="One Bayesian neural network, any inference, one honest comparison.",
)
data_app = typer.Typer(
    no_args_is_help=True, help="Download datasets, or check those that are here."
)
app.add_typer(data_app, name="data")
app.add_typer(show_app, name="show")

Names = Annotated[str | None, typer.Option(help="Only these, separated by commas.")]
Results = Annotated[Path, typer.Argument(help="A results folder.")]


@app.callback()
def _log_to_standard_error() -> None:
    log = logging.getLogger("bayesdrop")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


@app.command("list")
def list_names(
    kind: Annotated[
        str | None, typer.Argument(help="models, inference, benchmarks or datasets; default all.")
    ] = None,
) -> None:
    """Names that the other commands know, each with a line on what it is.

    `list models` is a table: noise, structure, induced prior, and the methods that can run it.
    """
    from bayesdrop import catalog, data
    from bayesdrop.spec import unknown

    if kind == "models":
        from bayesdrop.show.terminal import print_models

        print_models()
        return
    found = {
        which: {name: catalog.describe(which, name) for name in catalog.names(which)}
        for which in catalog.KINDS
    }
    found["datasets"] = {name: data.describe(name) for name in data.dataset_names()}
    if kind is not None and kind not in found:
        raise ValueError(unknown("kind", kind, found))
    for which, entries in found.items():
        if kind in (None, which):
            width = max(map(len, entries), default=0)
            typer.echo(f"{which}:")
            for name, line in entries.items():
                typer.echo(f"  {name:{width}}  {line}".rstrip())


@app.command()
def fit(
    model: Annotated[str, typer.Option(help="Name in the catalog, or a file that defines MODEL.")],
    inference: Annotated[str, typer.Option(help="Name, or a file that defines INFERENCE.")],
    data: Annotated[str, typer.Option(help="Name of a dataset.")],
    out: Annotated[Path, typer.Option(help="netCDF file to write; bd.load reads it.")],
    split: Annotated[int, typer.Option(min=0, help="Standard split.")] = 0,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Default: the split's number, as in a suite.")
    ] = None,
) -> None:
    """Fit one model to the training rows of one split, save it, and score it on the test rows."""
    from bayesdrop import catalog
    from bayesdrop.data import load_dataset
    from bayesdrop.fit import fit as fit_model
    from bayesdrop.metrics import evaluate
    from bayesdrop.posterior.saving import checked_path

    chosen, method = catalog.load("models", model).value, catalog.load("inference", inference).value
    dataset = load_dataset(data)
    rows = dataset.split(split)
    checked_path(out)
    seed = split if seed is None else seed
    posterior = fit_model(
        chosen, rows.X_train, rows.y_train, method, seed, feature_names=dataset.feature_names
    )
    posterior.save(out)
    scores = evaluate(posterior.predict(rows.X_test, seed=seed), rows.y_test)
    for name, value in (scores | posterior.diagnose(rows.X_test).to_dict()).items():
        parts = value if isinstance(value, dict) else {"": value}
        for part, found in parts.items():
            shown = f"{found:.4g}" if isinstance(found, float) else found
            typer.echo(f"{f'{name} {part}':36} {shown}")
    typer.echo(f"saved {out}")


@app.command()
def run(
    suite: Annotated[
        str, typer.Argument(help="Name in the catalog, or a file that defines SUITE.")
    ],
    out: Annotated[Path, typer.Option(help="Results folder; continues what is there.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, in place of --jobs.")
    ] = None,
    splits: Annotated[str | None, typer.Option(help="Only these: 0:5, or 0,3,7.")] = None,
    models: Names = None,
    inference: Names = None,
    datasets: Names = None,
) -> None:
    """Run the cells of a suite that have no result yet, write the report and print it."""
    from bayesdrop.benchmark.report.terminal import print_report
    from bayesdrop.benchmark.run.plan import Selection
    from bayesdrop.benchmark.run_suite import run_suite

    only = Selection.parse(models, inference, datasets, splits)
    counts = run_suite(
        suite,
        out,
        jobs,
        scheduler,
        models=only.models,
        inference=only.inference,
        datasets=only.datasets,
        splits=only.splits,
    )
    print_report(out)
    kept = f"{counts['kept']} kept from before, " if counts["kept"] else ""
    typer.echo(
        f"{kept}{counts['ok']} run, {counts['skipped']} skipped, {counts['failed']} failed; "
        f"report: {out / 'report.html'}"
    )
    if counts["failed"]:
        raise typer.Exit(1)


@app.command()
def status(folder: Results) -> None:
    """How many cells of the folder's suite are done, and what failed."""
    from bayesdrop.benchmark.run.status import status_lines

    for line in status_lines(folder):
        typer.echo(line)


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="Results folders, of one suite each.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to. Default: the results folder.")
    ] = None,
    figures: Annotated[
        Literal["png", "pdf", "svg"],
        typer.Option(help="Format of the pictures. pdf and svg are vectors, for a paper."),
    ] = "png",
    published: Annotated[
        Literal["all", "none"],
        typer.Option(help="none leaves published scores out of tables and pictures."),
    ] = "all",
) -> None:
    """Print who is best, what has not converged, what is missing, and the tables.

    The report is written as HTML, Markdown, LaTeX, CSV and Parquet, with its pictures.
    """
    from bayesdrop.benchmark.report.terminal import print_report
    from bayesdrop.benchmark.report.write import write_report

    written = write_report(*folders, out=out, figures=figures, published=published)
    print_report(*folders)
    typer.echo("wrote " + ", ".join(str(path) for path in written))


@data_app.command("get")
def get_data(
    names: Annotated[list[str], typer.Argument(help="Names, or uci for the nine UCI sets.")],
) -> None:
    """Download datasets and verify them; what is there already stays."""
    from bayesdrop.data import get

    for name, path in get(names).items():
        typer.echo(f"{name}: {path}")


@data_app.command("verify")
def verify_data() -> None:
    """Say whether the data of every dataset are here and have the right SHA-256."""
    from bayesdrop.data import verify

    found = verify()
    for name, state in found.items():
        typer.echo(f"{name:10} {state}")
    if "wrong hash" in found.values():
        raise typer.Exit(1)
