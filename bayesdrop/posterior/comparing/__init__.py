"""Fits of the same rows, compared and stacked by PSIS-LOO."""
