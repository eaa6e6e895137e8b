# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""snake as a kernel of cbp: the functions of cbp_kernel.h for float and double, and the struct with them.

A block is `rows` samples of `cols` numbers, `ld` numbers from one row to the next. `ctx` holds the parameters
as doubles: here α alone.
"""

from cpython.pycapsule cimport PyCapsule_New

from cbp_kernel cimport (
    CBP_ABI_MAJOR, CBP_ABI_MINOR, CBP_ACTIVATION, CBP_BWD_READS_Z, CBP_CAPSULE, CBP_CHUNK_INVARIANT,
    CBP_ISA, CBP_MAGIC, CBP_OK, cbp_activation,
)

cdef extern from "cbp_math.h" nogil:
    float cbp_sin_f32(float x)      # unlike libm's, these are vectorised with the loop they stand in
    double cbp_sin_f64(double x)

ctypedef fused real:
    float
    double


cdef inline real sine(real x) noexcept nogil:
    if real is float:
        return cbp_sin_f32(x)
    else:
        return cbp_sin_f64(x)


cdef int forward(const real *z, real *a, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld,
                 const void *ctx) noexcept nogil:
    """a = z + sin²(αz)/α"""
    cdef real alpha = <real>(<const double *>ctx)[0], s
    cdef Py_ssize_t row, i
    for row in range(rows):
        for i in range(row * ld, row * ld + cols):
            s = sine(alpha * z[i])
            a[i] = z[i] + s * s / alpha
    return CBP_OK


cdef int backward(const real *z, const real *a, const real *g, real *out, Py_ssize_t rows, Py_ssize_t cols,
                  Py_ssize_t ld, const void *ctx) noexcept nogil:
    """out = g·σ′(z), σ′(z) = 1 + sin(2αz)"""
    cdef real twice_alpha = <real>(2 * (<const double *>ctx)[0])
    cdef Py_ssize_t row, i
    for row in range(rows):
        for i in range(row * ld, row * ld + cols):
            out[i] = g[i] * (1 + sine(twice_alpha * z[i]))
    return CBP_OK


cdef cbp_activation kernel      # static: it outlives the capsule
kernel.head.magic = CBP_MAGIC
kernel.head.abi_major, kernel.head.abi_minor = CBP_ABI_MAJOR, CBP_ABI_MINOR
kernel.head.struct_size = sizeof(cbp_activation)
kernel.head.kind = CBP_ACTIVATION
# `backward` reads z, not a; and each number depends on its own input alone, so a block may be cut anywhere.
kernel.head.hints = CBP_BWD_READS_Z | CBP_CHUNK_INVARIANT
kernel.head.name, kernel.head.provider, kernel.head.build = b"snake", b"cbp-snake", b"Cython"
kernel.head.isa = CBP_ISA       # which processors can run it
kernel.fwd_f32, kernel.bwd_f32 = forward[float], backward[float]
kernel.fwd_f64, kernel.bwd_f64 = forward[double], backward[double]

snake = PyCapsule_New(&kernel, CBP_CAPSULE, NULL)
