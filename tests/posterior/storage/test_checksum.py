"""What the checksum of a saved fit covers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bayesdrop.posterior.storage.checksum import checksum

VALUES = np.arange(6, dtype=np.float32)


@pytest.mark.parametrize(
    ("header", "group", "name", "values"),
    [
        ("{ }", "state", "a", VALUES),
        ("{}", "values", "a", VALUES),
        ("{}", "state", "b", VALUES),
        ("{}", "state", "a", VALUES.reshape(2, 3)),
        ("{}", "state", "a", VALUES.view(np.int32)),
        ("{}", "state", "a", VALUES[::-1]),
    ],
    ids=["header", "group", "name", "shape", "type", "numbers"],
)
def test_each_of_these_changes_it(
    header: str, group: str, name: str, values: NDArray[np.generic]
) -> None:
    assert checksum(header, {group: {name: values}}) != checksum("{}", {"state": {"a": VALUES}})


def test_the_layout_in_memory_does_not() -> None:
    matrix = VALUES.reshape(2, 3)
    assert checksum("{}", {"state": {"a": np.asfortranarray(matrix)}}) == checksum(
        "{}", {"state": {"a": matrix}}
    )
