"""What a fit returns: its result, the posterior and its predictions, diagnostics, storage."""
