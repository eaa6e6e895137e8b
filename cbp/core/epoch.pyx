# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A whole epoch in one call without the GIL: shuffle, gather, forward, cost, backward, update.

Between batches the epoch looks, about every LOOK multiplications, for a signal (Ctrl-C); it stops there and
after any batch whose cost is not finite, always with parameters from the end of a whole step. Nothing is
allocated: `Epochs` brings every buffer. The order of the samples depends on (seed, epoch) alone, so a run can
be taken up at any epoch.
"""

from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from cbp_kernel cimport CBP_OK

from .passes cimport (
    Net, backpropagate, differentiate, feed_forward, lowest_layer, measure, real, sample_costs,
)
from .plan cimport Plan
from .updates cimport Update

import numpy as np

from . import isa
from .memory import aligned

cdef extern from *:
    """
    /* The high half of a 64 x 64 bit product: an integer below n from 64 random bits (Lemire 2019). */
    static inline uint64_t cbp_below(uint64_t bits, uint64_t n) {
        return (uint64_t)(((unsigned __int128)bits * n) >> 64);
    }
    """
    uint64_t cbp_below(uint64_t bits, uint64_t n) noexcept nogil

cdef enum:
    INTERRUPTED = -2
    NOT_FINITE = -3

cdef double LOOK = 5e7           # multiplications between two looks for a signal: a few milliseconds


cdef struct Course:
    # What one epoch is told, and what it leaves behind.
    Py_ssize_t batch_size
    double rate                  # η
    bint plain                   # gradient descent: θ -= η·g as g is computed
    const Update *update         # NULL: the optimiser is Python
    double *hyper
    double step                  # IN/OUT steps taken since training began
    double cost, weight          # OUT Σ w·C and Σ w over the samples seen
    Py_ssize_t batch             # OUT batches finished


cdef inline uint64_t random_bits(uint64_t *state) noexcept nogil:
    """splitmix64 (Steele, Lea and Flood 2014)."""
    cdef uint64_t x
    state[0] += <uint64_t>0x9E3779B97F4A7C15
    x = state[0]
    x = (x ^ (x >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    x = (x ^ (x >> 27)) * <uint64_t>0x94D049BB133111EB
    return x ^ (x >> 31)


cdef void shuffle(Py_ssize_t[::1] order, uint64_t seed, uint64_t epoch) noexcept nogil:
    """A permutation of 0 .. n-1 (Fisher and Yates), drawn from (seed, epoch)."""
    cdef uint64_t state = seed
    cdef Py_ssize_t i, j
    state = random_bits(&state) ^ epoch
    for i in range(order.shape[0]):
        order[i] = i
    for i in range(order.shape[0] - 1, 0, -1):
        j = <Py_ssize_t>cbp_below(random_bits(&state), i + 1)
        order[i], order[j] = order[j], order[i]


cdef void gather(const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t B,
                 const real[:, ::1] X, const real[:, ::1] targets,
                 const int64_t[::1] labels, const real[::1] on_off, const real[::1] weights,
                 real[:, ::1] X_B, real[:, ::1] targets_B, real[::1] weights_B) noexcept nogil:
    """The rows order[start : start + B]; an integer label becomes a row of on_off[0] with one on_off[1]."""
    cdef Py_ssize_t i, j, row
    for i in range(B):
        row = order[start + i]
        memcpy(&X_B[i, 0], &X[row, 0], X.shape[1] * sizeof(real))
        if labels is None:
            memcpy(&targets_B[i, 0], &targets[row, 0], targets.shape[1] * sizeof(real))
        else:
            for j in range(targets_B.shape[1]):
                targets_B[i, j] = on_off[0]
            targets_B[i, labels[row]] = on_off[1]
        if weights is not None:
            weights_B[i] = weights[row]


cdef int step(Net *net, Course *course, int lowest, const real[:, ::1] X, const real[:, ::1] targets,
              const real *weights, real[::1] theta, real[::1] gradient, real[:, ::1] state,
              real[::1] work, Epochs caller) noexcept nogil:
    """One step: forward, cost, backward, update."""
    cdef Py_ssize_t B = X.shape[0], i
    cdef const real *C = sample_costs(work)
    cdef double cost = 0, weight = 0
    cdef real scale
    cdef int status = feed_forward(net, X, theta, work)
    if status == CBP_OK:
        status = measure(net, targets, work)
    if status != CBP_OK:
        return status
    for i in range(B):
        cost += (weights[i] if weights != NULL else 1) * <double>C[i]
        weight += weights[i] if weights != NULL else 1
    if not isfinite(cost):
        return NOT_FINITE
    course.cost += cost
    course.weight += weight
    if lowest > net.L or weight == 0:
        return CBP_OK
    scale = <real>(1 / weight) if net.mean else 1
    status = backpropagate(net, X, targets, weights, theta, work, lowest)
    if status != CBP_OK:
        return status
    if course.plain:
        differentiate(net, X, work, -scale * <real>course.rate, True, theta)
        return CBP_OK
    differentiate(net, X, work, scale, False, gradient)
    if course.update == NULL:
        with gil:
            return caller.update_in_python()
    update(net, course, theta, gradient, state)
    return CBP_OK


cdef inline void update(Net *net, Course *course, real[::1] theta, real[::1] gradient,
                        real[:, ::1] state) noexcept nogil:
    """The optimiser's step on every stretch of layers that learn."""
    cdef Py_ssize_t start, stop = 0, stride = state.shape[1]
    cdef int l = 2
    if course.update.begin != NULL:
        course.update.begin(course.hyper, course.step + 1)
    while l <= net.L:
        if net.layer[l].frozen:
            l += 1
            continue
        start = net.layer[l].W
        while l <= net.L and not net.layer[l].frozen:
            stop = net.layer[l].b + net.layer[l].size
            l += 1
        if real is float:
            course.update.f32(&theta[start], &gradient[start], &state[0, start], stride, stop - start,
                              course.hyper, course.rate, course.step + 1)
        else:
            course.update.f64(&theta[start], &gradient[start], &state[0, start], stride, stop - start,
                              course.hyper, course.rate, course.step + 1)


