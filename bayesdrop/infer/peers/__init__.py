"""Methods with a model of their own, run on the same splits to compare with."""
