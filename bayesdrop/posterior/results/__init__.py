"""What a fit leaves: draws of weights, stochastic passes, or draws of functions."""
