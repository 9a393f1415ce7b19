"""ChEES-HMC: many chains in step."""
