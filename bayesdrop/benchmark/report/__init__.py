"""Reports: tables, figures and texts of the statistics."""
