# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The arithmetic of regularisation around an optimiser's step. Compiled once per instruction set.

A gradient is shaped row by row of its block (N_{l-1}, N_l), in one pass over memory. The sum of a row's squares is
taken in LANES parts whose order depends on the row's length alone, so the norm that is made of these sums has the
same bits however the rows are shared out. Sums are double for either dtype.
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport sqrt

ctypedef fused real:
    float
    double

cdef enum:
    LANES = 16


cdef void shape(real *gradient, const real *theta, Py_ssize_t rows, Py_ssize_t cols,
                double l1, double l2, double limit, double *squares) noexcept nogil:
    """Rows of a gradient: penalties added, then clipped by value, then measured; see regularizers.pxd."""
    cdef real slope = <real>l1, decay = <real>l2, most = <real>limit
    cdef Py_ssize_t i, n = rows * cols
    cdef real g, w
    for i in range(n):
        w = theta[i]
        g = gradient[i] + decay * w + slope * (<real>(w > 0) - <real>(w < 0))
        g = most if g > most else g
        gradient[i] = -most if g < -most else g
    if squares != NULL:
        for i in range(rows):
            squares[i] = sum_of_squares(gradient + i * cols, cols)


cdef double sum_of_squares(const real *x, Py_ssize_t n) noexcept nogil:
    cdef double[LANES] lane
    cdef double total = 0
    cdef Py_ssize_t i, j, whole = n // LANES
    for j in range(LANES):
        lane[j] = 0
    for i in range(whole):
        for j in range(LANES):
            lane[j] += <double>x[i * LANES + j] * <double>x[i * LANES + j]
    for j in range(n - whole * LANES):
        lane[j] += <double>x[whole * LANES + j] * <double>x[whole * LANES + j]
    for j in range(LANES):
        total += lane[j]
    return total


cdef void weigh(const real *W, Py_ssize_t rows, Py_ssize_t cols, double l1, double l2,
                double *penalties) noexcept nogil:
    """What is added to E for every row of a block of weights."""
    cdef double[LANES] lane
    cdef double w
    cdef Py_ssize_t i, j
    for i in range(rows):
        penalties[i] = 0.5 * l2 * sum_of_squares(W + i * cols, cols)
        if l1 == 0:
            continue
        for j in range(LANES):
            lane[j] = 0
        for j in range(cols):
            w = W[i * cols + j]
            lane[j % LANES] += w if w > 0 else -w
        for j in range(LANES):
            penalties[i] += l1 * lane[j]


cdef void scale(real *x, Py_ssize_t n, double factor) noexcept nogil:
    cdef real by = <real>factor
    cdef Py_ssize_t i
    for i in range(n):
        x[i] = by * x[i]


cdef void project(real *W, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld, double limit,
                  double *work) noexcept nogil:
    """Every column of a block of weights, which are the weights into one unit, back into the ball of radius `limit`."""
    cdef Py_ssize_t i, j
    cdef double least = 1
    for j in range(cols):
        work[j] = 0
    for i in range(rows):
        for j in range(cols):
            work[j] += <double>W[i * ld + j] * <double>W[i * ld + j]
    for j in range(cols):
        work[j] = limit / sqrt(work[j]) if work[j] > limit * limit else 1
        least = work[j] if work[j] < least else least
    if least == 1:
        return
    for i in range(rows):
        for j in range(cols):
            W[i * ld + j] = <real>(work[j] * W[i * ld + j])


cdef void approach(real *mean, const real *x, Py_ssize_t n, double part) noexcept nogil:
    cdef real by = <real>part
    cdef Py_ssize_t i
    for i in range(n):
        mean[i] = mean[i] + by * (x[i] - mean[i])


cdef Regularizers the_table
the_table.shape_f32, the_table.shape_f64 = shape[float], shape[double]
the_table.weigh_f32, the_table.weigh_f64 = weigh[float], weigh[double]
the_table.scale_f32, the_table.scale_f64 = scale[float], scale[double]
the_table.project_f32, the_table.project_f64 = project[float], project[double]
the_table.approach_f32, the_table.approach_f64 = approach[float], approach[double]

table = PyCapsule_New(&the_table, "cbp.core.regularizers", NULL)
