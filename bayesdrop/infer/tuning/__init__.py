"""Methods that choose settings by their score on validation rows."""
