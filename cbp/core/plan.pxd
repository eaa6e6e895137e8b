"""A network as the core knows it."""

from .passes cimport Net


cdef class Plan:
    cdef Net net
    cdef readonly list activations   # BoundActivation of layers 1 .. L
    cdef readonly object cost        # BoundCost
    cdef readonly object dtype
    cdef readonly Py_ssize_t n_parameters
    cdef bint keep_z                 # z and a never share memory
    cdef readonly bint concurrent    # every kernel may be called from any thread, on any rows

    cdef void lay_out(self, list sizes)
    cdef int dropping(self, Net *net, rates) except -1
    cdef object forward(self, X, targets, theta, work, out, int threads)
    cdef object raise_for(self, int status, int l)
