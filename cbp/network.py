"""A fully connected feed-forward network: its parameters, and what can be computed with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from . import inputs, structure
from .core.bound import BoundActivation, BoundCost
from .core.memory import Lease, aligned
from .core.plan import CHUNK, Plan
from .core.single import Single
from .layers import Layers
from .registry.chosen import Choice, Chosen, choose
from .registry.made import initializer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from .gradients import Gradients
    from .initializers import SupportsWeights
    from .optimizers import SupportsIterate, SupportsUpdate
    from .paper import Trace
    from .plugin.makers import Initializer, Optimizer
    from .schedules import Schedule
    from .training.batches import Source
    from .training.history import History

__all__ = ["Network"]


class Network:
    """A fully connected feed-forward network f(z^1) = σ(φ^L(…φ^2(z^1))), eqs 1 and 2.

    Layers are numbered 1 .. L as in the paper: layer 1 is the input.

    Parameters
    ----------
    sizes : sequence of int
        N_1 .. N_L: at least two sizes, each at least 1.
    activation : str, Chosen, Activation, or a list of these
        σ of layers 2 .. L; a list names one for each of them.
    output_activation : optional
        σ of layer L. By default the cost's canonical one (softmax for ``cross_entropy``), or `activation`
        where the cost has none.
    cost : str, Chosen or Cost
        C(a^L, λ).
    input_activation : optional
        σ of layer 1: ``"identity"`` is the usual convention a^1 = z^1; any other is the paper's eq 2.
    init : str or object, optional
        How W^l begins: a name, or one with its constants, such as ``cbp.initializer("orthogonal", gain=2)``; by
        default what suits the layer's activation. Biases begin at zero.
    dtype : ``"float32"`` or ``"float64"``
    reduction : ``"mean"`` or ``"sum"``
        E is the (weighted) mean of C over the samples, or their sum.
    seed : int, optional
        Seeds the initial weights and the shuffling; None draws one.

    Attributes
    ----------
    W, b : Layers
        ``net.W[l]`` of shape (N_l, N_{l-1}) and ``net.b[l]`` of shape (N_l,), l = 2 .. L: writable views.
    parameters : (n_parameters,) array
        All of them in one vector, writable: for each layer 2 .. L the block (N_{l-1}, N_l), which is W^l
        transposed, then b^l. Assigning to it copies.
    average : (n_parameters,) array or None
        The running mean of the parameters of the newest `fit`, if it was asked for one by `ema`, with their layout.
        That `fit` measures it; nothing else uses it, and `save` does not write it, before
        ``net.parameters = net.average``.
    extra : dict
        What `save` keeps with the network and `cbp.load` brings back: anything JSON can hold.

    Notes
    -----
    ``copy.copy`` and ``copy.deepcopy`` make a network of its own with the same parameters. A pickle holds the names of
    its activations and cost, which must be found where it is read: built in, from a plugin, or registered with
    `cbp.register`.

    Raises
    ------
    ValueError, TypeError
        A size below 1, an unknown name, a parameter out of range, ...

    Examples
    --------
    >>> import cbp
    >>> net = cbp.Network([2, 8, 1], activation="tanh", cost="squared_error", seed=1)
    >>> net.n_parameters
    33
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Choice | Sequence[Choice] = "logistic",
        output_activation: Choice | None = None,
        cost: Choice = "squared_error",
        input_activation: Choice = "identity",
        init: str | Initializer | SupportsWeights | None = None,
        dtype: DTypeLike = "float32",
        reduction: str = "mean",
        seed: int | None = 0,
    ) -> None:
        self.sizes: tuple[int, ...] = structure.sizes(sizes)
        self.dtype: np.dtype = structure.dtype(dtype)
        self.reduction: str = structure.reduction(reduction)
        self.seed: int = structure.seed(seed)
        self.cost_function: Chosen = choose("cost", cost)
        self.layer_activations: tuple[Chosen, ...] = (
            choose("activation", input_activation),
            *structure.layer_activations(activation, output_activation, self.cost_function, len(self.sizes)),
        )
        self.epochs_trained: int = 0
        self.average: np.ndarray | None = None
        self.extra: dict[str, Any] = {}
        self._allocate()
        self._initialize(init)

    # -- what it is ------------------------------------------------------------------------------------

    @property
    def L(self) -> int:
        """The number of layers, the input layer included."""
        return len(self.sizes)

    @property
    def n_parameters(self) -> int:
        """The number of weights and biases."""
        return self._plan.n_parameters

    @property
    def W(self) -> Layers:
        """W^l of the layers l = 2 .. L; assigning to one of them copies."""
        return self._W

    @property
    def b(self) -> Layers:
        """b^l of the layers l = 2 .. L; assigning to one of them copies."""
        return self._b

    @property
    def parameters(self) -> np.ndarray:
        """Every W^l and b^l in one vector, writable; assigning to it copies."""
        return self._theta

    @parameters.setter
    def parameters(self, values: ArrayLike) -> None:
        inputs.assign(self._theta, values, "parameters")

    @property
    def frozen(self) -> tuple[int, ...]:
        """The layers that do not learn."""
        return tuple(l for l in range(2, self.L + 1) if self._plan.frozen(l))

    def freeze(self, l: int, frozen: bool = True) -> Self:
        """Keep W^l and b^l as they are in `fit` (their gradient becomes zero), or let them learn again.

        Parameters
        ----------
        l : int
            A layer, 2 .. L.
        frozen : bool

        Returns
        -------
        Network
            Itself.
        """
        self.W.check(l)
        self._plan.freeze(l, frozen)
        return self

    def __repr__(self) -> str:
        names = ", ".join(str(sigma) for sigma in self.layer_activations[1:])
        return f"<cbp.Network {'-'.join(map(str, self.sizes))} {names}; {self.cost_function}; {self.dtype}>"

    # -- forward ---------------------------------------------------------------------------------------

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The network's output a^L.

        Parameters
        ----------
        X : (n, N_1) or (N_1,) array_like

        Returns
        -------
        (n, N_L) array, or (N_L,) for a 1-D sample

        Raises
        ------
        ValueError, TypeError
            Wrong shape or dtype, NaN or infinity in X, or no sample.
        """
        if (ready := self._single.predict(X)) is not None:
            return ready
        X, one = inputs.as_samples(X, self.sizes[0], self.dtype)
        out = self._outputs(X)
        return out[0] if one else out

    def activations(self, X: ArrayLike) -> dict[int, np.ndarray]:
        """a^l of every layer.

        Parameters
        ----------
        X : (n, N_1) or (N_1,) array_like

        Returns
        -------
        dict
            l to a^l of shape (n, N_l), or (N_l,) for a 1-D sample; l = 1 .. L.
        """
        X, one = inputs.as_samples(X, self.sizes[0], self.dtype)
        layers = self._plan.layers(X, None, self.parameters)
        return {l: (a[0] if one else a).copy() for l, (_, a, _) in layers.items()}

    def cost(self, X: ArrayLike, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """E: the (weighted) mean or sum of C over the samples.

        Parameters
        ----------
        X : (n, N_1) or (N_1,) array_like
        targets : (n, N_L) array_like, or (n,) integer labels
        sample_weight : (n,) array_like, optional

        Returns
        -------
        float
        """
        X, y, weights = self._checked(X, targets, sample_weight)
        return self._reduce(self._costs(X, y), weights)

    def evaluate(
        self, X: ArrayLike, targets: ArrayLike, metrics: Any = None, sample_weight: ArrayLike | None = None
    ) -> dict[str, float]:
        """How good it is on these samples.

        Parameters
        ----------
        X : (n, N_1) or (N_1,) array_like
        targets : (n, N_L) array_like, or (n,) integer labels
        metrics : str, callable, a list of these, or a mapping of name to one, optional
            As in `fit`.
        sample_weight : (n,) array_like, optional

        Returns
        -------
        dict
            ``"cost"``, the (weighted) mean of C; for integer labels ``"accuracy"``; and each metric.
        """
        from .metrics import named
        from .training.samples import Samples
        from .training.scoring import scores_of

        return scores_of(self, Samples.checked(self, X, targets, sample_weight), named(metrics))

    # -- backward --------------------------------------------------------------------------------------

    def gradients(
        self,
        X: ArrayLike,
        targets: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        per_sample: bool = False,
        inputs: bool = False,
    ) -> Gradients:
        """E and its derivatives, by the six steps of the paper's section 5.

        Parameters
        ----------
        X : (n, N_1) or (N_1,) array_like
        targets : (n, N_L) array_like, or (n,) integer labels
        sample_weight : (n,) array_like, optional
        per_sample : bool
            Also δC_i/δθ of each sample: n · n_parameters numbers.
        inputs : bool
            Also δ^1 = δE/δz^1.

        Returns
        -------
        Gradients
        """
        from .gradients import Gradients

        X, y, weights = self._checked(X, targets, sample_weight)
        n = len(X)
        flat = aligned(self.n_parameters, self.dtype)
        costs = np.empty(n, self.dtype)
        delta_1 = np.empty((n, self.sizes[0]), self.dtype) if inputs else None
        each = np.empty((n, self.n_parameters), self.dtype) if per_sample else None
        scale = 1.0 / _total(weights, n) if self.reduction == "mean" else 1.0
        with self._workspace(n) as work:
            self._plan.gradient(X, y, weights, scale, self.parameters, work, flat, costs, delta_1, each)
        W, b = self._views(flat)
        return Gradients(self._reduce(costs, weights), flat, W, b, delta_1, each)

    def jacobian(self, X: ArrayLike) -> np.ndarray:
        """The derivatives of every output by every parameter.

        Parameters
        ----------
        X : (n, N_1) or (N_1,) array_like

        Returns
        -------
        (n, N_L, n_parameters) or (N_L, n_parameters) array
            δa_j^L/δθ of each sample, in the layout of ``net.parameters``; 0 for frozen layers.
        """
        X, one = inputs.as_samples(X, self.sizes[0], self.dtype)
        out = np.empty((len(X), self.sizes[-1], self.n_parameters), self.dtype)
        with self._workspace(len(X)) as work:
            self._plan.jacobian(X, self.parameters, work, out)
        return out[0] if one else out

    def trace(self, x: ArrayLike, target: ArrayLike) -> Trace:
        """Every object of the paper for one sample, in the paper's shapes.

        Parameters
        ----------
        x : (N_1,) array_like
        target : (N_L,) array_like, or an integer label

        Returns
        -------
        cbp.paper.Trace
        """
        from .paper import trace

        return trace(self, x, target)

    # -- training, saving ------------------------------------------------------------------------------

    def fit(
        self,
        X: ArrayLike | Source,
        targets: ArrayLike | None = None,
        *,
        epochs: int = 10,
        batch_size: int = 32,
        batches_per_epoch: int | None = None,
        optimizer: str | Optimizer | SupportsUpdate | SupportsIterate = "sgd",
        schedule: str | Schedule | None = None,
        validation: float | tuple[ArrayLike, ...] | None = None,
        metrics: Any = None,
        train_metrics: bool = False,
        shuffle: bool | Literal["blocks"] = True,
        seed: int | None = None,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[int, float] | str | None = None,
        callbacks: Sequence[Any] | Any = None,
        l1: float = 0.0,
        l2: float = 0.0,
        dropout: float | Sequence[float] | Mapping[int, float] = 0.0,
        input_noise: float = 0.0,
        max_norm: float | None = None,
        clip_value: float | None = None,
        clip_norm: float | None = None,
        ema: float | None = None,
        threads: int | None = None,
        progress: bool | Callable[[History], None] = False,
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train: for each batch one step of the optimiser along the gradient of E.

        `l1` to `ema` are explained in docs/regularization.md.

        Parameters
        ----------
        X : (n, N_1) array_like, or batches
            A memory-mapped array (``np.load(path, mmap_mode="r")``, `numpy.memmap`) of any real dtype is read in parts
            as training needs them. Batches are an iterable of (X, targets) or (X, targets, weights), or a function
            that gives one for each epoch, of the epoch's number where it takes one; each is a step.
        targets : (n, N_L) array_like, or (n,) integer labels
            None for batches.
        epochs : int
            Times every sample is seen.
        batch_size : int
            Samples a step; the last batch of an epoch may be smaller. It and `shuffle` mean nothing to
            ``"lbfgs"`` and ``"lm"``, which look at all samples at once: an epoch is one of their iterations.
        batches_per_epoch : int, optional
            How many of an iterable's batches make an epoch; by default all of them.
        optimizer : str or object
            A name, such as ``"sgd"`` or ``"adam"``, or one with its constants, ``cbp.AdamW(lr=1e-3)``;
            ``cbp.optimizer("name", lr=1e-3)`` makes a plugin's. Any object will do whose methods are those of
            `cbp.plugin.Optimizer`.
        schedule : str or Schedule, optional
            How the learning rate changes: a name, such as ``"cosine"``, or one of `cbp.schedules` with its
            constants, ``cbp.schedules.Plateau(patience=5)``. ``cbp.SGD(lr=cbp.schedules.Cosine(lr=0.1))`` says
            the same with the optimiser.
        validation : float, (X, targets) or (X, targets, weights), optional
            A fraction of the samples to hold out, drawn by `seed`, or data of their own.
        metrics : str, callable, a list of these, or a mapping of name to one, optional
            What to compute on the validation data after each epoch: names of `cbp.metrics`, such as ``"f1"`` or
            ``"top_3"``, or functions of (targets, a^L), which take ``sample_weight=`` too if samples are to have
            weights there. The history's column for ``"f1"`` is ``"validation_f1"``. Integer labels always have their
            accuracy.
        train_metrics : bool
            Compute them, accuracy too, on the training samples as well: ``"f1"``.
        shuffle : bool or ``"blocks"``
            A new order of the samples each epoch. ``"blocks"`` mixes blocks of 256 neighbours, 64 of them with each
            other: quicker where X is in a file larger than memory.
        seed : int, optional
            Of the shuffling and the held-out fraction; by default the network's. The order of an epoch
            depends on the seed and on how many epochs the network has been trained, so that two calls of
            2 and 3 epochs are one of 5; but an optimiser's memory begins anew with each call.
        sample_weight : (n,) array_like, optional
        class_weight : mapping of label to weight, or ``"balanced"``, optional
            For integer labels; multiplies `sample_weight`.
        callbacks : list of objects, optional
            What else happens at the beginnings and ends of the training, its epochs and its batches: those of
            `cbp.callbacks`, such as ``EarlyStopping(patience=5)``, or any with such hooks.
        l1, l2 : float
            Add l1·Σ|W| + ½·l2·ΣW² to E, over the weights, not the biases.
        dropout : float, sequence of float, or mapping of layer to float
            The probability that a unit of a hidden layer is left out of a step: one for all of them, one for each,
            or ``{1: 0.2, 2: 0.5}`` by layer, where 1 is the input.
        input_noise : float
            The standard deviation of noise that is added to X in each step.
        max_norm : float, optional
            The largest norm that the weights into a unit may have after a step.
        clip_value, clip_norm : float, optional
            The largest size of a number of the gradient, and the largest norm of all of it.
        ema : float, optional
            Keep the running mean of the parameters, which forgets those of k steps ago as ema^k, in `average`;
            validation and metrics are of the network with these.
        threads : int, optional
            At most so many share a step, or a pass over validation data, that is large enough; the result has the same
            bits for any number.
            By default ``CBP_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the cores of this process.
        progress : bool or callable
            True shows a progress bar; a callable is called with the history after each epoch.
        resume : path-like, optional
            A file that `cbp.callbacks.Checkpoint` wrote in a training with the same network, data and settings,
            wherever it was stopped: it goes on from there, to the bits of one that was never stopped. `epochs`
            counts those before too, and may be larger now; threads, validation, callbacks may be others.

        Returns
        -------
        History
            Cost, validation cost, and metrics of each epoch.

        Raises
        ------
        ValueError, TypeError
            Before anything has changed.
        FloatingPointError
            The cost of a batch is not finite, or a step made a parameter so. The parameters are those of
            the last whole step, or of the beginning of the epoch where those are not finite. Of ``"lbfgs"``
            and ``"lm"``, only the cost of the beginning may be: they go no step that makes it so.
        KeyboardInterrupt
            The parameters are those after the last whole step.
        """
        from .training.fit import train
        from .training.regularization import Regularization

        return train(
            self,
            X,
            targets,
            epochs=epochs,
            batch_size=batch_size,
            batches_per_epoch=batches_per_epoch,
            optimizer=optimizer,
            schedule=schedule,
            validation=validation,
            metrics=metrics,
            train_metrics=train_metrics,
            shuffle=shuffle,
            seed=seed,
            sample_weight=sample_weight,
            class_weight=class_weight,
            callbacks=callbacks,
            regularization=Regularization(
                l1=l1,
                l2=l2,
                dropout=dropout,
                input_noise=input_noise,
                max_norm=max_norm,
                clip_value=clip_value,
                clip_norm=clip_norm,
                ema=ema,
            ),
            threads=threads,
            progress=progress,
            resume=resume,
        )

    def save(self, path: str | os.PathLike[str], extra: Mapping[str, Any] | None = None) -> None:
        """Write the network to a safetensors file: written beside, flushed, then renamed.

        Parameters
        ----------
        path : path-like
        extra : mapping, optional
            Anything JSON can hold, kept with the model (``cbp.load(path).extra``); by default the
            network's own `extra`.

        Raises
        ------
        OSError, TypeError
            The path cannot be written, or JSON cannot hold `extra`; an older file stays as it was.
        """
        from .files import save

        save(self, path, extra)

    # -- inside ----------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """What `copy` and `pickle` take along: everything but what `_allocate` makes."""
        made = {"_plan", "_single", "_workspaces", "_theta", "_W", "_b"}
        kept = {name: value for name, value in self.__dict__.items() if name not in made}
        return kept | {"extra": dict(self.extra), "parameters": self._theta, "frozen": self.frozen}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        properties = {"parameters", "frozen"}
        self.__dict__.update((name, value) for name, value in state.items() if name not in properties)
        self._allocate()
        self._theta[...] = state["parameters"]
        for l in state["frozen"]:
            self.freeze(l)

    def _allocate(self) -> None:
        """The compiled plan, and memory for the parameters."""
        self._plan: Plan = self._make_plan(keep_z=False)
        self._workspaces: list[np.ndarray] = []
        self._use(aligned(self._plan.n_parameters, self.dtype))

    def _with(self, theta: np.ndarray) -> Network:
        """The same network with these parameters, which lie where the core can read them, instead of its own."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._use(theta)
        return other

    def _use(self, theta: np.ndarray) -> None:
        self._theta = theta
        self._single = Single(self._plan, theta)
        self._W, self._b = self._views(theta)

    def _make_plan(self, keep_z: bool, dtype: np.dtype | None = None) -> Plan:
        cost = self.cost_function
        bound_cost = BoundCost(cost.spec, dict(cost.params))
        canonical = cost.spec.canonical
        fused = bound_cost.fuses and choose("activation", canonical) == self.layer_activations[-1]
        # map, for a warning is shown where the network is made, and in Python 3.11 a comprehension is one call further
        specs, params = zip(*((sigma.spec, dict(sigma.params)) for sigma in self.layer_activations), strict=True)
        return Plan(
            list(self.sizes),
            [*map(BoundActivation, specs, params)],
            bound_cost,
            self.dtype if dtype is None else dtype,
            self.layer_activations[0].entry.id == "cbp:identity",
            fused,
            self.reduction == "mean",
            keep_z,
        )

    def _views(self, flat: np.ndarray) -> tuple[Layers, Layers]:
        """W^l and b^l as views of a vector with the parameters' layout."""
        W, b = {}, {}
        for l in range(2, self.L + 1):
            n_in, n_out = self.sizes[l - 2 : l]
            start, end = self._plan.offsets(l)
            W[l] = flat[start:end].reshape(n_in, n_out).T
            b[l] = flat[end : end + n_out]
        return Layers("W", W), Layers("b", b)

    def _initialize(self, init: str | Initializer | SupportsWeights | None) -> None:
        rng = np.random.default_rng(self.seed)
        for l in range(2, self.L + 1):
            choice = init if init is not None else self.layer_activations[l - 1].spec.init
            self.W[l] = initializer(choice).weights(rng, self.sizes[l - 1], self.sizes[l - 2])

    def _workspace(self, n: int, threads: int = 1) -> Lease:
        return Lease(self._workspaces, self._plan.workspaces(min(n, CHUNK), threads), self.dtype)

    def _checked(
        self, X: ArrayLike, targets: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        X, one = inputs.as_samples(X, self.sizes[0], self.dtype)
        n_out, cost = self.sizes[-1], self.cost_function.spec
        y = inputs.as_targets(targets, len(X), n_out, self.dtype, cost, one)
        return (
            X,
            inputs.dense(*y, n_out, self.dtype, cost),
            inputs.as_weights(sample_weight, len(X), self.dtype),
        )

    def _outputs(self, X: np.ndarray, threads: int | None = None) -> np.ndarray:
        """a^L of checked samples; by at most so many threads."""
        out = np.empty((len(X), self.sizes[-1]), self.dtype)
        threads = self._plan.threads_for(len(X), threads)
        with self._workspace(len(X), threads) as work:
            self._plan.predict(X, self.parameters, work, out, threads)
        return out

    def _costs(self, X: np.ndarray, y: np.ndarray, threads: int | None = None) -> np.ndarray:
        """C of each sample; by at most so many threads."""
        out = np.empty(len(X), self.dtype)
        threads = self._plan.threads_for(len(X), threads)
        with self._workspace(len(X), threads) as work:
            self._plan.costs(X, y, self.parameters, work, out, threads)
        return out

    def _reduce(self, costs: np.ndarray, weights: np.ndarray | None) -> float:
        weighted = costs if weights is None else costs * weights
        total = float(weighted.sum(dtype=np.float64))
        return total / _total(weights, len(costs)) if self.reduction == "mean" else total


def _total(weights: np.ndarray | None, n: int) -> float:
    return float(n) if weights is None else float(weights.sum(dtype=np.float64))
