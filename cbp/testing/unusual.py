"""Numbers that are not ordinary: what NumPy tier and kernel must cope with, and agree on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin import Cost
from .settings import Setting
from .subject import Sample, Subject

__all__ = ["saturated", "unusual"]

BOUNDED = 1e3  # a larger a is no saturation


def unusual(subject: Subject, dtype: Any, setting: Setting) -> Sample:
    """Rows with NaN, infinite, huge and subnormal numbers; for a cost saturated ones and one with NaN."""
    if isinstance(subject.spec, Cost):
        sample = saturated(subject, dtype) if subject.canonical else subject.sample(4, 3, dtype, setting)
        for name in "za":
            sample[name][1:2] = np.nan
        return sample | {"g": np.ones_like(sample["z"])}
    info = np.finfo(dtype)
    ends = [np.nan, float(info.max) ** 0.7, 1e4, float(info.smallest_subnormal), float(info.tiny) / 4, 0.0]
    if not subject.rowwise:
        ends.append(np.inf)
    z = np.array([[sign * end, 0.5, -2.0] for end in ends for sign in (1, -1)], dtype)
    return {"z": z, "a": np.asarray(subject.output(z, setting), dtype), "g": np.ones_like(z)}


def saturated(subject: Subject, dtype: Any) -> Sample:
    """For a cost with a canonical activation: rows with far-out z whose a is bounded, with every label."""
    corners = np.array([[sign * f, -f, 0.5] for f in (20.0, 1e3, 1e4) for sign in (1, -1)], dtype)
    off, on = subject.spec.labels
    z = np.repeat(corners, 3, axis=0)
    y = np.tile(np.where(np.eye(3) > 0, on, off), (len(corners), 1)).astype(dtype)
    a = np.asarray(subject.output(z, subject.settings[0]))
    farther = np.asarray(subject.output(10 * z, subject.settings[0]))
    bounded = (np.abs(a) <= BOUNDED).all(axis=1) & (np.abs(farther) <= BOUNDED).all(axis=1)
    return {"z": z[bounded], "a": a[bounded], "y": y[bounded]}
