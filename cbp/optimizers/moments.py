"""Optimisers that follow the running means m of g and v of g², or of its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..constants import check_at_least_0, check_betas, check_lr, check_positive
from .compiled import Compiled, Rule

if TYPE_CHECKING:
    from ..schedules import Schedule

__all__ = ["AMSGrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam"]


@dataclass(frozen=True)
class _Moments(Compiled):
    lr: float | Schedule = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_positive(eps=self.eps)
        check_betas(self.betas)
        check_at_least_0(weight_decay=self.weight_decay)

    def _rule(self, name: str, *more: float, slots: int = 2, scalars: tuple[float, ...] = ()) -> Rule:
        return Rule(name, (*self.betas, self.eps, self.weight_decay, *more), (0.0,) * slots, scalars)


@dataclass(frozen=True)
class Adam(_Moments):
    """Adam (Kingma and Ba 2015): θ -= η·m̂ / (√v̂ + ε), m̂ and v̂ corrected for their start at zero.

    Parameters
    ----------
    lr : float or Schedule
        The learning rate η > 0.
    betas : (float, float)
        β1 and β2: how slowly the means of g and g² forget, in [0, 1).
    eps : float
        ε > 0.
    weight_decay : float
        λ >= 0: g + λ·θ takes the place of g.
    eps_hat : bool
        Add ε to √v before v is corrected, the paper's ε̂: what scikit-learn and Keras do.
    """

    eps_hat: bool = False

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`; with `eps_hat` a fifth number is ε̂."""
        if self.eps_hat:
            return self._rule("adam_hat", self.eps)
        return self._rule("adam_decayed" if self.weight_decay else "adam")


@dataclass(frozen=True)
class AMSGrad(_Moments):
    """Adam with the largest v so far in the place of v (Reddi, Kale and Kumar 2018).

    torch.optim calls it ``Adam(amsgrad=True)``. The parameters are those of `Adam`.
    """

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return self._rule("amsgrad", slots=3)


@dataclass(frozen=True)
class AdamW(_Moments):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    Parameters
    ----------
    lr, betas, eps
        As `Adam`.
    weight_decay : float
        λ >= 0: θ -= η·λ·θ beside Adam's step.
    amsgrad : bool
        Take the largest v so far in the place of v.
    """

    weight_decay: float = 1e-2
    amsgrad: bool = False

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return self._rule("amsgradw", slots=3) if self.amsgrad else self._rule("adamw")


@dataclass(frozen=True)
class NAdam(_Moments):
    """Adam with Nesterov's momentum (Dozat 2016).

    Parameters
    ----------
    lr, betas, eps, weight_decay
        As `Adam`.
    momentum_decay : float
        ψ >= 0 in μ_t = β1·(1 - 0.96^(t·ψ) / 2).
    decoupled_weight_decay : bool
        Weight decay as `AdamW`.
    """

    lr: float | Schedule = 2e-3
    momentum_decay: float = 4e-3
    decoupled_weight_decay: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least_0(momentum_decay=self.momentum_decay)

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`; the scalar is the product of μ_1 .. μ_t."""
        return self._rule("nadam", float(self.decoupled_weight_decay), self.momentum_decay, scalars=(1.0,))


@dataclass(frozen=True)
class RAdam(_Moments):
    """Rectified Adam (Liu et al. 2020): m alone as long as √v̂ is too uncertain to divide by.

    Parameters
    ----------
    lr, betas, eps, weight_decay
        As `Adam`.
    decoupled_weight_decay : bool
        Weight decay as `AdamW`.
    """

    decoupled_weight_decay: bool = False

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return self._rule("radam", float(self.decoupled_weight_decay))


@dataclass(frozen=True)
class Adamax(_Moments):
    """Adam with the largest |g| it remembers in the place of √v (Kingma and Ba 2015, section 7.1).

    The parameters are those of `Adam`.
    """

    lr: float | Schedule = 2e-3

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return self._rule("adamax")
