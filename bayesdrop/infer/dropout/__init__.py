"""MC dropout, in PyTorch."""
