"""An activation or cost with its parameters bound, ready to be called without the GIL."""

from cbp_kernel cimport cbp_activation, cbp_cost


cdef class Bound:
    cdef readonly object spec       # cbp.plugin.Activation or Cost
    cdef readonly dict params
    cdef readonly bint compiled     # a kernel is called, not the NumPy implementation
    cdef readonly object unavailable    # why its kernel is not called, or None
    cdef object capsule             # keeps the kernel's library alive
    cdef object parameters          # the doubles behind ctx
    cdef const void *ctx
    cdef dict errors                # thread to what a NumPy implementation raised in it

    cdef const void *compiled_ctx(self)
    cdef int keep(self, object error)


cdef class BoundActivation(Bound):
    cdef const cbp_activation *kernel
    cdef cbp_activation trampoline


cdef class BoundCost(Bound):
    cdef const cbp_cost *kernel
    cdef cbp_cost trampoline
