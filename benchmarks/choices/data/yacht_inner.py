"""The training rows of split 0 of yacht, to choose a model on."""

import bayesdrop as bd

DATASET = bd.load_dataset("yacht").inner(0)
