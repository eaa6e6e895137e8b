"""The compiled tables of cbp's own activations and costs. Compiled once per instruction set."""

from cpython.pycapsule cimport PyCapsule_New

from cbp_kernel cimport CBP_CAPSULE, cbp_activation, cbp_cost, cbp_head


cdef extern from "activations.h" nogil:
    const cbp_activation *const *cbp_activations
    int N_ACTIVATIONS "(int)(sizeof cbp_activations / sizeof *cbp_activations)"


cdef extern from "costs.h" nogil:
    const cbp_cost *const *cbp_costs
    int N_COSTS "(int)(sizeof cbp_costs / sizeof *cbp_costs)"


cdef tuple entry(const cbp_head *head):
    # The structs are static: they outlive every capsule, which therefore needs no destructor.
    return head.name.decode(), PyCapsule_New(<void *>head, CBP_CAPSULE, NULL)


cdef dict tables = {
    "activation": dict(entry(&cbp_activations[i].head) for i in range(N_ACTIVATIONS)),
    "cost": dict(entry(&cbp_costs[i].head) for i in range(N_COSTS)),
}


def names(str kind):
    """The names of the compiled kernels of a `kind`: "activation" or "cost"."""
    return list(tables[kind])


def capsule(str kind, str name):
    """The kernel `name` in a capsule for ``cbp.plugin.Activation(kernel=...)`` or ``Cost(kernel=...)``."""
    return tables[kind][name]
