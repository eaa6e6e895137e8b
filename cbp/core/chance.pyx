# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Random numbers of a training. Compiled once per instruction set, and the same words in each.

A row of them is the words of philox.h for the counters (0, 1, ..., sample, stream). Noise is computed in float for
either dtype; its last bits depend on whether the instruction set has FMA (cbp_math.h).
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport uint32_t, uint64_t

import numpy as np

ctypedef fused real:
    float
    double

cdef extern from "philox.h" nogil:
    const int PHILOX_WORDS
    void philox(uint32_t *words, uint32_t group, uint32_t c1, uint32_t c2, uint32_t c3, uint64_t key)
    void normal(float *out, const uint32_t *words)


cdef inline Py_ssize_t groups_of(Py_ssize_t n) noexcept nogil:
    return (n + PHILOX_WORDS - 1) // PHILOX_WORDS


cdef inline void draw(uint32_t *words, Py_ssize_t group, uint64_t key, uint64_t sample, uint32_t stream) noexcept nogil:
    philox(words, <uint32_t>group, <uint32_t>sample, <uint32_t>(sample >> 32), stream, key)


cdef void mask(uint64_t key, uint64_t sample, uint32_t stream, double p, Py_ssize_t n, real *m) noexcept nogil:
    cdef uint32_t[64] words      # PHILOX_WORDS
    cdef uint32_t below = <uint32_t>(p * 4294967296.0)
    cdef real kept = <real>(1 / (1 - p))
    cdef Py_ssize_t i, group
    for group in range(groups_of(n)):
        draw(words, group, key, sample, stream)
        for i in range(min(n - group * PHILOX_WORDS, <Py_ssize_t>PHILOX_WORDS)):
            m[group * PHILOX_WORDS + i] = <real>0 if words[i] < below else kept


cdef void noise(uint64_t key, uint64_t sample, uint32_t stream, double sigma, Py_ssize_t n, real *x) noexcept nogil:
    cdef uint32_t[64] words
    cdef float[64] found
    cdef real width = <real>sigma
    cdef Py_ssize_t i, group
    for group in range(groups_of(n)):
        draw(words, group, key, sample, stream)
        normal(found, words)
        for i in range(min(n - group * PHILOX_WORDS, <Py_ssize_t>PHILOX_WORDS)):
            x[group * PHILOX_WORDS + i] += width * found[i]


cdef void apply(const real *m, const real *x, Py_ssize_t n, real *out) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = m[i] * x[i]


cdef Chance the_table
the_table.mask_f32, the_table.mask_f64 = mask[float], mask[double]
the_table.noise_f32, the_table.noise_f64 = noise[float], noise[double]
the_table.apply_f32, the_table.apply_f64 = apply[float], apply[double]

table = PyCapsule_New(&the_table, "cbp.core.chance", NULL)


def words(uint64_t key, uint64_t sample, uint32_t stream, Py_ssize_t n):
    """The first n words of a row: an (n,) uint32 array."""
    cdef uint32_t[::1] row = np.empty(groups_of(n) * PHILOX_WORDS, dtype=np.uint32)
    cdef Py_ssize_t group
    for group in range(groups_of(n)):
        draw(&row[group * PHILOX_WORDS], group, key, sample, stream)
    return np.asarray(row)[:n]


def drop(uint64_t key, uint64_t sample, uint32_t stream, double p, real[::1] m):
    """A row of a mask, into m."""
    mask(key, sample, stream, p, m.shape[0], &m[0])


def perturb(uint64_t key, uint64_t sample, uint32_t stream, double sigma, real[::1] x):
    """Noise, onto x."""
    noise(key, sample, stream, sigma, x.shape[0], &x[0])
