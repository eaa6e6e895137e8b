"""Which samples to hold out: a seeded draw from each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cbp.data.errors import DataError
from cbp.data.floats import AnyArray

__all__ = ["held_out_rows"]


def held_out_rows(groups: AnyArray, fraction: float, seed: int) -> NDArray[np.bool_]:
    """Mark about ``fraction`` of each group.

    Parameters
    ----------
    groups : (n,)
        Class label of each sample; all the same where there are no classes.
    fraction : float in (0, 1)
    seed : int

    Returns
    -------
    (n,) bool
        True where held out. A group of two or more has members on both sides.
    """
    if not 0 < fraction < 1:
        raise DataError(f"expected a fraction to hold out between 0 and 1, got {fraction}")
    order = np.random.default_rng(seed).permutation(len(groups))
    held_out = np.zeros(len(groups), dtype=np.bool_)
    for group in np.unique(groups):
        members = order[groups[order] == group]
        held_out[members[: _share(len(members), fraction)]] = True
    if not held_out.any():
        raise DataError(f"cannot hold out any of {len(groups)} samples: expected two or more of some class")
    return held_out


def _share(members: int, fraction: float) -> int:
    return min(max(round(members * fraction), 1), members - 1)
