"""Gibbs draws of conjugate scales alternated with NUTS on the rest."""
