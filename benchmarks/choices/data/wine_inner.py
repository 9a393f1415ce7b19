"""The training rows of split 0 of wine, to choose a model on."""

import bayesdrop as bd

DATASET = bd.load_dataset("wine").inner(0)
