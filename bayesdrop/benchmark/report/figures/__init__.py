"""The pictures of a report, each a function from its lines to a figure."""
