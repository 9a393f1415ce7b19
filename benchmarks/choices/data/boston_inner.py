"""The training rows of split 0 of boston, to choose a model on."""

import bayesdrop as bd

DATASET = bd.load_dataset("boston").inner(0)
