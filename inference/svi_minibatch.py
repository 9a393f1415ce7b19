"""Mean-field variational inference for many rows or images: batches of 128, and 100 draws."""

import bayesdrop as bd

INFERENCE = bd.SVI(num_steps=4000, batch_size=128, num_samples=100)
