# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The optimisers' update rules on flat vectors. Compiled once per instruction set.

A rule reads the gradient g, changes the parameters θ in place and keeps what it remembers in `state`. Plain
gradient descent is not here: `differentiate` adds -η·g to the parameters as it computes g.
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport pow, sqrt

ctypedef fused real:
    float
    double

cdef extern from "<math.h>" nogil:
    float sqrtf(float)


cdef inline real root(real x) noexcept nogil:
    return sqrtf(x) if real is float else sqrt(x)


cdef void momentum(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                   const double *hyper, double rate, double step) noexcept nogil:
    """v = μ·v + g;  θ -= η·v."""
    cdef real mu = <real>hyper[0], eta = <real>rate
    cdef real *v = state
    cdef Py_ssize_t i
    for i in range(n):
        v[i] = mu * v[i] + gradient[i]
        theta[i] -= eta * v[i]


cdef void nesterov(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                   const double *hyper, double rate, double step) noexcept nogil:
    """v = μ·v + g;  θ -= η·(g + μ·v)."""
    cdef real mu = <real>hyper[0], eta = <real>rate
    cdef real *v = state
    cdef Py_ssize_t i
    for i in range(n):
        v[i] = mu * v[i] + gradient[i]
        theta[i] -= eta * (gradient[i] + mu * v[i])


cdef void adam(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
               const double *hyper, double rate, double step) noexcept nogil:
    """m = β1·m + (1-β1)·g;  v = β2·v + (1-β2)·g²;  θ -= η·m̂ / (√v̂ + ε), m̂ and v̂ corrected for their start
    at zero (Kingma and Ba 2015)."""
    cdef real beta1 = <real>hyper[0], beta2 = <real>hyper[1], epsilon = <real>hyper[2]
    cdef real keep1 = <real>(1 - hyper[0]), keep2 = <real>(1 - hyper[1])
    cdef real eta = <real>(rate / (1 - pow(hyper[0], step)))
    cdef real correction = <real>(1 / sqrt(1 - pow(hyper[1], step)))
    cdef real *m = state
    cdef real *v = state + stride
    cdef Py_ssize_t i
    cdef real g
    for i in range(n):
        g = gradient[i]
        m[i] = beta1 * m[i] + keep1 * g
        v[i] = beta2 * v[i] + keep2 * g * g
        theta[i] -= eta * m[i] / (root(v[i]) * correction + epsilon)


cdef Update[3] rules
rules[0] = Update(b"momentum", 1, momentum[float], momentum[double])
rules[1] = Update(b"nesterov", 1, nesterov[float], nesterov[double])
rules[2] = Update(b"adam", 2, adam[float], adam[double])


def rule(str name):
    """The compiled update called `name`, as a capsule; KeyError if there is none."""
    cdef int i
    for i in range(3):
        if rules[i].name == name.encode():
            return PyCapsule_New(&rules[i], "cbp.core.update", NULL)
    raise KeyError(name)
