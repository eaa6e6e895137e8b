"""The table through which the passes reach the vector arithmetic of the chosen instruction set."""

from cbp_kernel cimport cbp_activation


cdef struct After:
    # What becomes of a block of a product while it is still in cache.
    int direction                # 0: nothing; 1: a = σ(z); -1: out = g·[δa/δz]
    const cbp_activation *sigma
    const void *ctx
    const void *z                # -1 only; direction 1 reads the product itself as z
    const void *a                # -1 only
    void *out                    # a, or δ; same shape and leading dimension as the product
    int status                   # OUT: CBP_OK, or what the kernel answered


ctypedef void (*product_f32)(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                             const float *A, Py_ssize_t a_i, Py_ssize_t a_k,
                             const float *B, Py_ssize_t b_k, Py_ssize_t b_j,
                             const float *bias, const float *alpha, bint add,
                             float *C, float *pack, After *after) noexcept nogil
ctypedef void (*product_f64)(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                             const double *A, Py_ssize_t a_i, Py_ssize_t a_k,
                             const double *B, Py_ssize_t b_k, Py_ssize_t b_j,
                             const double *bias, const double *alpha, bint add,
                             double *C, double *pack, After *after) noexcept nogil
ctypedef void (*sums_f32)(Py_ssize_t K, Py_ssize_t N, const float *D, float alpha, bint add,
                          float *g) noexcept nogil
ctypedef void (*sums_f64)(Py_ssize_t K, Py_ssize_t N, const double *D, double alpha, bint add,
                          double *g) noexcept nogil
ctypedef int (*take_row_f32)(Py_ssize_t n, const float *source, const float *next, float *target) noexcept nogil
ctypedef int (*take_row_f64)(Py_ssize_t n, const double *source, const double *next, double *target) noexcept nogil
ctypedef void (*scale_rows_f32)(float *D, Py_ssize_t B, Py_ssize_t O,
                                const float *weights) noexcept nogil
ctypedef void (*scale_rows_f64)(double *D, Py_ssize_t B, Py_ssize_t O,
                                const double *weights) noexcept nogil


cdef struct Tiles:
    product_f32 product_f32
    product_f64 product_f64
    sums_f32 sums_f32
    sums_f64 sums_f64
    scale_rows_f32 scale_rows_f32
    scale_rows_f64 scale_rows_f64
    take_row_f32 take_row_f32
    take_row_f64 take_row_f64
    Py_ssize_t pack_size         # numbers a pack buffer must hold
