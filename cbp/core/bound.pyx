"""Binds an activation or cost to its parameters and gives the passes one way to call it: a kernel struct.

A compiled kernel is called as it is. A NumPy implementation becomes a kernel too: a trampoline that takes
the GIL once per block, hands NumPy copies of its arguments, and copies the answer back. An exception
raised there is kept, thread by thread, in `errors`; the kernel answers PYTHON_RAISED, and the pass stops.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid
from cpython.pythread cimport PyThread_get_thread_ident

from cbp_kernel cimport (
    CBP_ABI_MAJOR, CBP_ACTIVATION, CBP_ACTIVATION_LEAST, CBP_BWD_READS_A, CBP_BWD_READS_Z, CBP_CAPSULE,
    CBP_CHUNK_INVARIANT, CBP_COST, CBP_COST_LEAST, CBP_MAGIC, CBP_OK, CBP_ROWWISE, cbp_activation, cbp_cost, cbp_head,
)

import warnings

import numpy as np

from .._version import __version__
from ..kernels import KernelUnavailable, KernelWarning, capsule_of
from . import cpu

ctypedef fused real:
    float
    double

cdef enum:
    PYTHON_RAISED = -1


cdef set unavailable = set()     # what was warned of


cdef const cbp_head *kernel_of(Bound self, unsigned int kind) except? NULL:
    """The head of the kernel to call, or NULL: there is none, or none that can be called here, which is said once."""
    if self.spec.kernel is None:
        return NULL
    try:
        self.capsule = capsule_of(self.spec)
        return head_of(self.spec, self.capsule, kind)
    except KernelUnavailable as reason:
        self.unavailable = str(reason)
    if self.unavailable not in unavailable:
        warnings.warn(
            f"{self.unavailable}; until then the NumPy implementation takes its place, more slowly",
            KernelWarning, stacklevel=4)
        unavailable.add(self.unavailable)
    return NULL


cdef const cbp_head *head_of(object spec, object capsule, unsigned int kind) except NULL:
    """The head of the kernel in `capsule`, checked: this is where an unfit one is refused."""
    if not PyCapsule_IsValid(capsule, CBP_CAPSULE):
        raise TypeError(
            f"{spec.name!r}: kernel= expected a capsule named {CBP_CAPSULE.decode()!r}, "
            f"cbp.plugin.shared_library(...) or cbp.plugin.numba_kernel(...), got {capsule!r}"
        )
    cdef const cbp_head *head = <const cbp_head *>PyCapsule_GetPointer(capsule, CBP_CAPSULE)
    if head.magic != CBP_MAGIC:
        raise ImportError(f"{spec.name!r}: its kernel= does not hold a cbp kernel (wrong magic number)")
    if head.abi_major != CBP_ABI_MAJOR:
        raise KernelUnavailable(
            f"{spec.name!r}: its kernel was built for kernel ABI {head.abi_major}.{head.abi_minor}, this cbp "
            f"({__version__}) reads ABI {CBP_ABI_MAJOR}.x; "
            + ("upgrade cbp" if head.abi_major > CBP_ABI_MAJOR else "upgrade the plugin, or build it with this cbp")
        )
    if head.required != 0:
        raise KernelUnavailable(
            f"{spec.name!r}: its kernel needs features this cbp ({__version__}) does not know (bits "
            f"{head.required:#x}); upgrade cbp"
        )
    if head.kind != kind:
        raise ImportError(f"{spec.name!r}: its kernel is of kind {head.kind}, expected kind {kind}")
    cdef size_t least = CBP_ACTIVATION_LEAST if kind == CBP_ACTIVATION else CBP_COST_LEAST
    if head.struct_size < least:
        raise ImportError(
            f"{spec.name!r}: its kernel struct has {head.struct_size} bytes, expected at least {least}"
        )
    check_complete(spec, head)
    check_isa(spec, head)
    return head


cdef int check_isa(object spec, const cbp_head *head) except -1:
    """Refuse what this processor cannot run."""
    if head.isa == NULL:
        raise ImportError(
            f"{spec.name!r}: its kernel's head does not say for which instruction set it was compiled; set isa to "
            "CBP_ISA of cbp_kernel.h"
        )
    isa = head.isa.decode(errors="replace")
    if not cpu.runs(isa):
        best, *_ = cpu.supported()
        raise KernelUnavailable(
            f"{spec.name!r}: its kernel was compiled for {isa}, this processor runs {best}; build the plugin again "
            f"with CBP_ISA={best}"
        )
    return 0


cdef int check_complete(object spec, const cbp_head *head) except -1:
    """Refuse a struct with a hole: four functions, and for a cost the fused four or none of them."""
    cdef void **functions = <void **>(head + 1)
    there = [functions[i] != NULL for i in range(8 if head.kind == CBP_COST else 4)]
    if not all(there[:4]) or any(there[4:]) and not all(there[4:]):
        raise ImportError(
            f"{spec.name!r}: its kernel lacks a function; expected a float and a double version of each, "
            "and of a fused pair both or none"
        )
    return 0


cdef object memory(const real *p, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld):
    """The block at p as a (rows, cols) array that shares its memory."""
    return np.asarray(<real[:rows, :ld]><real *>p)[:, :cols]


cdef object given(const real *p, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld):
    """A copy of the block at p, read-only: a plugin may keep it for longer than cbp keeps the block."""
    array = np.array(memory(p, rows, cols, ld))
    array.flags.writeable = False
    return array


cdef int fill(object out, Bound self, str what, function, tuple arguments) except -1:
    """out = function(*arguments, **params)"""
    answer = function(*arguments, **self.params)
    if np.shape(answer) != out.shape:
        raise ValueError(
            f"{what} of {self.spec.name!r} must return an array of shape {out.shape}, got {np.shape(answer)}"
        )
    out[...] = answer
    return 0


cdef int numpy_fwd(const real *z, real *a, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld,
                   const void *ctx) noexcept with gil:
    self = <BoundActivation>ctx
    try:
        fill(memory(a, rows, cols, ld), self, "forward", self.spec.forward, (given(z, rows, cols, ld),))
    except BaseException as error:
        return self.keep(error)
    return CBP_OK


cdef int numpy_bwd(const real *z, const real *a, const real *g, real *out, Py_ssize_t rows, Py_ssize_t cols,
                   Py_ssize_t ld, const void *ctx) noexcept with gil:
    self = <BoundActivation>ctx
    try:
        Z, A, G = given(z, rows, cols, ld), given(a, rows, cols, ld), given(g, rows, cols, ld)
        OUT = memory(out, rows, cols, ld)
        if self.spec.vjp is not None:
            fill(OUT, self, "vjp", self.spec.vjp, (Z, A, G))
        else:
            fill(OUT, self, "derivative", self.spec.derivative, (Z, A))
            OUT *= G
    except BaseException as error:
        return self.keep(error)
    return CBP_OK


cdef int numpy_value(const real *a, const real *y, real *per_sample, Py_ssize_t rows, Py_ssize_t cols,
                     Py_ssize_t ld, const void *ctx) noexcept with gil:
    self = <BoundCost>ctx
    try:
        A, Y = given(a, rows, cols, ld), given(y, rows, cols, ld)
        fill(memory(per_sample, 1, rows, rows)[0], self, "value", self.spec.value, (A, Y))
    except BaseException as error:
        return self.keep(error)
    return CBP_OK


cdef int numpy_grad(const real *a, const real *y, real *da, Py_ssize_t rows, Py_ssize_t cols,
                    Py_ssize_t ld, const void *ctx) noexcept with gil:
    self = <BoundCost>ctx
    try:
        A, Y = given(a, rows, cols, ld), given(y, rows, cols, ld)
        fill(memory(da, rows, cols, ld), self, "gradient", self.spec.gradient, (A, Y))
    except BaseException as error:
        return self.keep(error)
    return CBP_OK


cdef int numpy_fused_value(const real *z, const real *a, const real *y, real *per_sample, Py_ssize_t rows,
                           Py_ssize_t cols, Py_ssize_t ld, const void *ctx) noexcept with gil:
    self = <BoundCost>ctx
    try:
        Z, A, Y = given(z, rows, cols, ld), given(a, rows, cols, ld), given(y, rows, cols, ld)
        fill(memory(per_sample, 1, rows, rows)[0], self, "fused_value", self.spec.fused_value, (Z, A, Y))
    except BaseException as error:
        return self.keep(error)
    return CBP_OK


cdef int numpy_fused_grad(const real *z, const real *a, const real *y, real *dz, Py_ssize_t rows,
                          Py_ssize_t cols, Py_ssize_t ld, const void *ctx) noexcept with gil:
    self = <BoundCost>ctx
    try:
        Z, A, Y = given(z, rows, cols, ld), given(a, rows, cols, ld), given(y, rows, cols, ld)
        fill(memory(dz, rows, cols, ld), self, "fused", self.spec.fused, (Z, A, Y))
    except BaseException as error:
        return self.keep(error)
    return CBP_OK


cdef class Bound:
    """A spec with its parameters bound."""

    def __cinit__(self, spec, dict params):
        self.spec = spec
        self.params = params
        self.errors = {}
        self.parameters = np.array([params[name] for name in spec.params], dtype=np.float64)

    cdef const void *compiled_ctx(self):
        cdef double[::1] values = self.parameters
        return &values[0] if values.shape[0] else NULL

    cdef int keep(self, object error):
        """Keep an exception for the thread that runs the pass."""
        self.errors[PyThread_get_thread_ident()] = error
        return PYTHON_RAISED

    def take_error(self):
        """The exception a NumPy implementation raised in this thread since the last call, or None."""
        return self.errors.pop(PyThread_get_thread_ident(), None)


cdef class BoundActivation(Bound):
    """An activation with its parameters bound."""

    def concurrent(self):
        """Whether any thread may run it on any rows, with the same bits: a NumPy implementation may not."""
        return bool(self.kernel.head.hints & CBP_CHUNK_INVARIANT)

    def __init__(self, spec, dict params):
        cdef const cbp_head *head = kernel_of(self, CBP_ACTIVATION)
        self.compiled = head != NULL
        if self.compiled:
            self.kernel = <const cbp_activation *>head
            self.ctx = self.compiled_ctx()
            return
        self.trampoline.head.hints = CBP_BWD_READS_Z | CBP_BWD_READS_A | (CBP_ROWWISE if spec.rowwise else 0)
        self.trampoline.fwd_f32 = numpy_fwd[float]
        self.trampoline.bwd_f32 = numpy_bwd[float]
        self.trampoline.fwd_f64 = numpy_fwd[double]
        self.trampoline.bwd_f64 = numpy_bwd[double]
        self.kernel = &self.trampoline
        self.ctx = <const void *>self


cdef class BoundCost(Bound):
    """A cost with its parameters bound."""

    def concurrent(self):
        """As BoundActivation's: a compiled cost goes sample by sample."""
        return self.compiled

    def __init__(self, spec, dict params):
        cdef const cbp_head *head = kernel_of(self, CBP_COST)
        self.compiled = head != NULL
        if self.compiled:
            self.kernel = <const cbp_cost *>head
            self.ctx = self.compiled_ctx()
            return
        self.trampoline.value_f32 = numpy_value[float]
        self.trampoline.grad_f32 = numpy_grad[float]
        self.trampoline.value_f64 = numpy_value[double]
        self.trampoline.grad_f64 = numpy_grad[double]
        if spec.fused is not None:
            self.trampoline.fused_value_f32 = numpy_fused_value[float]
            self.trampoline.fused_grad_f32 = numpy_fused_grad[float]
            self.trampoline.fused_value_f64 = numpy_fused_value[double]
            self.trampoline.fused_grad_f64 = numpy_fused_grad[double]
        self.kernel = &self.trampoline
        self.ctx = <const void *>self

    @property
    def fuses(self):
        """Whether there is a fused pair, and an activation to fuse with."""
        return self.kernel.fused_grad_f32 != NULL and self.spec.canonical is not None
