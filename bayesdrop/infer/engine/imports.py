"""The first import of a method's libraries, by one thread at a time."""

from __future__ import annotations

import threading

ONE_AT_A_TIME = threading.RLock()
"""Held where ``run`` imports what it needs. Two threads that import JAX and NumPyro at once, each
by another of their modules, may find one of them half imported."""
