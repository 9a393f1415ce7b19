"""MC dropout for many rows or images: 100 epochs of batches of 64, and 100 passes."""

import bayesdrop as bd

INFERENCE = bd.MCDropout(num_epochs=100, batch_size=64, num_passes=100, weight_decay=2.5e-4)
