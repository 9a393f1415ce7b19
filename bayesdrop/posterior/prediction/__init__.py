"""Predictive mixtures, and predictions that need no array of all draws."""
