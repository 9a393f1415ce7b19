"""Probabilistic backpropagation."""
