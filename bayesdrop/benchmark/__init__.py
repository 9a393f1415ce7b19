"""The benchmark runner: models × inference × datasets × splits as cells, each run once."""
