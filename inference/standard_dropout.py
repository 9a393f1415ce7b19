"""Standard dropout: weights are scaled, and a prediction is one pass without noise."""

import bayesdrop as bd

INFERENCE = bd.MCDropout(num_epochs=100, batch_size=64, passes="mean", weight_decay=2.5e-4)
