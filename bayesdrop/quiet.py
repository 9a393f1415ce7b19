"""Other libraries' warnings that say nothing to a user, ignored by one thread at a time.

``warnings.catch_warnings`` changes the filters of the whole process, and then gives back those that
it found. If two threads enter and leave it in turn, the filters of one of them stay.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_ONE_THREAD = threading.RLock()


@contextmanager
def ignored(category: type[Warning] = Warning, message: str = "") -> Iterator[None]:
    """Ignore, in the block, warnings of that category whose text begins with ``message``.

    ``message`` is a regular expression. Defaults: all warnings.
    """
    with _ONE_THREAD, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message, category)
        yield
