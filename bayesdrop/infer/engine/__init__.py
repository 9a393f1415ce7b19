"""What methods are built on: compilation, devices, optimisation, minibatches."""
