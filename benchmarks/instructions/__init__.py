"""A guard against slowness that needs no clock: instructions of a training step, counted by valgrind.

``python -m benchmarks.instructions`` compares with ``recorded.json``; ``--record`` writes it.
"""
