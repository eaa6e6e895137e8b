# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""One sample at a time, with next to nothing around the passes: what a control loop or a server asks for.

`Single` answers for a sample that is ready for the core as it is, and for any other gives None: the general way
of `Network.predict` then makes it ready or says what is wrong with it. Both run the same `feed_forward`.

A small network is run with the GIL held: given up, it might come back milliseconds later. The workspace is one
caller's at a time; whoever finds it taken (by another thread, or by a plugin that predicts while it is asked
for its σ) gets None too.
"""

from cpython.buffer cimport PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.math cimport isfinite
from libc.string cimport memcpy

from cbp_kernel cimport CBP_OK

from .passes cimport Share, all_of, feed_forward, place, real
from .plan cimport Plan

import numpy as np

cdef extern from *:
    """
    /* Take what one may hold at a time, or find it taken; give it back. */
    static inline int cbp_take(char *taken) { return !__atomic_exchange_n(taken, 1, __ATOMIC_ACQUIRE); }
    static inline void cbp_give_back(char *taken) { __atomic_store_n(taken, 0, __ATOMIC_RELEASE); }
    """
    bint cbp_take(char *taken) noexcept nogil
    void cbp_give_back(char *taken) noexcept nogil

cdef enum:
    QUICK = 1 << 16              # parameters up to which the GIL is kept: some ten microseconds

cdef type ndarray = np.ndarray
cdef object empty = np.empty


cdef bint all_finite(const real *x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        if not isfinite(x[i]):
            return False
    return True


cdef int run(Plan plan, const void *x, const void *theta, void *work, Share *share, real tag) noexcept nogil:
    share[0] = all_of(1)
    return feed_forward(&plan.net, <const real *>x, <const real *>theta, <real *>work, share)


cdef class Single:
    """Predicts single samples with a network's parameters.

    Parameters
    ----------
    plan : Plan
    theta : (n_parameters,) array
        Read anew at each call; it must stay where it is.
    """

    cdef Plan plan
    cdef object theta, work, dtype
    cdef tuple shape, row_shape
    cdef const void *parameters
    cdef char *memory
    cdef Py_ssize_t n_inputs, itemsize
    cdef bint double, quick
    cdef char taken

    def __cinit__(self, Plan plan, theta):
        self.plan, self.theta, self.work, self.dtype = plan, theta, plan.workspace(1), plan.dtype
        self.parameters = <const void *><size_t>self.theta.ctypes.data
        self.memory = <char *><size_t>self.work.ctypes.data
        self.n_inputs, self.itemsize = plan.net.layer[1].size, plan.dtype.itemsize
        self.shape = (plan.net.layer[plan.net.L].size,)
        self.row_shape = (1, *self.shape)
        self.double, self.quick = plan.dtype == np.float64, plan.n_parameters <= QUICK

    def predict(self, x):
        """a^L of one sample, (N_1,) or (1, N_1); None if it is not a plain array of the network's dtype with its
        numbers side by side and finite, or if the workspace is taken."""
        cdef Py_buffer sample
        if type(x) is not ndarray or x.dtype is not self.dtype:
            return None
        PyObject_GetBuffer(x, &sample, PyBUF_STRIDES)
        try:
            if not self.fits(&sample) or not cbp_take(&self.taken):
                return None
            try:
                self.pass_through(sample.buf)
                return self.answer(self.shape if sample.ndim == 1 else self.row_shape)
            finally:
                cbp_give_back(&self.taken)
        finally:
            PyBuffer_Release(&sample)

    cdef bint fits(self, const Py_buffer *sample) noexcept:
        """Whether the core can take the sample from where it lies."""
        cdef int last = sample.ndim - 1
        if last != 0 and (last != 1 or sample.shape[0] != 1):
            return False
        if sample.shape[last] != self.n_inputs or sample.strides[last] != self.itemsize:
            return False
        if <size_t>sample.buf % <size_t>self.itemsize:
            return False
        if self.double:
            return all_finite(<const double *>sample.buf, self.n_inputs)
        return all_finite(<const float *>sample.buf, self.n_inputs)

    cdef int pass_through(self, const void *x) except -1:
        """Feed-forward in the workspace."""
        cdef Share share
        cdef int status
        if self.quick:
            status = self.run(x, &share)
        else:
            with nogil:
                status = self.run(x, &share)
        if status != CBP_OK:
            self.plan.raise_for(status, share.failed)
        return 0

    cdef int run(self, const void *x, Share *share) noexcept nogil:
        if self.double:
            return run[double](self.plan, x, self.parameters, self.memory, share, 0)
        return run[float](self.plan, x, self.parameters, self.memory, share, 0)

    cdef object answer(self, tuple shape):
        """a^L, copied from the workspace."""
        cdef Py_buffer a
        cdef object out = empty(shape, self.dtype)
        cdef Py_ssize_t start = place(1, self.plan.net.layer[self.plan.net.L].a)
        PyObject_GetBuffer(out, &a, PyBUF_WRITABLE)
        memcpy(a.buf, self.memory + start * self.itemsize, a.len)
        PyBuffer_Release(&a)
        return out
