# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A whole epoch in one call without the GIL: shuffle, gather, forward, cost, backward, update.

Every thread runs `epoch`, and of each batch its share: first some of the samples, forward and backward, then,
when all have met, some of every gradient and its update; then all meet again. So two meetings a step, no lock,
and no number whose bits depend on how many threads there were.

Between batches the epoch looks, about every LOOK multiplications, for a signal (Ctrl-C) and for a wish to be
heard; it stops there and after any batch whose cost is not finite, always with parameters from the end of a whole
step, and goes on from there when it is run again. Nothing is allocated: `Epochs` brings every buffer. The order of
the samples depends on (seed, epoch) alone, so a run can be taken up at any batch of any epoch.
"""

from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from cbp_kernel cimport CBP_OK

from .chance cimport Chance
from .course cimport Course
from .learning cimport learn, penalty_of
from .passes cimport Net, Share, backpropagate, feed_forward, lowest_layer, measure, real, work_size
from .plan cimport Plan
from .team cimport begin_of, team_meet, team_run, useful_threads
from .tiles cimport Tiles
from .updates cimport Update

import numpy as np

from . import isa
from .memory import aligned

cdef const Chance *chance = <const Chance *>PyCapsule_GetPointer(isa.chance.table, "cbp.core.chance")
cdef const Tiles *tiles = <const Tiles *>PyCapsule_GetPointer(isa.tiles.table, "cbp.core.tiles")

cdef extern from *:
    """
    /* The high half of a 64 x 64 bit product: an integer below n from 64 random bits (Lemire 2019). */
    static inline uint64_t cbp_below(uint64_t bits, uint64_t n) {
        return (uint64_t)(((unsigned __int128)bits * n) >> 64);
    }
    """
    uint64_t cbp_below(uint64_t bits, uint64_t n) noexcept nogil
    void prefetch "__builtin_prefetch"(const void *where) noexcept nogil

cdef enum:
    INTERRUPTED = -2             # by a signal, or somebody who wishes to be heard
    NOT_FINITE = -3
    RAISED = -4                  # by an optimiser in Python
    UNFIT = -1                   # in the place of a layer that failed: a sample has a number that is not finite
    FEW = 16                     # numbers
    SMALL = 1 << 18              # bytes: less than a half of the second-level cache

cdef double LOOK = 5e7           # multiplications between two looks for a signal: a few milliseconds


cdef inline uint64_t random_bits(uint64_t *state) noexcept nogil:
    """splitmix64 (Steele, Lea and Flood 2014)."""
    cdef uint64_t x
    state[0] += <uint64_t>0x9E3779B97F4A7C15
    x = state[0]
    x = (x ^ (x >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    x = (x ^ (x >> 27)) * <uint64_t>0x94D049BB133111EB
    return x ^ (x >> 31)


cdef inline uint64_t stream_of(uint64_t seed, uint64_t epoch) noexcept nogil:
    """The state of random_bits that an epoch begins with."""
    return random_bits(&seed) ^ epoch


cdef void shuffle(Py_ssize_t *order, Py_ssize_t n, uint64_t seed, uint64_t epoch) noexcept nogil:
    """A permutation of 0 .. n-1 (Fisher and Yates), drawn from (seed, epoch)."""
    cdef uint64_t state = stream_of(seed, epoch)
    cdef Py_ssize_t i, j
    for i in range(n):
        order[i] = i
    for i in range(n - 1, 0, -1):
        j = <Py_ssize_t>cbp_below(random_bits(&state), i + 1)
        order[i], order[j] = order[j], order[i]


cdef inline void copy(real *target, const real *source, Py_ssize_t n) noexcept nogil:
    """target[j] = source[j], j < n; of a few numbers, without a call."""
    cdef Py_ssize_t j
    if n > FEW:
        memcpy(target, source, n * sizeof(real))
        return
    for j in range(n // 4):
        memcpy(target + 4 * j, source + 4 * j, 4 * sizeof(real))
    for j in range(n // 4 * 4, n):
        target[j] = source[j]


cdef inline bint take(const real *source, const real *next, Py_ssize_t n, real *target) noexcept nogil:
    """Copy n numbers while those which are taken next are called into the cache; whether all are finite."""
    if real is float:
        return tiles.take_row_f32(n, source, next, target)
    else:
        return tiles.take_row_f64(n, source, next, target)


cdef bint gather(const Course *course, Py_ssize_t start, const Share *share, real tag) noexcept nogil:
    """This share's rows of the batch that begins at order[start]; whether they may be learned from."""
    cdef Py_ssize_t i, row, next, I = course.net.layer[1].size, O = course.net.layer[course.net.L].size
    cdef const real *X = <const real *>course.X
    cdef const real *weights = <const real *>course.weights
    cdef real *weights_B = <real *>course.weights_B
    cdef real *X_B = <real *>course.X_B
    for i in range(share.first, share.first + share.count):
        row = course.order[start + i]
        next = course.order[min(start + i + 1, course.n - 1)]
        if I <= FEW:
            copy(X_B + i * I, X + row * I, I)
        elif not take(X + row * I, X + next * I, I, X_B + i * I):
            return False
        if course.noise:
            perturb(course, share.seen + i, X_B + i * I, I)
        if course.labels == NULL:
            prefetch(<const real *>course.targets + next * O)
        else:
            prefetch(course.labels + next)
        gather_target(course, row, <real *>course.targets_B + i * O, O)
        if weights != NULL:
            weights_B[i] = weights[row]
    X_B += share.first * I
    return I > FEW or take(X_B, X_B, share.count * I, X_B)    # of few numbers each, all samples are looked at together


