"""The version of bayesdrop, for the package and for the records it writes."""

__version__ = "0.2.0"
