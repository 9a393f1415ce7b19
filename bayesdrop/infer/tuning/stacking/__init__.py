"""Stacking: several models and methods as one mixture, by the weights that predict best."""