cdef inline void perturb(const Course *course, uint64_t sample, real *x, Py_ssize_t I) noexcept nogil:
    """Add noise to a sample. Its stream is 0; masks have their layer's."""
    if real is float:
        chance.noise_f32(course.key, sample, 0, course.noise, I, x)
    else:
        chance.noise_f64(course.key, sample, 0, course.noise, I, x)


cdef inline void gather_target(const Course *course, Py_ssize_t row, real *target, Py_ssize_t O) noexcept nogil:
    """A row of targets; of an integer label, all on_off[0] with one on_off[1]."""
    cdef const real *on_off = <const real *>course.on_off
    cdef Py_ssize_t j
    if course.labels == NULL:
        copy(target, <const real *>course.targets + row * O, O)
        return
    for j in range(O):
        target[j] = on_off[0]
    target[course.labels[row]] = on_off[1]


cdef Py_ssize_t at_once(const Net *net, Py_ssize_t B, Py_ssize_t n_parameters, Py_ssize_t itemsize) noexcept nogil:
    """How many of B samples go through the network together: all of them, or, where the network is so small that what
    each layer makes of them leaves the caches before the parameters do, fewer, in equal parts."""
    cdef Py_ssize_t numbers = net.layer[1].size, rows, parts
    cdef int l
    for l in range(2, net.L + 1):
        numbers += 3 * net.layer[l].size                          # z^l, a^l, δ^l
    rows = max(SMALL // (numbers * itemsize), 1)
    if n_parameters * itemsize > SMALL or B <= rows:
        return B
    parts = (B + rows - 1) // rows
    return (B + parts - 1) // parts


cdef int run_samples(const Course *course, Py_ssize_t start, Share *share, real tag) noexcept nogil:
    """Gather this share's samples of the batch that begins at order[start]; forward, cost and backward."""
    cdef Share part = share[0]
    cdef Py_ssize_t end = share.first + share.count
    cdef int status = CBP_OK
    while status == CBP_OK and part.first < end:
        part.count = min(course.together, end - part.first)
        if not gather(course, start, &part, tag):
            share.failed = UNFIT
            return NOT_FINITE
        status = run_together(course, &part, tag)
        part.first += part.count
    share.failed = part.failed
    return status


cdef int run_together(const Course *course, Share *share, real tag) noexcept nogil:
    """Forward, cost and backward of this share's samples."""
    cdef const real *X = <const real *>course.X_B
    cdef const real *targets = <const real *>course.targets_B
    cdef const real *theta = <const real *>course.theta
    cdef const real *weights = <const real *>course.weights_B if course.weights != NULL else NULL
    cdef real *work = <real *>course.work
    cdef int status = feed_forward(course.net, X, theta, work, share)
    if status == CBP_OK:
        status = measure(course.net, targets, work, share)
    if status == CBP_OK and course.lowest <= course.net.L:
        status = backpropagate(course.net, X, targets, weights, theta, work, course.lowest, share)
    return status


cdef int weigh(const Course *course, Py_ssize_t B, double *cost, double *weight, real tag) noexcept nogil:
    """Σ w·C and Σ w of the batch, in the samples' order; or why its step cannot be taken."""
    cdef const real *weights = <const real *>course.weights_B
    cdef const real *C = <const real *>course.work
    cdef Py_ssize_t i
    cost[0], weight[0] = 0, B
    for i in range(course.crew.threads):
        if course.status[i] != CBP_OK:
            return course.status[i]
    if course.weights == NULL:
        for i in range(B):
            cost[0] += <double>C[i]
    else:
        weight[0] = 0
        for i in range(B):
            cost[0] += weights[i] * <double>C[i]
            weight[0] += weights[i]
    return CBP_OK if isfinite(cost[0]) else NOT_FINITE


cdef int epoch(Course *course, int thread, real tag) noexcept nogil:
    """Up to `limit` batches; the last of an epoch may be smaller. Every thread returns the same."""
    cdef int threads = course.crew.threads, status
    cdef Py_ssize_t start = course.start, k = 0, B, first
    cdef double looked = 0, cost, weight
    cdef double work_of_a_sample = 3.0 * <double>course.net.layer[course.net.L].b
    cdef Share share
    cdef uint64_t seen = course.seen
    while start < course.n and k < course.limit:
        B = min(course.batch_size, course.n - start)
        if thread == 0:
            course.rate, course.rows = course.rates[k], B
        first = begin_of(B, thread, threads)
        share = Share(B, first, begin_of(B, thread + 1, threads) - first, thread, threads, 0, course.key, seen)
        course.status[thread] = run_samples(course, start, &share, tag)
        course.failed[thread] = share.failed
        team_meet(&course.crew)
        status = weigh(course, B, &cost, &weight, tag)
        if status != CBP_OK:
            return status
        if course.lowest <= course.net.L and weight != 0:
            learn(course, weight, &share, tag)
        start += B
        seen += B
        k += 1
        looked += B * work_of_a_sample
        if thread == 0 and looked > LOOK:
            looked = 0
            with gil:
                course.interrupted = (<Epochs>course.caller).interrupted()
        team_meet(&course.crew)
        if course.raised:
            return RAISED
        if thread == 0:
            course.cost += cost
            course.weight += weight
            if course.shapes and course.penalties != NULL and weight != 0:
                course.penalty += B * penalty_of(course.net, course.penalties)
            course.step += 1
            course.batch += 1
            course.start = start
            course.seen = seen
        if course.interrupted:
            return INTERRUPTED
    return CBP_OK


cdef void epoch_f32(void *course, int thread) noexcept nogil:
    cdef int status = epoch[float](<Course *>course, thread, 0)
    if thread == 0:
        (<Course *>course).outcome = status


cdef void epoch_f64(void *course, int thread) noexcept nogil:
    cdef int status = epoch[double](<Course *>course, thread, 0)
    if thread == 0:
        (<Course *>course).outcome = status


def shuffled(Py_ssize_t n, uint64_t seed, uint64_t number):
    """The order in which `Epochs.shuffle` puts n samples: an (n,) intp array."""
    cdef Py_ssize_t[::1] order = np.empty(n, dtype=np.intp)
    if n:
        shuffle(&order[0], n, seed, number)
    return np.asarray(order)


class Unfit(ValueError):
    """A number in X is not finite, of a sample that no step was taken with."""


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
    on_off : (2,) array
        What a label's row holds: elsewhere, at the label.
    batch_size : int
    rule : str, callable or None
        The optimiser's compiled update; None for plain gradient descent; ``"sum"`` for none, so that an epoch
        leaves Σ w·δC/δθ in `gradient`; or a function of (gradient, rate), called once a step, that changes theta
        itself.
    hyper : (k,) float64 array
        The optimiser's constants, then the scalars it remembers, which change.
    state : (slots, n_parameters) array
    threads : int
        At most so many; fewer where a step is too small to share.
    watch : callable, optional
        Called every few milliseconds; `run` returns after the batch at hand where it answers True.
    regularization : object, optional
        With the attributes of `cbp.training.regularization.Regularization`.
    """

    cdef Plan plan
    cdef object X, targets, labels, on_off, weights, theta, work, X_B, targets_B, weights_B, order
    cdef object squares, norms, penalties
    cdef readonly object state, hyper, average, gradient
    cdef object rule, interruption, watch
    cdef readonly int threads
    cdef int most                # threads
    cdef Net net                 # the plan's, dropping units
    cdef Course course

    def __init__(self, Plan plan, theta, on_off, Py_ssize_t batch_size, rule, hyper, state, int threads=1,
                 watch=None, regularization=None):
        self.plan, self.theta, self.on_off, self.watch = plan, theta, on_off, watch
        self.hyper, self.state, self.rule = hyper, state, rule
        self.most = threads if plan.concurrent else 1
        self.course.net, self.course.caller, self.course.in_python = &self.net, <void *>self, step_in_python
        self.plan.dropping(&self.net, () if regularization is None else regularization.rates(plan.net.L))
        self.regularize(regularization)
        if rule is None and self.course.shapes:     # a gradient must be whole before it is a step
            self.rule = rule = "descent"
        self.gradient = aligned(plan.n_parameters if rule is not None else 0, plan.dtype)
        self.course.plain, self.course.sums, self.course.update = rule is None, rule == "sum", NULL
        if isinstance(rule, str) and not self.course.sums:
            self.rule = isa.updates.rule(rule)
            self.course.update = <const Update *>PyCapsule_GetPointer(self.rule, "cbp.core.update")
        self.make_room(batch_size)

    def __dealloc__(self):
        free(self.net.layer)

    cdef int regularize(self, regularization) except -1:
        """Note what is asked for, with the room it takes."""
        cdef Course *course = &self.course
        cdef Py_ssize_t units = sum(self.net.layer[l].size for l in range(1, self.net.L + 1))
        cdef double[::1] squares = np.zeros(units + self.net.L)
        cdef double[::1] norms = np.zeros(units)
        course.clip_value = course.clip_norm = course.max_norm = INFINITY
        if regularization is None:
            return 0
        course.l1, course.l2, course.noise = regularization.l1, regularization.l2, regularization.input_noise
        course.clip_value = limit(regularization.clip_value)
        course.clip_norm = limit(regularization.clip_norm)
        course.max_norm = limit(regularization.max_norm)
        course.shapes = shapes(course)
        if regularization.ema is not None:
            course.decay, self.average = regularization.ema, aligned(self.plan.n_parameters, self.plan.dtype)
            self.average[...] = self.theta
        self.squares, self.norms = squares, norms
        course.squares, course.norms = &squares[0] if course.clip_norm < INFINITY else NULL, &norms[0]
        return 0

    def penalize(self, double l1, double l2):
        """Add l1·Σ|W| + ½·l2·ΣW² to E from now on, and sum up what that is; not for plain gradient descent."""
        cdef Course *course = &self.course
        cdef double[::1] penalties
        if self.penalties is None:
            self.penalties = penalties = np.zeros(sum(self.net.layer[l].size for l in range(1, self.net.L)))
            course.penalties = &penalties[0]
        course.l1, course.l2 = l1, l2
        course.shapes = shapes(course)

    cdef int make_room(self, Py_ssize_t B) except -1:
        """Buffers for batches of up to B samples."""
        cdef Net *net = &self.net
        self.course.batch_size = B
        self.threads = useful_threads(self.most, 3.0 * B * self.plan.n_parameters)
        self.course.together = at_once(net, B, self.plan.n_parameters, self.plan.dtype.itemsize)
        self.work = aligned(work_size(net, B, self.threads), self.plan.dtype)
        self.X_B = aligned(B * net.layer[1].size, self.plan.dtype).reshape(B, net.layer[1].size)
        self.targets_B = aligned(B * net.layer[net.L].size, self.plan.dtype).reshape(B, net.layer[net.L].size)
        self.weights_B = aligned(B, self.plan.dtype)
        return 0

    def feed(self, X, targets, labels, weights, bint one_batch=False):
        """Take these samples from now on, in their order, from the first.

        Parameters
        ----------
        X : (n, N_1) array
        targets : (n, N_L) array, or None where `labels` are given
        labels : (n,) int64 array or None
        weights : (n,) array or None
        one_batch : bool
            Whether they are one batch, whatever the batch size.
        """
        self.X, self.targets, self.labels, self.weights = X, targets, labels, weights
        if one_batch:
            if len(X) > len(self.X_B):
                self.make_room(len(X))
            self.course.batch_size = len(X)
        if self.order is None or len(self.order) != len(X):
            self.order = np.arange(len(X), dtype=np.intp)
        self.course.n, self.course.start = len(X), 0
        if self.plan.dtype == np.float64:
            point[double](self, &self.course, 0)
        else:
            point[float](self, &self.course, 0)

    def begin(self, uint64_t seed=0, uint64_t number=0):
        """Begin epoch `number`: nothing of it has been seen. Dropout and noise are drawn from (seed, number)."""
        cdef Course *course = &self.course
        cdef uint64_t state = stream_of(seed, number)
        course.start, course.cost, course.weight, course.batch, course.seen = 0, 0, 0, 0, 0
        course.penalty = 0
        course.key = random_bits(&state)
        if course.sums:
            self.gradient[...] = 0

    def shuffle(self, uint64_t seed, uint64_t number):
        """Take the samples in the order of epoch `number`."""
        cdef Course *course = &self.course
        with nogil:
            shuffle(course.order, course.n, seed, number)

    def arrange(self, order):
        """Take the samples in this order: an (n,) array with each of 0 .. n-1 once."""
        self.order[...] = order

    def take_up(self, Py_ssize_t batch, double cost, double weight, seen=None):
        """Go on within an epoch after so many of its batches, with what they have cost and weighed.

        `seen` counts their samples, where they are not all of the batch size.
        """
        cdef Course *course = &self.course
        course.batch, course.cost, course.weight = batch, cost, weight
        course.start = batch * course.batch_size
        course.seen = course.start if seen is None else seen

    @property
    def batch(self):
        """Batches of this epoch that are finished."""
        return self.course.batch

    @property
    def cost(self):
        """Σ w·C over them, each measured before its step."""
        return self.course.cost

    @property
    def weight(self):
        """Σ w over them."""
        return self.course.weight

    @property
    def penalty(self):
        """Of the batches finished, what `penalize` added to E before their steps, times their samples."""
        return self.course.penalty

    @property
    def step(self):
        """Steps taken since training began."""
        return self.course.step

    @step.setter
    def step(self, double step):
        self.course.step = step

    def run(self, const double[::1] rates):
        """Take as many batches as there are learning rates, or as there are left.

        It returns early where `watch` wishes so. It raises Unfit, NotFinite, or whatever a signal handler, a NumPy
        implementation or an optimiser raised, with the parameters as they were after the last whole step.
        """
        cdef Course *course = &self.course
        cdef bint single = self.plan.dtype == np.float32
        course.rates, course.limit = &rates[0] if rates.shape[0] else NULL, rates.shape[0]
        course.interrupted = course.raised = False
        for l in range(2, self.net.L + 1):
            self.net.layer[l].frozen = self.plan.net.layer[l].frozen
        course.lowest = lowest_layer(course.net)
        with nogil:
            team_run(&course.crew, self.threads, epoch_f32 if single else epoch_f64, course)
        for i in range(course.crew.threads):
            if course.failed[i] == UNFIT:
                raise Unfit("X: expected finite numbers, got one that is not")
            self.plan.raise_for(course.status[i], course.failed[i])
        if self.interruption is not None:
            interruption, self.interruption = self.interruption, None
            raise interruption
        if course.outcome == NOT_FINITE:
            raise NotFinite(course.batch + 1, self.first_not_finite())

    cdef bint step_in_python(self) noexcept:
        """The step of an optimiser that is not compiled: whether it raised, which is kept."""
        try:
            self.rule(self.gradient, self.course.rate)
        except BaseException as interruption:
            self.interruption = interruption
            return True
        return False

    cdef bint interrupted(self) noexcept:
        """Whether a signal asks to stop, or `watch` does; what was raised is kept."""
        try:
            PyErr_CheckSignals()
            return self.watch is not None and bool(self.watch())
        except BaseException as interruption:
            self.interruption = interruption
            return True

    def first_not_finite(self):
        """The first layer whose z or a is not finite in the batch that stopped the epoch, or None."""
        B = self.course.rows
        for l in range(1, self.plan.net.L + 1):
            z, a, _ = self.plan.views_of(l, self.X_B[:B], self.work)
            if not (np.isfinite(z).all() and np.isfinite(a).all()):
                return l
        return None


cdef bint step_in_python(void *epochs) noexcept:
    return (<Epochs>epochs).step_in_python()


cdef bint shapes(const Course *course) noexcept:
    """Whether a gradient changes before it is a step."""
    return course.l1 or course.l2 or min(course.clip_value, course.clip_norm) < INFINITY


cdef double limit(given) except? -1:
    """A limit, where None is none."""
    return INFINITY if given is None else given


cdef int point(Epochs self, Course *course, real tag) except -1:
    """Let `course` point into the buffers, which a typed memoryview each finds contiguous and of their dtype."""
    cdef const real[:, ::1] X = self.X
    cdef const real[:, ::1] targets = self.targets
    cdef const int64_t[::1] labels = self.labels
    cdef const real[::1] on_off = self.on_off
    cdef const real[::1] weights = self.weights
    cdef double[::1] hyper = self.hyper
    cdef Py_ssize_t[::1] order = self.order
    cdef real[:, ::1] X_B = self.X_B
    cdef real[:, ::1] targets_B = self.targets_B
    cdef real[::1] weights_B = self.weights_B
    cdef real[::1] theta = self.theta
    cdef real[::1] gradient = self.gradient
    cdef real[::1] average = self.average
    cdef real[:, ::1] state = self.state
    cdef real[::1] work = self.work
    course.X, course.on_off, course.order = &X[0, 0], &on_off[0], &order[0]
    course.targets = &targets[0, 0] if targets is not None else NULL
    course.labels = &labels[0] if labels is not None else NULL
    course.weights = &weights[0] if weights is not None else NULL
    course.hyper = &hyper[0] if hyper.shape[0] else NULL
    course.X_B, course.targets_B, course.weights_B = &X_B[0, 0], &targets_B[0, 0], &weights_B[0]
    course.theta, course.work = &theta[0], &work[0]
    course.gradient = &gradient[0] if gradient.shape[0] else NULL
    course.average = &average[0] if average is not None else NULL
    course.state, course.stride = &state[0, 0], state.shape[1]
    return 0
