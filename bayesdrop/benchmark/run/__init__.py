"""Running: from a suite to one record for each of its cells."""
