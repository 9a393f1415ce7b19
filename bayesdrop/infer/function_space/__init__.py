"""Gaussian processes: distributions over functions in place of weights."""
