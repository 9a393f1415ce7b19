"""`bayesdrop diagnose`: what a saved fit is, whether it converged, and what is wrong if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from bayesdrop.commands.briefly import briefly
from bayesdrop.commands.saved import Define, SavedFit, load_fit

if TYPE_CHECKING:
    from bayesdrop.posterior.diagnosis.diagnostics import Diagnostics
    from bayesdrop.posterior.posterior import Posterior

_LABEL = 10


def diagnose(
    fit: SavedFit,
    define: Define = None,
) -> None:
    """Say what a fit is, whether its chains have converged, and what is wrong if not.

    \b
    Examples:
    bayesdrop diagnose fit.nc
    """

    posterior = load_fit(fit, define)
    for name, words in _settings(posterior):
        typer.echo(f"{name:{_LABEL}} {words}")
    for line in diagnosis_lines(posterior):
        typer.echo(line)
    for name, words in _warnings(posterior.diagnose()):
        typer.echo(f"\n{name:{_LABEL}} {words}")


def diagnosis_lines(posterior: Posterior) -> list[str]:
    """The verdict and the numbers behind it, a line each."""
    found = posterior.diagnose()
    verdict, *reasons = found.summary.replace("not converged: ", "not converged; ").split("; ")
    lines = [f"{'verdict':{_LABEL}} {verdict}"] + [f"{'':{_LABEL}} {reason}" for reason in reasons]
    return lines + [f"{name:{_LABEL}} {words}" for name, words in _figures(found)] + _table(found)


def _warnings(found: Diagnostics) -> Iterator[tuple[str, str]]:
    """What else than the verdict is wrong, and what to do. A fit has logged the same."""
    for about, words in found.warnings.items():
        if about == "convergence":
            yield "advice", words.removeprefix(f"{found.summary}. ")
        else:
            yield "warning", words


def _settings(posterior: Posterior) -> Iterator[tuple[str, str]]:
    from bayesdrop.show.models import model_row

    model, training = posterior.model, posterior.training
    row = model_row("", model, {})
    shape = " × ".join(map(str, training.input_shape))
    yield "network", briefly(model.network)
    yield "noise", f"{row.noise}; {row.structure}"
    yield "prior", f"{row.prior} weights"
    yield "likelihood", briefly(model.likelihood)
    yield "inference", f"{briefly(posterior.method)}, seed {posterior.seed}"
    yield "data", f"{training.rows} rows of {shape} numbers"


def _figures(found: Diagnostics) -> Iterator[tuple[str, str]]:
    yield "draws", f"{found.num_chains} chain(s) of {found.num_draws}"
    if found.divergences is not None:
        yield "divergent", f"{found.divergences} draw(s)"
    if found.final_loss is not None:
        change = found.loss_change
        trend = "" if change is None else f", {change:+.2%} from the twentieth before"
        yield "final loss", f"{found.final_loss:.4g}, the mean of the last twentieth{trend}"


def _table(found: Diagnostics) -> list[str]:
    """R-hat and effective sample sizes of each quantity; empty where there are no chains."""
    rhat, head = (found.nested_rhat, "nested R-hat") if found.nested_rhat else (found.rhat, "R-hat")
    width = max(map(len, rhat), default=0)
    lines = [
        f"{name:{width}}  {value:{len(head)}.2f}  {found.bulk_ess[name]:8.0f}  "
        f"{found.tail_ess[name]:8.0f}"
        for name, value in rhat.items()
    ]
    return ["", f"{'':{width}}  {head}  bulk ESS  tail ESS", *lines] if lines else []
