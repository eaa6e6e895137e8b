"""The compiled core: tiles and kernels (vector arithmetic), passes and epoch (control)."""
