"""Inference methods: frozen settings and, in the same file, the algorithm they configure."""

from bayesdrop.infer.base import Inference, UnsupportedModelError

__all__ = ["Inference", "UnsupportedModelError"]
