"""A fit's file: HDF5 that is checked before it is read."""
