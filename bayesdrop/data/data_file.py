"""A CSV or Parquet file of a user's own as a data set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bayesdrop.data.dataset import Dataset
from bayesdrop.data.encoding import encoding_of
from bayesdrop.data.reading import columns_of, content_of, frame_in, is_table
from bayesdrop.data.splits import Splitter, ordered_split, standard_split, stratified_split
from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.likelihood.labels import numbers_of
from bayesdrop.spec import Spec, digest

Splits = Literal["random", "stratified", "ordered"]
_SPLITTERS: dict[Splits, Splitter] = {
    "random": standard_split,
    "stratified": stratified_split,
    "ordered": ordered_split,
}


@dataclass(frozen=True)
class DataFile(Spec, kind="dataset"):
    """A CSV or Parquet file of your own becomes a data set of a :class:`bayesdrop.Suite`.

    Every column but the target is a feature. Text becomes an indicator for each level. A target of
    text, or of true and false, becomes the numbers of classes, in the order of their names. The
    file is read and never run.

    Parameters
    ----------
    path
        The file, which ends in ``.csv`` or ``.parquet``; relative to the working directory. Its
        stem is the data set's name. All machines of a cluster must see it there.
    target
        The name of the target's column.
    drop
        Names of columns that are no features. Default: none.
    splits
        ``"random"`` (default): 90 % of the rows to train on, drawn as the standard splits are.
        ``"stratified"``: 80 % of every class. ``"ordered"``: the first 80 % of the rows, for rows
        in the order of time; there is one such split.
    n_splits
        How many splits there are, unless they are ordered. Default 20.

    Examples
    --------
    >>> import bayesdrop as bd
    >>> file = bd.DataFile("houses.csv", target="price", drop=("id",))
    >>> file.name
    'houses'
    """

    path: str
    target: str
    drop: tuple[str, ...] = ()
    splits: Splits = "random"
    n_splits: int = 20

    def __post_init__(self) -> None:
        if not is_table(str(self.path)):
            raise ValueError(f"DataFile(path={self.path!r}): give a .csv or a .parquet file")
        if isinstance(self.drop, str):
            raise TypeError(f"DataFile(drop={self.drop!r}): give a tuple of names")
        checked_choice(self, "splits", tuple(_SPLITTERS))
        checked_count(self, "n_splits")
        object.__setattr__(self, "path", str(self.path))
        object.__setattr__(self, "drop", tuple(self.drop))

    @property
    def name(self) -> str:
        """Return the file's stem, by which commands and tables call the data set."""
        return Path(self.path).stem

    def load(self) -> Dataset:
        """Read the file.

        Returns
        -------
        dataset
            Its digest is of the file's bytes and of the settings that say what is done with them.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        TypeError, ValueError
            It can't be read, lacks the target, or lacks values; or a column is neither numbers nor
            text.
        """
        content = content_of(self.path)
        frame = frame_in(content, self.path)
        X, y, labels = columns_of(frame, self.target, self.drop, self.path)
        encoding = encoding_of(X, "error")
        assert encoding is not None  # it is of a frame
        meaning = digest({"target": self.target, "drop": self.drop, "splits": self.splits})
        return Dataset(
            name=self.name,
            X=encoding.encode(X),
            y=y if labels is None else numbers_of(y, labels),
            feature_names=encoding.feature_names,
            target_name=f"{self.target}: {', '.join(map(str, labels))}" if labels else self.target,
            n_splits=1 if self.splits == "ordered" else self.n_splits,
            sha256=hashlib.sha256(content + meaning.encode()).hexdigest(),
            splitter=_SPLITTERS[self.splits],
        )
