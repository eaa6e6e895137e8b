"""Whole programs, one a library, for the time from the start of Python to a trained model."""
