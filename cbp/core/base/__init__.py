"""The vector modules compiled for the baseline of a machine that is not x86-64."""
