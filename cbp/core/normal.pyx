# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The normal equations of least squares, in float64: what Levenberg-Marquardt solves in every iteration.

The residuals are r = √w·(a^L - λ), one for each sample and output; J = [δr/δθ] has a row for each of them and a
column for each of the P parameters that learn. With r as a last column beside it, one symmetric product holds all
there is to know:

    [J r]ᵀ·[J r] = | JᵀJ  Jᵀr  |  =  | U  y |ᵀ·| U  y |     is Cholesky's JᵀJ = UᵀU, and solves Uᵀ·y = Jᵀr besides.
                   | rᵀJ  ‖r‖² |     | 0  · |  | 0  · |

Of J there is only a block of samples at a time. Of the product there is the upper triangle, in stripes of STRIPE
rows, each from the diagonal on; so that stripes, and what Cholesky does with them, are the core's own products.
Threads share a block's samples, and when all have met, the stripes: an element is one thread's, and its sum runs over
the samples in their order. (LAPACK's bits would depend on how many threads BLAS has.)
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport sqrt
from libc.string cimport memcpy

from cbp_kernel cimport CBP_OK

from .passes cimport Net, Share, jacobian, place, work_size
from .plan cimport Plan
from .team cimport begin_of, team, team_meet, team_run, useful_threads
from .tiles cimport Tiles

import numpy as np

from . import isa
from .memory import aligned

cdef const Tiles *tiles = <const Tiles *>PyCapsule_GetPointer(isa.tiles.table, "cbp.core.tiles")

cdef enum:
    STRIPE = 32                  # rows: some tiles, and little for Cholesky's own loops


cdef struct Block:
    # What threads that add a block of samples are told.
    Net *net
    Py_ssize_t samples           # B
    const double *X              # (B, N_1)
    const double *targets        # (B, N_L)
    const double *roots          # (B,): √w, or NULL for ones
    const double *theta
    double *work
    double *pack                 # pack_size for each thread
    double *J                    # (B·N_L, Q): [J r]
    double *gram                 # the stripes of [J r]ᵀ·[J r], (Q, Q)
    Py_ssize_t Q                 # P + 1
    int[64] status               # OUT: of each thread; 64 is TEAM_LIMIT
    int[64] failed               # OUT: the layer whose kernel stopped it
    team crew


cdef inline Py_ssize_t stripe_at(Py_ssize_t s, Py_ssize_t Q) noexcept nogil:
    """Where stripe s of a (Q, Q) matrix begins: the rows of those before it have Q, Q - STRIPE, ... numbers."""
    return s * STRIPE * Q - STRIPE * STRIPE * (s * (s - 1) // 2)


cdef inline Py_ssize_t stripes_of(Py_ssize_t rows) noexcept nogil:
    return (rows + STRIPE - 1) // STRIPE


cdef void add_block(void *what, int thread) noexcept nogil:
    """This thread's rows of [J r], then its stripes of the product."""
    cdef Block *block = <Block *>what
    cdef int threads = block.crew.threads, i
    cdef Py_ssize_t first = begin_of(block.samples, thread, threads), s, c, Q = block.Q
    cdef Share share = Share(block.samples, first, begin_of(block.samples, thread + 1, threads) - first, thread,
                             threads, 0, 0, 0)
    cdef double one = 1
    block.status[thread] = CBP_OK
    if share.count:
        block.status[thread] = jacobian(block.net, block.X, block.roots, block.theta, block.work, True, block.J, Q,
                                        &share)
        residuals(block, &share)
    block.failed[thread] = share.failed
    team_meet(&block.crew)
    for i in range(threads):
        if block.status[i] != CBP_OK:
            return
    s = thread
    while s < stripes_of(Q):
        c = s * STRIPE
        tiles.product_f64(min(<Py_ssize_t>STRIPE, Q - c), Q - c, block.samples * block.net.layer[block.net.L].size,
                          block.J + c, 1, Q, block.J + c, Q, 1, NULL, &one, True, block.gram + stripe_at(s, Q),
                          block.pack + thread * tiles.pack_size, NULL)
        s += threads


cdef void residuals(const Block *block, const Share *share) noexcept nogil:
    """r = √w·(a^L - λ) into the last column of this share's rows."""
    cdef Py_ssize_t i, j, O = block.net.layer[block.net.L].size
    cdef const double *a = block.work + place(share.rows, block.net.layer[block.net.L].a)
    cdef double root
    for i in range(share.first, share.first + share.count):
        root = block.roots[i] if block.roots != NULL else 1
        for j in range(O):
            block.J[(i * O + j) * block.Q + block.Q - 1] = root * (a[i * O + j] - block.targets[i * O + j])


cdef bint factorise(const double *gram,                         # IN  stripes of A, (Q, Q)
                    const double *shift,                        # IN  (Q - 1,): what its diagonal gets
                    const double *pull,                         # IN  (Q - 1,): what its last column gets
                    Py_ssize_t Q,
                    double *U,                                  # OUT stripes: all rows but the last
                    double *pack) noexcept nogil:
    """Cholesky's factor; False if A is not positive definite."""
    cdef double minus = -1
    cdef Py_ssize_t s, above, c, i, rows, ld
    cdef double *stripe
    cdef const double *left
    for s in range(stripes_of(Q - 1)):
        c, stripe = s * STRIPE, U + stripe_at(s, Q)
        ld, rows = Q - c, min(<Py_ssize_t>STRIPE, Q - 1 - c)
        memcpy(stripe, gram + stripe_at(s, Q), rows * ld * sizeof(double))
        for i in range(rows):
            stripe[i * ld + i] += shift[c + i]
            stripe[i * ld + ld - 1] += pull[c + i]
        for above in range(s):                                  # what the stripes above leave of it
            left = U + stripe_at(above, Q) + c - above * STRIPE
            tiles.product_f64(rows, ld, STRIPE, left, 1, Q - above * STRIPE, left, Q - above * STRIPE, 1, NULL,
                              &minus, True, stripe, pack, NULL)
        for i in range(rows):
            if not finish_row(stripe, ld, i):
                return False
    return True


cdef inline bint finish_row(double *stripe, Py_ssize_t ld, Py_ssize_t i) noexcept nogil:
    """Take what the rows above it in its stripe leave of row i; False if its diagonal is not above 0."""
    cdef double *row = stripe + i * ld
    cdef const double *above
    cdef double factor
    cdef Py_ssize_t k, j
    for k in range(i):
        above, factor = stripe + k * ld, stripe[k * ld + i]
        for j in range(i, ld):
            row[j] -= factor * above[j]
    if not row[i] > 0:                                          # or NaN
        return False
    factor = 1 / sqrt(row[i])
    for j in range(i, ld):
        row[j] *= factor
    return True


cdef void back_substitute(const double *U, Py_ssize_t Q, double *x) noexcept nogil:
    """U·x = -y, y the last column of the factor."""
    cdef Py_ssize_t i, j, c, ld
    cdef const double *row
    cdef double rest
    for i in range(Q - 2, -1, -1):
        c = i // STRIPE * STRIPE
        ld = Q - c
        row = U + stripe_at(i // STRIPE, Q) + (i - c) * ld - c
        rest = -row[Q - 1]
        for j in range(i + 1, Q - 1):
            rest -= row[j] * x[j]
        x[i] = rest / row[i]


cdef class NormalEquations:
    """JᵀJ, Jᵀr and ‖r‖² of a network in float64, block by block, and what solves them.

    Parameters
    ----------
    plan : Plan
        Of float64.
    samples : int
        In a block, at most.
    threads : int
        At most so many; fewer where a block is too small to share.

    Attributes
    ----------
    parameters : int
        P: those of the layers that learn, in the order of theta.
    """

    cdef Plan plan
    cdef object work, pack, J, gram, U
    cdef readonly int threads
    cdef readonly Py_ssize_t parameters
    cdef Block block

    def __init__(self, Plan plan, Py_ssize_t samples, int threads):
        cdef Net *net = &plan.net
        cdef Py_ssize_t Q, O = net.layer[net.L].size
        cdef int l
        self.plan, self.parameters = plan, 0
        for l in range(2, net.L + 1):
            if not net.layer[l].frozen:
                self.parameters += (net.layer[l - 1].size + 1) * net.layer[l].size
        Q = self.parameters + 1
        self.threads = useful_threads(threads, 0.5 * samples * O * Q * Q) if plan.concurrent else 1
        self.work = aligned(work_size(net, samples, self.threads), np.float64)
        self.pack = aligned(self.threads * tiles.pack_size, np.float64)
        self.J = aligned(samples * O * Q, np.float64)
        self.gram = aligned(stripe_at(stripes_of(Q), Q), np.float64)
        self.U = aligned(len(self.gram), np.float64)
        self.block.net, self.block.Q = net, Q

    def begin(self):
        """Nothing has been added."""
        self.gram[...] = 0

    def add(self, const double[:, ::1] X, const double[:, ::1] targets, const double[::1] roots,
            const double[::1] theta):
        """Add a block of samples.

        Parameters
        ----------
        X : (B, N_1) array
        targets : (B, N_L) array
        roots : (B,) array or None
            √w of each sample.
        theta : (n_parameters,) array
        """
        cdef Block *block = &self.block
        cdef double[::1] work = self.work, pack = self.pack, J = self.J, gram = self.gram
        block.samples, block.X, block.targets, block.theta = X.shape[0], &X[0, 0], &targets[0, 0], &theta[0]
        block.roots = &roots[0] if roots is not None else NULL
        block.work, block.pack, block.J, block.gram = &work[0], &pack[0], &J[0], &gram[0]
        with nogil:
            team_run(&block.crew, self.threads, add_block, block)
        for i in range(block.crew.threads):
            self.plan.raise_for(block.status[i], block.failed[i])

    def read(self, double[::1] diagonal, double[::1] gradient):
        """diag(JᵀJ) and Jᵀr, each (P,), into the arrays; return ‖r‖²."""
        cdef Py_ssize_t i, c, Q = self.block.Q
        cdef const double[::1] gram = self.gram
        cdef const double *row = &gram[0]
        for i in range(Q):
            c = i // STRIPE * STRIPE
            row = &gram[0] + stripe_at(i // STRIPE, Q) + (i - c) * (Q - c) - c
            if i < Q - 1:
                diagonal[i], gradient[i] = row[i], row[Q - 1]
        return row[Q - 1]

    def solve(self, const double[::1] shift, const double[::1] pull, double[::1] step):
        """(JᵀJ + diag(shift))·step = -(Jᵀr + pull).

        Parameters
        ----------
        shift, pull : (P,) array
        step : (P,) array
            Changed.

        Returns
        -------
        bool
            False if the matrix is not positive definite; `step` is then undefined.
        """
        cdef const double[::1] gram = self.gram
        cdef double[::1] U = self.U, pack = self.pack
        cdef Py_ssize_t Q = self.block.Q
        cdef bint solved
        with nogil:
            solved = factorise(&gram[0], &shift[0], &pull[0], Q, &U[0], &pack[0])
            if solved:
                back_substitute(&U[0], Q, &step[0])
        return solved
