"""What scikit-learn's versions from 1.5 on do in different ways."""

from __future__ import annotations

from typing import Any

from sklearn.utils import validation

try:
    from sklearn.callback import CallbackSupportMixin
except ModuleNotFoundError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """There are no callbacks."""


__all__ = ["CallbackSupportMixin", "validate_data"]


def validate_data(estimator: Any, X: Any, y: Any = "no_validation", **options: Any) -> Any:
    """Check and convert what a user passes in: 1.6's function, before that a method."""
    if hasattr(validation, "validate_data"):
        return validation.validate_data(estimator, X, y, **options)
    return estimator._validate_data(X, y, **options)
