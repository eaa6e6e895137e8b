"""cbp's initialisers by name, registered through the same hook as a plugin's; imported when one is first used."""

from __future__ import annotations

from ..plugin import Initializer, hookimpl

__all__ = ["cbp_initializers"]


def _of(name: str, class_name: str, formula: str, summary: str) -> Initializer:
    return Initializer(name, f"cbp.initializers:{class_name}", formula, summary)


def _normal(scheme: str, class_name: str, formula: str, summary: str) -> Initializer:
    def make() -> object:
        from .. import initializers

        return getattr(initializers, class_name)("normal")

    return Initializer(f"{scheme}_normal", make, formula, summary)


@hookimpl
def cbp_initializers() -> list[Initializer]:
    """The built-in initialisers."""
    return [
        _of("zeros", "Zeros", "0", "for a layer set by hand afterwards"),
        _of("constant", "Constant", "c", "every weight the same"),
        _of("uniform", "Uniform", "U(low, high)", "evenly between two numbers"),
        _of("normal", "Normal", "N(0, std²)", "the same spread in every layer"),
        _of("glorot_uniform", "Glorot", "variance 2 / (fan_in + fan_out)", "for tanh and its like"),
        _normal("glorot", "Glorot", "variance 2 / (fan_in + fan_out)", "for tanh and its like"),
        _of("he_uniform", "He", "variance 2 / fan_in", "for relu and its like"),
        _normal("he", "He", "variance 2 / fan_in", "for relu and its like"),
        _of("lecun_uniform", "LeCun", "variance 1 / fan_in", "for selu"),
        _normal("lecun", "LeCun", "variance 1 / fan_in", "for selu"),
        _of("orthogonal", "Orthogonal", "gain·Q", "rows or columns orthonormal"),
    ]
