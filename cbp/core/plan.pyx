# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A network as the core knows it, and the passes over whole data sets that Python calls.

Samples are taken CHUNK at a time: that bounds the workspace whatever the data's size, and makes the order
of every sum depend on the shapes alone.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from cbp_kernel cimport CBP_BWD_READS_Z, CBP_IN_PLACE, CBP_OK

from .bound cimport BoundActivation, BoundCost
from .passes cimport (
    Layer, Net, backpropagate, differentiate, differentiate_sample, feed_forward,
    lowest_layer, measure, place, real, sample_costs, work_size,
)

import numpy as np

from .memory import aligned

cdef enum:
    CHUNK_ROWS = 256
CHUNK = CHUNK_ROWS


cdef inline Py_ssize_t chunks(Py_ssize_t n) noexcept nogil:
    return (n + CHUNK_ROWS - 1) // CHUNK_ROWS


cdef int predict(Net *net, const real[:, ::1] X, const real[::1] theta, real[::1] work,
                 real[:, ::1] out) noexcept nogil:
    cdef Py_ssize_t c, start, B, N = net.layer[net.L].size
    cdef int status
    for c in range(chunks(X.shape[0])):
        start = c * CHUNK_ROWS
        B = min(<Py_ssize_t>CHUNK_ROWS, X.shape[0] - start)
        status = feed_forward(net, X[start:start + B], theta, work)
        if status != CBP_OK:
            return status
        memcpy(&out[start, 0], &work[place(B, net.layer[net.L].a)], B * N * sizeof(real))
    return CBP_OK


cdef int costs(Net *net, const real[:, ::1] X, const real[:, ::1] targets, const real[::1] theta,
               real[::1] work, real[::1] out) noexcept nogil:
    cdef Py_ssize_t c, start, B
    cdef int status
    for c in range(chunks(X.shape[0])):
        start = c * CHUNK_ROWS
        B = min(<Py_ssize_t>CHUNK_ROWS, X.shape[0] - start)
        status = feed_forward(net, X[start:start + B], theta, work)
        if status == CBP_OK:
            status = measure(net, targets[start:start + B], work)
        if status != CBP_OK:
            return status
        memcpy(&out[start], sample_costs(work), B * sizeof(real))
    return CBP_OK


cdef int gradient_of_chunk(Net *net, const real[:, ::1] X, const real[:, ::1] targets, const real *weights,
                           real scale, bint first, const real[::1] theta, real[::1] work,
                           real[::1] gradient,                 # IN/OUT added to, unless first
                           real *out_costs,                    # OUT (B,)
                           real *inputs,                       # OUT (B, N_1) or NULL
                           real *per_sample) noexcept nogil:   # OUT (B, n_parameters) or NULL
    cdef Py_ssize_t B = X.shape[0], i
    cdef int lowest = 1 if inputs != NULL else lowest_layer(net)
    cdef int status = feed_forward(net, X, theta, work)
    if status == CBP_OK:
        status = measure(net, targets, work)
    if status != CBP_OK:
        return status
    memcpy(out_costs, sample_costs(work), B * sizeof(real))
    if per_sample != NULL:
        status = backpropagate(net, X, targets, <const real *>NULL, theta, work, lowest)
        if status != CBP_OK:
            return status
        for i in range(B):
            differentiate_sample(net, X, work, i, per_sample + i * theta.shape[0])
    status = backpropagate(net, X, targets, weights, theta, work, lowest)
    if status != CBP_OK:
        return status
    differentiate(net, X, work, scale, not first, gradient)
    if inputs != NULL:
        for i in range(B * net.layer[1].size):
            inputs[i] = scale * work[place(B, net.layer[1].delta) + i]
    return CBP_OK


cdef int gradient(Net *net, const real[:, ::1] X, const real[:, ::1] targets, const real[::1] weights,
                  real scale, const real[::1] theta, real[::1] work, real[::1] gradient, real[::1] costs,
                  real[:, ::1] inputs, real[:, ::1] per_sample) noexcept nogil:
    cdef Py_ssize_t c, start, stop
    cdef const real *chunk_weights = NULL
    cdef real *chunk_inputs = NULL
    cdef real *chunk_per_sample = NULL
    cdef int status
    for c in range(chunks(X.shape[0])):
        start = c * CHUNK_ROWS
        stop = min(start + CHUNK_ROWS, X.shape[0])
        if weights is not None:
            chunk_weights = &weights[start]
        if inputs is not None:
            chunk_inputs = &inputs[start, 0]
        if per_sample is not None:
            chunk_per_sample = &per_sample[start, 0]
        status = gradient_of_chunk(net, X[start:stop], targets[start:stop], chunk_weights, scale, c == 0,
                                   theta, work, gradient, &costs[start], chunk_inputs, chunk_per_sample)
        if status != CBP_OK:
            return status
    return CBP_OK


cdef int both_ways(Net *net, const real[:, ::1] X, const real[:, ::1] targets, const real[::1] theta,
                   real[::1] work) noexcept nogil:
    """Forward, and with targets backward down to δ^1, unscaled."""
    cdef int status = feed_forward(net, X, theta, work)
    if status == CBP_OK and targets is not None:
        status = backpropagate(net, X, targets, <const real *>NULL, theta, work, 1)
    return status


