"""The compiled core: tiles and kernels (vector arithmetic), passes and epoch (control).

`passes.pyx` is where to begin: its first lines say who allocates, how memory is laid out, what runs without the
GIL and how threads share a pass; then come the paper's six steps.
"""
