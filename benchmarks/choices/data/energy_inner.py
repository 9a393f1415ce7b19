"""The training rows of split 0 of energy, to choose a model on."""

import bayesdrop as bd

DATASET = bd.load_dataset("energy").inner(0)
