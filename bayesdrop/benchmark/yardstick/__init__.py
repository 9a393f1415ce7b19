"""How far each method is from reference posteriors: a record for each pair, a table, a picture."""
