"""The version of cbp, read by the build and saved with models."""

__version__ = "0.1.0"
