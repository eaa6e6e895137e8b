"""From a formula to the code of a plugin, by SymPy.

`grammar` reads it, `stable` rewrites what would overflow or cancel, SymPy differentiates, and `code` writes C and
NumPy. Of the ways to write a function, `choice` takes the cheapest that agrees, near and far, with `reference`.
"""
