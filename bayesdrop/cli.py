"""The command line. Every command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bayesdrop.commands.data import data_app
from bayesdrop.commands.diagnose import diagnose
from bayesdrop.commands.fit import fit
from bayesdrop.commands.listing import list_names
from bayesdrop.commands.predict import predict
from bayesdrop.commands.reference import reference
from bayesdrop.commands.report import report
from bayesdrop.commands.run import run
from bayesdrop.commands.show import show_app
from bayesdrop.commands.status import status
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


app.command("list")(list_names)
app.command("fit")(fit)
app.command("predict")(predict)
app.command("diagnose")(diagnose)
app.command("reference")(reference)
app.command("run")(run)
app.command("status")(status)
app.command("report")(report)
app.add_typer(data_app, name="data")
app.add_typer(show_app, name="show")
