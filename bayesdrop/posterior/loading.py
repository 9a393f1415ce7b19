"""Loading a fit back from the netCDF file that it was saved to: nothing in it is trusted."""

from __future__ import annotations

from pathlib import Path

from bayesdrop.files import RefusedFileError
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.storage.checksum import Groups
from bayesdrop.posterior.storage.hdf5 import read_arrays


def load(path: str | Path) -> Posterior:
    """Read back what :meth:`bayesdrop.Posterior.save` wrote.

    Nothing in the file is run or unpickled, and nothing outside it is read. The file has a SHA-256
    over all that it says. Files of weights that were saved before there was one are read without.
    The header must be complete, the arrays must have the shapes of the model's variables, and their
    numbers must be finite and where the variable lives. Trees and Gaussian processes have no such
    variables, so their files must have the SHA-256.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file was not written by bayesdrop, or by a later version of its format, or it has been
        damaged or made up: the message says what is wrong.
    LookupError
        The model uses a class of your own that has not been imported.
    """
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"no file {source}")
    texts, groups = _contents(source)
    from bayesdrop.posterior.stored_fit import posterior_of  # and with it pydantic

    try:
        return posterior_of(texts, groups)
    except LookupError as error:
        raise LookupError(f"{source}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{source} {error}") from error


def _contents(source: Path) -> tuple[dict[str, str], Groups]:
    """What lies in the file; HDF5 raises whatever it likes where one is damaged."""
    try:
        return read_arrays(source)
    except PermissionError:
        raise
    except RefusedFileError as error:
        raise ValueError(f"{source} {error}") from error
    except Exception as error:
        raise ValueError(f"{source} is not a netCDF file, or is damaged: {error}") from error
