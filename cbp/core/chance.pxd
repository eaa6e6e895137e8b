"""The table through which a training reaches its random numbers: masks of dropout, noise.

Each number is a function of a key, the sample, the stream and its place in the row, and of nothing else: they can be
drawn in any order, by any thread, and again.
"""

from libc.stdint cimport uint32_t, uint64_t

# A row of a mask: 0 with probability p, else 1/(1 - p).
ctypedef void (*mask_f32)(uint64_t key, uint64_t sample, uint32_t stream, double p, Py_ssize_t n,
                          float *m) noexcept nogil
ctypedef void (*mask_f64)(uint64_t key, uint64_t sample, uint32_t stream, double p, Py_ssize_t n,
                          double *m) noexcept nogil

# x + σ·(normal numbers), in a row
ctypedef void (*noise_f32)(uint64_t key, uint64_t sample, uint32_t stream, double sigma, Py_ssize_t n,
                           float *x) noexcept nogil
ctypedef void (*noise_f64)(uint64_t key, uint64_t sample, uint32_t stream, double sigma, Py_ssize_t n,
                           double *x) noexcept nogil

# out = m ⊙ x; out may be x.
ctypedef void (*apply_f32)(const float *m, const float *x, Py_ssize_t n, float *out) noexcept nogil
ctypedef void (*apply_f64)(const double *m, const double *x, Py_ssize_t n, double *out) noexcept nogil


cdef struct Chance:
    mask_f32 mask_f32
    mask_f64 mask_f64
    noise_f32 noise_f32
    noise_f64 noise_f64
    apply_f32 apply_f32
    apply_f64 apply_f64
