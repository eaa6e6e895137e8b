"""Where the kernel is: in a shared library beside this file, one for each instruction set."""

from pathlib import Path

from cbp.plugin import shared_library

kernel = shared_library(Path(__file__).with_name("kernel_{isa}.so"), "tweedie_kernel")
