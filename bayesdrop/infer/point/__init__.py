"""Methods that train point values: MAP, deep ensembles, the Laplace approximation."""