cdef int epoch(Net *net, Course *course, const real[:, ::1] X, const real[:, ::1] targets,
               const int64_t[::1] labels, const real[::1] on_off, const real[::1] weights,
               const Py_ssize_t[::1] order, real[:, ::1] X_B, real[:, ::1] targets_B, real[::1] weights_B,
               real[::1] theta, real[::1] gradient, real[:, ::1] state, real[::1] work,
               Epochs caller) noexcept nogil:
    """Every sample once, batch by batch; the last batch may be smaller."""
    cdef Py_ssize_t n = X.shape[0], start = 0, B
    cdef double looked = 0, work_of_a_sample = 3.0 * theta.shape[0]
    cdef const real *w = NULL
    cdef int status, lowest = lowest_layer(net)
    while start < n:
        B = min(course.batch_size, n - start)
        gather(order, start, B, X, targets, labels, on_off, weights, X_B, targets_B, weights_B)
        if weights is not None:
            w = &weights_B[0]
        status = step(net, course, lowest, X_B[:B], targets_B[:B], w, theta, gradient, state, work,
                      caller)
        if status != CBP_OK:
            return status
        course.step += 1
        course.batch += 1
        start += B
        looked += B * work_of_a_sample
        if looked > LOOK:
            looked = 0
            with gil:
                if caller.interrupted():
                    return INTERRUPTED
    return CBP_OK


class NotFinite(ArithmeticError):
    """The cost of a batch is not finite; `batch` counts from 1, `layer` is the first layer whose z or a is not
    finite, or None where only the cost is not."""

    def __init__(self, batch, layer):
        super().__init__(batch, layer)
        self.batch, self.layer = batch, layer


