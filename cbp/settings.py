"""The environment variables cbp reads, CBP_ISA, CBP_PLUGINS and CBP_DEBUG, and the error of a wrong one."""

from __future__ import annotations

__all__ = ["SettingError"]


class SettingError(ImportError):
    """An environment variable says what cannot be had: what is wanted of cbp cannot be loaded."""
