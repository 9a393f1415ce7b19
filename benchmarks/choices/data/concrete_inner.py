"""The training rows of split 0 of concrete, to choose a model on."""

import bayesdrop as bd

DATASET = bd.load_dataset("concrete").inner(0)
