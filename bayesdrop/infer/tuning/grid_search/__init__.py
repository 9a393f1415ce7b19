"""Grid search over settings of models and methods."""