cdef class Epochs:
    """Runs epochs of one training: holds the data, the buffers and the optimiser's memory.

    Parameters
    ----------
    plan : Plan
    theta : (n_parameters,) array
        Changed in place.
    X : (n, N_1) array
    targets : (n, N_L) array, or None where `labels` are given
    labels : (n,) int64 array or None
    on_off : (2,) array
        What a label's row holds: elsewhere, at the label.
    weights : (n,) array or None
    batch_size : int
    rule : str, callable or None
        The optimiser's compiled update; None for plain gradient descent; or a function of (gradient, rate), called
        once a step, that changes theta itself.
    hyper : (k,) float64 array
        The optimiser's constants, then the scalars it remembers, which change.
    state : (slots, n_parameters) array
    step : float
        Steps already taken.
    shuffled : bool
        Whether each epoch takes the samples in an order of its own.
    """

    cdef Plan plan
    cdef object X, targets, labels, on_off, weights, theta, gradient, hyper, work, X_B, targets_B, weights_B, order
    cdef readonly object state
    cdef object rule, interruption
    cdef bint shuffled
    cdef Course course

    def __init__(self, Plan plan, theta, X, targets, labels, on_off, weights, Py_ssize_t batch_size, rule,
                 hyper, state, double step, bint shuffled):
        cdef Py_ssize_t B = min(batch_size, <Py_ssize_t>len(X))
        cdef double[::1] constants = hyper
        self.plan, self.theta, self.X, self.targets, self.labels = plan, theta, X, targets, labels
        self.on_off, self.weights, self.hyper, self.state, self.rule = on_off, weights, hyper, state, rule
        self.course.batch_size, self.course.step = B, step
        self.course.update, self.course.hyper = NULL, &constants[0] if constants.shape[0] else NULL
        self.course.plain = rule is None
        if isinstance(rule, str):
            self.rule = isa.updates.rule(rule)
            self.course.update = <const Update *>PyCapsule_GetPointer(self.rule, "cbp.core.update")
        self.shuffled = shuffled
        n_out = plan.net.layer[plan.net.L].size
        self.gradient = aligned(plan.n_parameters if rule is not None else 0, plan.dtype)
        self.work = plan.workspace(B)
        self.X_B = aligned(B * X.shape[1], plan.dtype).reshape(B, X.shape[1])
        self.targets_B = aligned(B * n_out, plan.dtype).reshape(B, n_out)
        self.weights_B = aligned(B, plan.dtype)
        self.order = np.arange(len(X), dtype=np.intp)

    cdef int update_in_python(self) noexcept:
        """The step of an optimiser that is not compiled; what it raised is kept."""
        try:
            self.rule(self.gradient, self.course.rate)
        except BaseException as interruption:
            self.interruption = interruption
            return INTERRUPTED
        return CBP_OK

    cdef bint interrupted(self):
        """Whether a signal asks to stop; what its handler raised is kept."""
        try:
            PyErr_CheckSignals()
        except BaseException as interruption:
            self.interruption = interruption
            return True
        return False

    @property
    def steps(self):
        """Steps taken since training began."""
        return self.course.step

    def run(self, uint64_t seed, uint64_t number, double rate):
        """Run epoch `number` and return its mean cost per unit of weight, as measured before each step.

        Raises NotFinite, whatever a signal handler or a NumPy implementation raised, with the parameters as
        they were after the last whole step.
        """
        cdef Py_ssize_t[::1] order = self.order
        if self.shuffled:
            shuffle(order, seed, number)
        self.course.rate, self.course.cost, self.course.weight, self.course.batch = rate, 0, 0, 0
        status = self.pass_double() if self.plan.dtype == np.float64 else self.pass_float()
        if status == INTERRUPTED:
            interruption, self.interruption = self.interruption, None
            raise interruption
        if status == NOT_FINITE:
            raise NotFinite(self.course.batch + 1, self.first_not_finite())
        self.plan.raise_for(status)
        return self.course.cost / self.course.weight if self.course.weight else 0.0

    cdef int pass_double(self) except? -9:
        return run_epoch[double](self, 0)

    cdef int pass_float(self) except? -9:
        return run_epoch[float](self, 0)

    def first_not_finite(self):
        """The first layer whose z or a is not finite in the batch that stopped the epoch, or None."""
        done = self.course.batch * self.course.batch_size
        B = min(self.course.batch_size, len(self.X) - done)
        for l in range(1, self.plan.net.L + 1):
            z, a, _ = self.plan.views_of(l, self.X_B[:B], self.work)
            if not (np.isfinite(z).all() and np.isfinite(a).all()):
                return l
        return None


cdef int run_epoch(Epochs self, real tag) except? -9:
    """Acquire the buffers as typed memoryviews and run without the GIL."""
    cdef const real[:, ::1] X = self.X
    cdef const real[:, ::1] targets = self.targets
    cdef const int64_t[::1] labels = self.labels
    cdef const real[::1] on_off = self.on_off
    cdef const real[::1] weights = self.weights
    cdef const Py_ssize_t[::1] order = self.order
    cdef real[:, ::1] X_B = self.X_B
    cdef real[:, ::1] targets_B = self.targets_B
    cdef real[::1] weights_B = self.weights_B
    cdef real[::1] theta = self.theta
    cdef real[::1] gradient = self.gradient
    cdef real[:, ::1] state = self.state
    cdef real[::1] work = self.work
    cdef int status
    with nogil:
        status = epoch(&self.plan.net, &self.course, X, targets, labels, on_off, weights, order, X_B,
                       targets_B, weights_B, theta, gradient, state, work, self)
    return status
