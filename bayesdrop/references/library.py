"""References by name: the shipped ones lie beside the files of their problems."""

from __future__ import annotations

from pathlib import Path

from bayesdrop import catalog
from bayesdrop.references.problem import ReferenceProblem
from bayesdrop.references.reference import Reference
from bayesdrop.wording import unknown

SUFFIX, ATTEMPT_SUFFIX = ".npz", ".json"
"""What the file of a reference, and of an attempt that failed, has after the problem's name."""


def reference(name: str | Path) -> Reference:
    """Load a reference posterior: draws that two exact samplers agree on.

    Nothing in its file is run or unpickled. The file is at most 300 KB and has a SHA-256 over all
    that it says. Its arrays must have the shapes and values of the model's.

    Parameters
    ----------
    name
        A name that ``bayesdrop list references`` shows, or the path of a file ``.npz`` that
        ``bayesdrop reference`` wrote.

    Raises
    ------
    ValueError
        There is no such name (with the nearest match). Or its draws could not be had, and the
        message has the best R-hat. Or the file is damaged, made up, or of another problem than the
        catalog's.
    FileNotFoundError
        There is no such file, the data set is not there, or nobody has made the draws yet; the
        message says how to get it.
    LookupError
        The model uses a class of your own that has not been imported.

    Examples
    --------
    >>> import bayesdrop as bd
    >>> ref = bd.reference("diabetes_student_t_ard_5")  # doctest: +SKIP
    >>> ref.predictive.mean.shape  # doctest: +SKIP
    (64,)
    """
    from bayesdrop.references.storing import read

    if str(name).endswith(SUFFIX):
        if not (path := Path(name).expanduser()).exists():
            raise FileNotFoundError(f"there is no file {name}")
        return read(path)
    problem, path = problem_of(str(name)), draws_path(str(name))
    if not path.is_file():
        raise _missing(str(name))
    found = read(path)
    if found.problem != problem:
        raise ValueError(
            f"{path} has draws of another problem than {name}.py defines: make it again by "
            f"bayesdrop reference {name} --out {path.parent}"
        )
    return found


def problem_of(name: str) -> ReferenceProblem:
    """Return the problem of that name in the catalog, or of a file that defines ``REFERENCE``.

    Raises
    ------
    ValueError, FileNotFoundError
        See :func:`bayesdrop.catalog.load`.
    """
    return catalog.load("references", name).value


def draws_path(name: str) -> Path:
    """Where the draws of a shipped problem are, or would be.

    Raises
    ------
    ValueError
        There is no such problem; the message has the nearest match.
    """
    if name not in (known := catalog.names("references")):
        raise ValueError(unknown("reference posterior", name, known))
    return catalog.folder("references") / f"{name}{SUFFIX}"


def state_of(name: str) -> str:
    """Say in a few words whether there are draws of a shipped problem; it reads no draws."""
    path = draws_path(name)
    if path.is_file():
        return "available"
    if (attempt := path.with_suffix(ATTEMPT_SUFFIX)).is_file():
        from bayesdrop.references.attempt import read_attempt

        return f"best R-hat {read_attempt(attempt).best_rhat:.2f}"
    return "not made yet"


def available() -> tuple[str, ...]:
    """Return the names of the shipped problems that have draws."""
    return tuple(name for name in catalog.names("references") if draws_path(name).is_file())


def _missing(name: str) -> Exception:
    path = draws_path(name).with_suffix(ATTEMPT_SUFFIX)
    if not path.is_file():
        return FileNotFoundError(
            f"nobody has made the draws of {name} yet: bayesdrop reference {name} --out my_folder"
        )
    from bayesdrop.references.attempt import read_attempt

    attempt = read_attempt(path)
    return ValueError(
        f"there are no draws of {name}: {attempt.reason}; the best R-hat of f(x) was "
        f"{attempt.best_rhat:.3f}"
    )
