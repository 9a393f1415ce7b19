"""`bayesdrop show`: pictures of priors and of fits. Every command imports what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bayesdrop.commands.saved import load_fits

show_app = typer.Typer(no_args_is_help=True, help="Draw pictures of priors and of fits.")

Folder = Annotated[Path, typer.Option(help="The folder for the pictures. It is made if need be.")]
Define = Annotated[
    list[Path] | None,
    typer.Option(help="A file of your own that defines the fits' models or methods."),
]


@show_app.command("prior")
def show_prior(
    names: Annotated[
        list[str], typer.Argument(help="Names in the catalog, or files that define MODEL.")
    ],
    out: Folder = Path(),
    seed: Annotated[int, typer.Option(min=0, help="The seed of the draws.")] = 0,
) -> None:
    """Draw a prior: densities of a weight, weight matrices and functions.

    \b
    Examples:
    bayesdrop show prior ard_add horseshoe_ard --out pictures
    """
    from bayesdrop import catalog, show
    from bayesdrop.show.style import save

    models: dict[str, Any] = {}
    for name in names:
        entry = catalog.load("models", name)
        if models.setdefault(entry.name, entry.value) != entry.value:
            raise ValueError(f"two models are called {entry.name!r}: rename one's file")
    pictures = {"prior-density": show.prior_densities(models)}
    if tables := {n: model for n, model in models.items() if not model.network.shares_weights}:
        pictures["prior-matrices"] = show.prior_matrices(tables, seed=seed)
        pictures["prior-functions"] = show.prior_functions(tables, seed=seed)
    for name in models.keys() - tables.keys():
        typer.echo(f"{name} takes images or sequences: its prior's density is shown alone")
    for name, figure in pictures.items():
        typer.echo(f"wrote {save(figure, out / f'{name}.png')}")


@show_app.command("weights")
def show_weights(
    results: Annotated[list[Path], typer.Argument(help="Files that `bayesdrop fit` wrote.")],
    out: Folder = Path(),
    order: Annotated[
        str,
        typer.Option(help="norm puts units of large weights on top. none keeps the model's order."),
    ] = "norm",
    chain: Annotated[
        int | None,
        typer.Option(min=0, help="Show only this chain. Default: the mean over all chains."),
    ] = None,
    average: Annotated[
        str,
        typer.Option(
            help="magnitudes shows E |w|. weights shows |E w|, which needs units that agree."
        ),
    ] = "magnitudes",
    log: Annotated[bool, typer.Option(help="Put the colours on a logarithmic scale.")] = False,
    define: Define = None,
) -> None:
    """Draw heat maps of the fitted hidden-to-hidden weights, side by side in one colour scale.

    Weights are divided by the base scale of their prior, so that models can be compared.

    \b
    Examples:
    bayesdrop show weights fit.nc --out pictures
    """
    from bayesdrop import show
    from bayesdrop.show.style import save

    posteriors = load_fits(results, define)
    figure = show.posterior_weights(
        posteriors,
        order,  # type: ignore[arg-type]
        chain,
        average=average,  # type: ignore[arg-type]
        log=log,
    )
    typer.echo(f"wrote {save(figure, out / 'weights.png')}")


@show_app.command("relevance")
def show_relevance(
    result: Annotated[Path, typer.Argument(help="A file that `bayesdrop fit` wrote.")],
    out: Folder = Path(),
    interval: Annotated[
        float, typer.Option(help="The level of the central posterior interval of |λ|.")
    ] = 0.9,
    define: Define = None,
) -> None:
    """Say how much each feature matters to the first weight matrix, by name.

    \b
    Examples:
    bayesdrop show relevance fit.nc
    """
    from bayesdrop import show
    from bayesdrop.show.style import save

    (posterior,) = load_fits([result], define).values()
    typer.echo(posterior.feature_relevance(interval).to_string(float_format="{:.3f}".format))
    figure = show.feature_relevance(posterior, interval)
    typer.echo(f"wrote {save(figure, out / f'relevance-{result.stem}.png')}")


@show_app.command("loss")
def show_loss(
    results: Annotated[list[Path], typer.Argument(help="Files that `bayesdrop fit` wrote.")],
    out: Folder = Path(),
    define: Define = None,
) -> None:
    """Draw the loss over training, of several fits in one picture, and say whether it still falls.

    \b
    Examples:
    bayesdrop show loss map.nc ensemble.nc --out pictures
    """
    from bayesdrop import show
    from bayesdrop.show.style import save

    posteriors = load_fits(results, define)
    figure = show.loss(posteriors)
    for name, posterior in posteriors.items():
        found = posterior.diagnose()
        change = f"{found.loss_change:+.2%}" if found.loss_change is not None else "unknown"
        typer.echo(
            f"{name}: final loss {found.final_loss:.4g}, change from the twentieth before {change}"
        )
    typer.echo(f"wrote {save(figure, out / 'loss.png')}")
