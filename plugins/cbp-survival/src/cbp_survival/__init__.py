"""Survival times for cbp, with right censoring: accelerated failure time models as costs."""

from __future__ import annotations

import math

import numpy as np

from cbp.plugin import Array, Cost, Param, hookimpl

from . import kernel

__all__ = ["log_logistic_survival", "signed", "weibull_survival"]


def signed(time: Array, event: Array) -> Array:
    """Targets for a network: `time` where the event happened then, ``-time`` where it had not happened until then.

    Parameters
    ----------
    time : (n,) or (n, N_L) array
        When the event happened, or when the observation ended without it; not below 0.
    event : array of bool
        Of the shape of `time`: whether it happened.

    Returns
    -------
    (n, 1) or (n, N_L) array

    Raises
    ------
    ValueError
        A time is below 0, or is 0 with an event; or the shapes differ.
    """
    time, event = np.asarray(time, dtype=np.float64), np.asarray(event)
    if time.shape != event.shape:
        raise ValueError(f"signed: expected time and event of one shape, got {time.shape} and {event.shape}")
    if not ((event == 0) | (event == 1)).all():
        raise ValueError(f"signed: expected an event of 0 or 1, got {event[(event != 0) & (event != 1)][0]!r}")
    happened = event == 1
    if not ((time > 0) | ~happened & (time == 0)).all():
        raise ValueError("signed: expected times above 0 (0 only without an event), measured from the start of each")
    y = np.where(happened, time, -time)
    return y[:, np.newaxis] if y.ndim == 1 else y


def weibull_survival(time: Array, a: Array, shape: float = 1.0) -> Array:
    """S(t) = exp(-(t e^-a)^k): the probability that the event comes later than `time`."""
    return np.exp(-((time * np.exp(-a)) ** shape))


def log_logistic_survival(time: Array, a: Array, shape: float = 1.0) -> Array:
    """S(t) = 1 / (1 + (t e^-a)^k): the probability that the event comes later than `time`."""
    return 1 / (1 + (time * np.exp(-a)) ** shape)


def _known(y: Array) -> Array:
    """The indicator d of the event: 1 where λ > 0, and 0 where the time is censored."""
    return (y > 0).astype(y.dtype)


def _log_time(y: Array) -> Array:
    with np.errstate(divide="ignore"):  # -∞ for λ = 0, where nothing is known yet
        return np.log(np.abs(y))


def _surprise(y: Array, w: Array, shape: float) -> Array:
    """What an event adds to C besides log 1/S: d(log |λ|/k - w)."""
    event = y > 0
    return np.where(event, np.log(np.where(event, y, 1)) - np.where(event, w, 0) - math.log(shape), 0)


def _hazard(a: Array, y: Array, shape: float) -> Array:
    """The cumulative hazard u = e^w = (|λ| e^-a)^k; the power has more digits than e^w."""
    return (np.abs(y) * np.exp(-a)) ** shape


def weibull_value(a: Array, y: Array, shape: float) -> Array:
    """C = Σ u + d(log |λ|/k - w), with w = k(log|λ| - a) and u = e^w."""
    w = shape * (_log_time(y) - a)
    return (_hazard(a, y, shape) + _surprise(y, w, shape)).sum(axis=-1)


def weibull_gradient(a: Array, y: Array, shape: float) -> Array:
    """∂C/∂a = k(d - u)."""
    return shape * (_known(y) - _hazard(a, y, shape))


def log_logistic_value(a: Array, y: Array, shape: float) -> Array:
    """C = Σ (1 + d) log(1 + e^w) + d(log |λ|/k - w), with w = k(log|λ| - a)."""
    w = shape * (_log_time(y) - a)
    return ((1 + _known(y)) * np.logaddexp(0, w) + _surprise(y, w, shape)).sum(axis=-1)


def log_logistic_gradient(a: Array, y: Array, shape: float) -> Array:
    """∂C/∂a = k(d - (1 + d) e^w / (1 + e^w)), which is -k((1 + d) tanh(w/2) + 1 - d)/2."""
    d, w = _known(y), shape * (_log_time(y) - a)
    return -shape * ((1 + d) * np.tanh(w / 2) + 1 - d) / 2


@hookimpl
def cbp_costs() -> list[Cost]:
    """The two models, compiled by numba."""
    return [
        Cost(
            "weibull_aft",
            value=weibull_value,
            gradient=weibull_gradient,
            kernel=kernel.weibull,
            params={"shape": Param(1.0, above=0)},
            canonical="identity",
            labels=(-1.0, 1.0),
            formula="Σ u + d(log |λ|/k - w), w = k(log|λ| - a), u = e^w, d = [λ > 0]",
            summary="survival times, -λ where censored: a is the logarithm of Weibull's scale",
        ),
        Cost(
            "log_logistic_aft",
            value=log_logistic_value,
            gradient=log_logistic_gradient,
            kernel=kernel.log_logistic,
            params={"shape": Param(1.0, above=0)},
            canonical="identity",
            labels=(-1.0, 1.0),
            formula="Σ (1 + d) log(1 + e^w) + d(log |λ|/k - w), w = k(log|λ| - a), d = [λ > 0]",
            summary="survival times, -λ where censored: a is the logarithm of the median",
        ),
    ]
