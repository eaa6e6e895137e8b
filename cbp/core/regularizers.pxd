"""The table through which a step reaches the arithmetic of regularisation, on flat vectors or rows of them."""

# What becomes of rows of a gradient g, beside the weights w it is for, before the optimiser sees it:
#   g = g + l1·sign(w) + l2·w, then within [-limit, limit]; and Σ g² of each row where `squares` is not NULL.
ctypedef void (*shape_f32)(float *gradient, const float *theta, Py_ssize_t rows, Py_ssize_t cols,
                           double l1, double l2, double limit, double *squares) noexcept nogil
ctypedef void (*shape_f64)(double *gradient, const double *theta, Py_ssize_t rows, Py_ssize_t cols,
                           double l1, double l2, double limit, double *squares) noexcept nogil

# l1·Σ|w| + ½·l2·Σw² of each row
ctypedef void (*weigh_f32)(const float *W, Py_ssize_t rows, Py_ssize_t cols, double l1, double l2,
                           double *penalties) noexcept nogil
ctypedef void (*weigh_f64)(const double *W, Py_ssize_t rows, Py_ssize_t cols, double l1, double l2,
                           double *penalties) noexcept nogil

# x = factor·x
ctypedef void (*scale_f32)(float *x, Py_ssize_t n, double factor) noexcept nogil
ctypedef void (*scale_f64)(double *x, Py_ssize_t n, double factor) noexcept nogil

# Columns of a matrix (rows, ld) whose norm is larger than `limit` are shortened to it; `work` holds `cols` numbers.
ctypedef void (*project_f32)(float *W, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld, double limit,
                             double *work) noexcept nogil
ctypedef void (*project_f64)(double *W, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld, double limit,
                             double *work) noexcept nogil

# mean = mean + part·(x - mean)
ctypedef void (*approach_f32)(float *mean, const float *x, Py_ssize_t n, double part) noexcept nogil
ctypedef void (*approach_f64)(double *mean, const double *x, Py_ssize_t n, double part) noexcept nogil


cdef struct Regularizers:
    shape_f32 shape_f32
    shape_f64 shape_f64
    weigh_f32 weigh_f32
    weigh_f64 weigh_f64
    scale_f32 scale_f32
    scale_f64 scale_f64
    project_f32 project_f32
    project_f64 project_f64
    approach_f32 approach_f32
    approach_f64 approach_f64
