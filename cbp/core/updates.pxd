"""The table through which the epoch reaches the optimisers' compiled updates."""

# One step of an optimiser on n numbers of the flat parameter vector.
#   theta, gradient   (n,)
#   state             slot s of the optimiser's memory begins at state + s·stride
#   hyper             the optimiser's constants, in its own order, then the scalars it remembers
#   rate              the learning rate η of this step
#   step              1, 2, 3, ...: steps taken so far, this one included
ctypedef void (*update_f32)(float *theta, const float *gradient, float *state, Py_ssize_t stride,
                            Py_ssize_t n, const double *hyper, double rate, double step) noexcept nogil
ctypedef void (*update_f64)(double *theta, const double *gradient, double *state, Py_ssize_t stride,
                            Py_ssize_t n, const double *hyper, double rate, double step) noexcept nogil


cdef struct Update:
    const char *name
    int slots                    # vectors of the parameters' length it remembers
    update_f32 f32
    update_f64 f64
    void (*begin)(double *hyper, double step) noexcept nogil     # once a step, before them; or NULL