cdef class Plan:
    """A network's sizes, kernels and memory layout, for one dtype.

    Parameters
    ----------
    sizes : list of int
        N_1 .. N_L.
    activations : list of BoundActivation
        σ of layers 1 .. L.
    cost : BoundCost
    dtype : numpy.dtype
        float32 or float64.
    input_identity : bool
        Whether a^1 = z^1 (no σ on the input).
    fused : bool
        Whether the output activation is the cost's canonical one.
    mean : bool
        Whether E is the weighted mean of C over a batch, not its sum.
    keep_z : bool
        Whether z^l must survive a forward pass even where no derivative reads it.
    """

    def __cinit__(self, list sizes, list activations, BoundCost cost, dtype, bint input_identity, bint fused,
                  bint mean, bint keep_z=False):
        self.activations, self.cost, self.dtype, self.keep_z = activations, cost, np.dtype(dtype), keep_z
        self.net.L = len(sizes)
        self.net.layer = <Layer *>calloc(len(sizes) + 1, sizeof(Layer))
        if self.net.layer == NULL:
            raise MemoryError(f"no memory for a network of {len(sizes)} layers")
        self.net.cost, self.net.cost_ctx = cost.kernel, cost.ctx
        self.net.input_identity, self.net.fused, self.net.mean = input_identity, fused, mean
        self.lay_out(sizes)

    def __dealloc__(self):
        free(self.net.layer)

    cdef void lay_out(self, list sizes):
        """Give every W^l and b^l its place in the parameters, every z^l, a^l, δ^l its place in the workspace."""
        cdef Net *net = &self.net
        cdef Layer *layer
        cdef BoundActivation sigma
        cdef Py_ssize_t column = 1, parameter = 0       # column 0: C of each sample
        cdef unsigned int hints
        cdef int l
        net.scratch, column = column, column + max(sizes)
        for l in range(1, net.L + 1):
            layer, sigma = &net.layer[l], self.activations[l - 1]
            layer.sigma, layer.ctx, layer.size = sigma.kernel, sigma.ctx, sizes[l - 1]
            if l > 1:
                layer.W, layer.b = parameter, parameter + net.layer[l - 1].size * layer.size
                parameter = layer.b + layer.size
            hints = sigma.kernel.head.hints
            layer.z = layer.a = column
            if not hints & CBP_IN_PLACE or hints & CBP_BWD_READS_Z or self.keep_z or (net.fused and l == net.L):
                layer.a = column + layer.size           # else a^l overwrites z^l
            layer.delta = layer.a + layer.size
            column = layer.delta + layer.size
        self.n_parameters, net.columns = parameter, column

    def freeze(self, int l, bint frozen):
        """Keep W^l and b^l as they are, or let them learn again."""
        self.net.layer[l].frozen = frozen

    def frozen(self, int l):
        """Whether layer l is frozen."""
        return bool(self.net.layer[l].frozen)

    def offsets(self, int l):
        """Where W^l and b^l begin in the parameter vector."""
        return self.net.layer[l].W, self.net.layer[l].b

    def workspace(self, Py_ssize_t rows):
        """A work vector for passes over up to `rows` samples at a time."""
        return aligned(work_size(&self.net, rows), self.dtype)

    cdef object raise_for(self, int status):
        """Turn a kernel's status into the exception it stands for."""
        if status == CBP_OK:
            return
        for l, bound in enumerate((self.cost, *self.activations)):
            error = bound.take_error()
            if error is not None:
                error.add_note(f"raised while computing {self.called(l)}")
                raise error
        raise RuntimeError(f"{self.called(self.net.failed)} failed: its kernel answered with status {status}")

    def called(self, int l):
        """What messages call the activation of layer l, or, l = 0, the cost."""
        return f"{self.activations[l - 1].spec.name!r} of layer {l}" if l else f"the cost {self.cost.spec.name!r}"

    def predict(self, X, theta, work, out):
        """a^L of every row of X, into out."""
        if self.dtype == np.float64:
            self.raise_for(predict[double](&self.net, X, theta, work, out))
        else:
            self.raise_for(predict[float](&self.net, X, theta, work, out))

    def costs(self, X, targets, theta, work, out):
        """C of every sample, unweighted, into out."""
        if self.dtype == np.float64:
            self.raise_for(costs[double](&self.net, X, targets, theta, work, out))
        else:
            self.raise_for(costs[float](&self.net, X, targets, theta, work, out))

    def gradient(self, X, targets, weights, double scale, theta, work, out, costs, inputs, per_sample):
        """scale·Σ weights·δC/δθ into out, C of each sample into costs; and where they are not None, the same
        for X (δ^1) into inputs and each sample's δC/δθ, unscaled, into per_sample."""
        if self.dtype == np.float64:
            self.raise_for(gradient[double](&self.net, X, targets, weights, scale, theta, work, out, costs,
                                            inputs, per_sample))
        else:
            self.raise_for(gradient[float](&self.net, X, targets, weights, <float>scale, theta, work, out,
                                           costs, inputs, per_sample))

    def layers(self, X, targets, theta):
        """Run X forward and, where targets are given, backward, and return every layer's (z, a, δ) as views
        of one workspace: a dict of l to a triple of (n, N_l) matrices."""
        work = self.workspace(len(X))
        if self.dtype == np.float64:
            self.raise_for(both_ways[double](&self.net, X, targets, theta, work))
        else:
            self.raise_for(both_ways[float](&self.net, X, targets, theta, work))
        return {l: self.views_of(l, X, work) for l in range(1, self.net.L + 1)}

    def views_of(self, int l, X, work):
        """(z^l, a^l, δ^l) after a pass over X with this workspace."""
        cdef Layer *layer = &self.net.layer[l]

        def view(Py_ssize_t column):
            start = place(len(X), column)
            return work[start:start + len(X) * layer.size].reshape(len(X), layer.size)

        z = X if l == 1 else view(layer.z)
        a = X if l == 1 and self.net.input_identity else view(layer.a)
        return z, a, view(layer.delta)
