"""The command line. Every command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from bayesdrop.commands.diagnose import diagnose
from bayesdrop.commands.fit import fit
from bayesdrop.commands.predict import predict
from bayesdrop.commands.reference import reference
from bayesdrop.show.commands import show_app
from bayesdrop.version import __version__


class _OneLineErrors(TyperGroup):
    """What a user can put right is one line on standard error and exit code 2; a defect of ours
    shows where it is."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Abort, typer.Exit):
            raise
        except Exception as error:
            from bayesdrop.commands.one_line import one_line

            if (words := one_line(error)) is None:
                raise
            typer.echo(f"bayesdrop: {words}", err=True)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=_OneLineErrors,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""Fit Bayesian neural networks by any inference method, and compare the methods.

    \b
    Examples:
    bayesdrop fit --data houses.csv --target price --drop id
    bayesdrop diagnose fit.nc
    bayesdrop predict fit.nc new.csv --out predictions.csv
    bayesdrop run quick --out results/quick
    """,
)
data_app = typer.Typer(
    no_args_is_help=True, help="Download data sets, and check those that are here."
)
app.add_typer(data_app, name="data")
app.add_typer(show_app, name="show")

Names = Annotated[str | None, typer.Option(help="Run only these, separated by commas.")]
Results = Annotated[Path, typer.Argument(help="A results folder.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"bayesdrop {__version__}")
        raise typer.Exit


@app.callback()
def _log_to_standard_error(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    log = logging.getLogger("bayesdrop")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


@app.command("list")
def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="One of models, inference, benchmarks, references, datasets. Default: all."
        ),
    ] = None,
    names: Annotated[
        list[str] | None, typer.Argument(help="Models to describe in full. Give names or files.")
    ] = None,
) -> None:
    """List the names that the other commands know, each with a line on what it is.

    `list models` is a table of priors. With names it says which methods can run each model.

    \b
    Examples:
    bayesdrop list inference
    bayesdrop list models
    bayesdrop list models ard_add
    """
    from bayesdrop import catalog, data
    from bayesdrop.references.library import state_of
    from bayesdrop.spec import unknown

    if names and kind != "models":
        raise ValueError(f"only models are listed by name: bayesdrop list models {names[0]}")
    if kind == "models":
        from bayesdrop.show.terminal import print_each_model, print_models

        print_each_model(names) if names else print_models()
        return
    found = {
        which: {name: catalog.describe(which, name) for name in catalog.names(which)}
        for which in catalog.KINDS
    }
    for name, line in found["references"].items():
        found["references"][name] = f"{state_of(name):16}  {line}"
    found["datasets"] = {
        name: f"{data.describe(name)}. Licence: {data.licence(name)}"
        for name in data.dataset_names()
    }
    if kind is not None and kind not in found:
        raise ValueError(unknown("kind", kind, found))
    for which, entries in found.items():
        if kind in (None, which):
            width = max(map(len, entries), default=0)
            typer.echo(f"{which}:")
            for name, line in entries.items():
                typer.echo(f"  {name:{width}}  {line}".rstrip())


app.command("fit")(fit)
app.command("predict")(predict)
app.command("diagnose")(diagnose)
app.command("reference")(reference)


@app.command()
def run(
    suite: Annotated[
        str, typer.Argument(help="Name in the catalog, or a file that defines SUITE.")
    ],
    out: Annotated[Path, typer.Option(help="The results folder. A run that is there goes on.")],
    jobs: Annotated[int, typer.Option(min=1, help="How many processes run cells.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="The address of a Dask scheduler, in place of --jobs.")
    ] = None,
    splits: Annotated[
        str | None, typer.Option(help="Run only these, such as 0:5 or 0,3,7.")
    ] = None,
    models: Names = None,
    inference: Names = None,
    datasets: Names = None,
) -> None:
    """Run the cells of a suite that have no result yet. Then write the report and print it.

    A suite of your own may name models, methods and data sets of your own by their files.

    \b
    Examples:
    bayesdrop run quick --out results/quick
    bayesdrop run my_suite.py --out results/mine --jobs 2 --splits 0:5
    bayesdrop run references --out results/references --inference svi,map
    """
    from bayesdrop.benchmark.report.terminal import print_report
    from bayesdrop.benchmark.run.plan import Selection
    from bayesdrop.benchmark.run_suite import load_suite, run_suite
    from bayesdrop.benchmark.yardstick.terminal import print_distances
    from bayesdrop.references.suite import ReferenceSuite

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
    specified = load_suite(suite)
    if isinstance(specified, ReferenceSuite):
        page = print_distances(specified, out)
    else:
        page = out / "report.html"
        print_report(out)
    kept = f"{counts['kept']} kept from before, " if counts["kept"] else ""
    typer.echo(
        f"{kept}{counts['ok']} run, {counts['skipped']} skipped, {counts['failed']} failed; "
        f"report: {page}"
    )
    if counts["failed"]:
        raise typer.Exit(1)


@app.command()
def status(folder: Results) -> None:
    """Say how many cells of the folder's suite are done, and what failed.

    \b
    Examples:
    bayesdrop status results/quick
    """
    from bayesdrop.benchmark.run.status import status_lines

    for line in status_lines(folder):
        typer.echo(line)


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="The results folders. Each has one suite.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to. Default: the results folder.")
    ] = None,
    figures: Annotated[
        Literal["png", "pdf", "svg"],
        typer.Option(help="The format of the pictures. pdf and svg are vectors, for a paper."),
    ] = "png",
    published: Annotated[
        Literal["all", "none"],
        typer.Option(help="Whether tables and pictures have published scores."),
    ] = "all",
) -> None:
    """Print which row is best, what has not converged, what is missing, and the tables.

    The report is written as HTML, Markdown, LaTeX, CSV and Parquet, with its pictures.

    \b
    Examples:
    bayesdrop report results/quick
    bayesdrop report results/poster results/peers --out results/both
    """
    from bayesdrop.benchmark.report.terminal import print_report
    from bayesdrop.benchmark.report.write import write_report

    written = write_report(*folders, out=out, figures=figures, published=published)
    print_report(*folders)
    typer.echo("wrote " + ", ".join(str(path) for path in written))


@data_app.command("get")
def get_data(
    names: Annotated[
        list[str], typer.Argument(help="Names of data sets, or uci for the nine UCI sets.")
    ],
) -> None:
    """Download data sets and check them. What is there already stays.

    \b
    Examples:
    bayesdrop data get uci
    bayesdrop data get yacht energy
    """
    from bayesdrop.data import get

    for name, path in get(names).items():
        typer.echo(f"{name}: {path}")


@data_app.command("verify")
def verify_data() -> None:
    """Say of every data set whether it is here and has the right SHA-256."""
    from bayesdrop.data import verify

    found = verify()
    for name, state in found.items():
        typer.echo(f"{name:10} {state}")
    if "wrong hash" in found.values():
        raise typer.Exit(1)
