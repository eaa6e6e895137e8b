"""Philox4x32-10 in NumPy, from its paper (Salmon et al. 2011), and what cbp makes of its words."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
LANES = 16


def philox4x32(counter: Array, key: tuple[int, int], rounds: int = 10) -> Array:
    """(k, 4) words from (k, 4) counters; everything is below 2^32 and held in uint64."""
    x0, x1, x2, x3 = np.asarray(counter, np.uint64).T
    k0, k1 = (np.uint64(word) for word in key)
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(rounds):
        p, q = np.uint64(0xD2511F53) * x0, np.uint64(0xCD9E8D57) * x2
        x0, x1, x2, x3 = (q >> shift) ^ x1 ^ k0, q & low, (p >> shift) ^ x3 ^ k1, p & low
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & low, (k1 + np.uint64(0xBB67AE85)) & low
    return np.stack([x0, x1, x2, x3], axis=1)


def row(key: int, sample: int, stream: int, n: int) -> Array:
    """The first n words that belong to a sample: (n,) uint32."""
    groups = []
    for group in range(-(-n // (4 * LANES))):
        counter = [(LANES * group + i, sample & 0xFFFFFFFF, sample >> 32, stream) for i in range(LANES)]
        groups.append(philox4x32(np.array(counter), (key & 0xFFFFFFFF, key >> 32)).T.ravel())
    return np.concatenate(groups)[:n].astype(np.uint32)


def normal_row(key: int, sample: int, stream: int, n: int) -> Array:
    """Box and Muller's numbers from these words, in double precision."""
    words = row(key, sample, stream, -(-n // (4 * LANES)) * 4 * LANES).reshape(-1, 2, LANES)
    r = np.sqrt(-2 * np.log(((words[:, 0] >> np.uint32(9)) + 0.5) / 2**23))
    phi = np.pi * words[:, 1].view(np.int32) / 2**31
    return np.stack([r * np.cos(phi), r * np.sin(phi)], axis=1).ravel()[:n]


def splitmix64(state: int) -> int:
    """The first number of the generator (Steele, Lea and Flood 2014)."""
    x = (state + 0x9E3779B97F4A7C15) % 2**64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % 2**64
    return x ^ (x >> 31)


def key_of(seed: int, epoch: int) -> int:
    """What the random numbers of an epoch are drawn with."""
    return splitmix64(splitmix64(seed) ^ epoch)


def mask(seed: int, epoch: int, first: int, rows: int, l: int, n: int, p: float) -> Array:
    """m^l of `rows` samples of an epoch from the `first` on: (rows, n)."""
    words = np.array([row(key_of(seed, epoch), first + i, l, n) for i in range(rows)])
    return np.where(words < np.uint32(p * 2**32), 0, 1 / (1 - p))
