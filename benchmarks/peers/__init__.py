"""The contestants: cbp and what people use in its place, each written as its own users would at their best.

A peer's library is imported when the peer is asked for, so that one that is not installed is only left out.
"""
