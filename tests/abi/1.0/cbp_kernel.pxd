"""cbp_kernel.h for Cython: declarations only, nothing is imported at run time.

Compile with ``cbp.get_include()`` among the include directories of both Cython and the C compiler.
"""

from libc.stdint cimport uint16_t, uint32_t


cdef extern from "cbp_kernel.h" nogil:
    const char *CBP_CAPSULE
    const char *CBP_ISA
    const uint32_t CBP_MAGIC
    const uint16_t CBP_ABI_MAJOR, CBP_ABI_MINOR
    const int CBP_OK
    const uint32_t CBP_ACTIVATION, CBP_COST
    const size_t CBP_ACTIVATION_LEAST, CBP_COST_LEAST
    const uint32_t CBP_BWD_READS_Z, CBP_BWD_READS_A, CBP_IN_PLACE, CBP_ROWWISE, CBP_CHUNK_INVARIANT

    ctypedef struct cbp_head:
        uint32_t magic
        uint16_t abi_major
        uint16_t abi_minor
        uint32_t struct_size
        uint32_t kind
        uint32_t hints
        uint32_t required
        const char *name
        const char *provider
        const char *build
        const char *isa

    ctypedef int (*cbp_fwd_f32)(const float *z, float *a, Py_ssize_t rows, Py_ssize_t cols,
                                Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_fwd_f64)(const double *z, double *a, Py_ssize_t rows, Py_ssize_t cols,
                                Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_bwd_f32)(const float *z, const float *a, const float *g, float *out, Py_ssize_t rows,
                                Py_ssize_t cols, Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_bwd_f64)(const double *z, const double *a, const double *g, double *out, Py_ssize_t rows,
                                Py_ssize_t cols, Py_ssize_t ld, const void *ctx) noexcept

    ctypedef struct cbp_activation:
        cbp_head head
        cbp_fwd_f32 fwd_f32
        cbp_bwd_f32 bwd_f32
        cbp_fwd_f64 fwd_f64
        cbp_bwd_f64 bwd_f64

    ctypedef int (*cbp_value_f32)(const float *a, const float *y, float *per_sample, Py_ssize_t rows,
                                  Py_ssize_t cols, Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_value_f64)(const double *a, const double *y, double *per_sample, Py_ssize_t rows,
                                  Py_ssize_t cols, Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_grad_f32)(const float *a, const float *y, float *da, Py_ssize_t rows, Py_ssize_t cols,
                                 Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_grad_f64)(const double *a, const double *y, double *da, Py_ssize_t rows, Py_ssize_t cols,
                                 Py_ssize_t ld, const void *ctx) noexcept
    ctypedef int (*cbp_fused_value_f32)(const float *z, const float *a, const float *y, float *per_sample,
                                        Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld,
                                        const void *ctx) noexcept
    ctypedef int (*cbp_fused_value_f64)(const double *z, const double *a, const double *y, double *per_sample,
                                        Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld,
                                        const void *ctx) noexcept
    ctypedef int (*cbp_fused_grad_f32)(const float *z, const float *a, const float *y, float *dz,
                                       Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld,
                                       const void *ctx) noexcept
    ctypedef int (*cbp_fused_grad_f64)(const double *z, const double *a, const double *y, double *dz,
                                       Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld,
                                       const void *ctx) noexcept

    ctypedef struct cbp_cost:
        cbp_head head
        cbp_value_f32 value_f32
        cbp_grad_f32 grad_f32
        cbp_value_f64 value_f64
        cbp_grad_f64 grad_f64
        cbp_fused_value_f32 fused_value_f32
        cbp_fused_grad_f32 fused_grad_f32
        cbp_fused_value_f64 fused_value_f64
        cbp_fused_grad_f64 fused_grad_f64
