"""cbp's optimisers by name, registered through the same hook as a plugin's; imported when one is first used."""

from __future__ import annotations

from ..plugin import Optimizer, hookimpl

__all__ = ["cbp_optimizers"]


def _of(class_name: str, formula: str, summary: str) -> Optimizer:
    return Optimizer(class_name.lower(), f"cbp.optimizers:{class_name}", formula, summary)


@hookimpl
def cbp_optimizers() -> list[Optimizer]:
    """The built-in optimisers."""
    return [
        _of("SGD", "θ -= η·g; with momentum v = μ·v + g, θ -= η·v", "gradient descent"),
        _of("Adam", "θ -= η·m̂ / (√v̂ + ε)", "running means m of g and v of g²"),
        _of("AdamW", "θ -= η·(m̂ / (√v̂ + ε) + λ·θ)", "Adam with decoupled weight decay"),
        _of("AMSGrad", "θ -= η·m̂ / (√max v̂ + ε)", "Adam with the largest v so far"),
        _of("NAdam", "θ -= η·(c·g + d·m) / (√v̂ + ε)", "Adam with Nesterov's momentum"),
        _of("RAdam", "θ -= η·r·m̂ / (√v̂ + ε), or η·m̂", "Adam that waits until v is certain enough"),
        _of("RMSprop", "s = α·s + (1-α)·g²; θ -= η·g / (√s + ε)", "Each gradient by the root of its mean square"),
        _of("Adagrad", "s = s + g²; θ -= η·g / (√s + ε)", "Each gradient by the root of its squares so far"),
        _of("Adadelta", "Δ = √(u + ε) / √(s + ε)·g; θ -= η·Δ", "RMSprop with a rate of its own"),
        _of("Adamax", "u = max(β2·u, |g| + ε); θ -= η·m̂ / u", "Adam by the largest |g| it remembers"),
        _of("Lion", "θ -= η·(sign(β1·m + (1-β1)·g) + λ·θ)", "the sign of the momentum"),
        _of("Rprop", "θ -= sign(g)·Δ", "iRprop-: a step Δ for each parameter, for all the data at once"),
        _of("LBFGS", "θ -= α·H·g, H from the last m changes of θ and g", "quasi-Newton, for all the data at once"),
        Optimizer(
            "lm",
            "cbp.optimizers:LevenbergMarquardt",
            "(JᵀJ + μI)·p = -Jᵀr; θ += p",
            "Levenberg-Marquardt: squared errors, small networks, all the data at once",
            ("levenberg_marquardt",),
        ),
    ]
