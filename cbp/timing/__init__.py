"""Timing a training step on this machine: for ``cbp bench``, and for ``benchmarks/`` in the source tree."""
