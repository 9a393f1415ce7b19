"""Draws for ArviZ and for NumPyro's tools."""
