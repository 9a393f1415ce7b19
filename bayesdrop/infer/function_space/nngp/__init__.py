"""The infinitely wide network."""
