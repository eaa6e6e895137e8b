# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A network as the core knows it, and the passes over whole data sets that Python calls.

Samples are taken CHUNK at a time: that bounds the workspace whatever the data's size, and makes the order
of every sum depend on the shapes alone.
"""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from cbp_kernel cimport CBP_BWD_READS_Z, CBP_IN_PLACE, CBP_OK

from .bound cimport BoundActivation, BoundCost
from .passes cimport (
    Layer, Net, Share, all_of, backpropagate, differentiate, differentiate_sample, feed_forward,
    jacobian, lowest_layer, measure, place, real, work_size,
)
from .team cimport WORTH_A_THREAD, begin_of, team, team_run, useful_threads

import numpy as np

from .memory import aligned
from .threads import available

cdef enum:
    CHUNK_ROWS = 256
CHUNK = CHUNK_ROWS


cdef struct Forward:
    # What threads that run samples forward together are told.
    Net *net
    Py_ssize_t n
    const void *X                # (n, N_1)
    const void *targets          # (n, N_L), or NULL: no cost
    const void *theta
    void *work                   # threads workspaces, one behind the other
    Py_ssize_t work_each         # numbers in each
    void *out                    # a^L of every sample, or C
    int threads
    int[64] status               # OUT: of each thread; 64 is TEAM_LIMIT
    int[64] failed               # OUT: the layer whose kernel stopped it; 0 for the cost


cdef int forward_rows(Forward *job, int thread, Py_ssize_t start, Py_ssize_t stop, real tag) noexcept nogil:
    """Samples start .. stop-1, a chunk at a time, in the workspace of this thread."""
    cdef Net *net = job.net
    cdef Py_ssize_t I = net.layer[1].size, O = net.layer[net.L].size
    cdef const real *X = <const real *>job.X
    cdef const real *targets = <const real *>job.targets
    cdef real *out = <real *>job.out
    cdef real *work = <real *>job.work + thread * job.work_each
    cdef Share share
    cdef int status
    while start < stop:
        share = all_of(min(<Py_ssize_t>CHUNK_ROWS, stop - start))
        status = feed_forward(net, X + start * I, <const real *>job.theta, work, &share)
        if status == CBP_OK and targets != NULL:
            status = measure(net, targets + start * O, work, &share)
        if status != CBP_OK:
            job.failed[thread] = share.failed
            return status
        if targets != NULL:
            memcpy(out + start, work, share.rows * sizeof(real))
        else:
            memcpy(out + start * O, work + place(share.rows, net.layer[net.L].a), share.rows * O * sizeof(real))
        start += share.rows
    return CBP_OK


cdef void forward_share(void *what, int thread, real tag) noexcept nogil:
    cdef Forward *job = <Forward *>what
    job.status[thread] = forward_rows(job, thread, begin_of(job.n, thread, job.threads),
                                      begin_of(job.n, thread + 1, job.threads), tag)


cdef void forward_f32(void *what, int thread) noexcept nogil:
    forward_share[float](what, thread, 0)


cdef void forward_f64(void *what, int thread) noexcept nogil:
    forward_share[double](what, thread, 0)


cdef int forward(Forward *job, real tag) noexcept nogil:
    """Every thread its share of the samples; those no thread could be had for fall to the caller."""
    cdef team crew
    cdef int i
    if job.threads == 1:
        return forward_rows(job, 0, 0, job.n, tag)
    team_run(&crew, job.threads, forward_f32 if real is float else forward_f64, job)
    for i in range(crew.threads, job.threads):
        forward_share(job, i, tag)
    for i in range(job.threads):
        if job.status[i] != CBP_OK:
            job.failed[0] = job.failed[i]
            return job.status[i]
    return CBP_OK


cdef int forward_all(Forward *job, const real[:, ::1] X, const real[:, ::1] targets, const real[::1] theta,
                     real[::1] work, real[::1] out) except? -9:
    """a^L, or with targets C, of every sample."""
    cdef int status
    job.n, job.X, job.theta, job.work, job.out = X.shape[0], &X[0, 0], &theta[0], &work[0], &out[0]
    job.targets = &targets[0, 0] if targets is not None else NULL
    with nogil:
        status = forward(job, <real>0)
    return status


cdef int gradient_of_chunk(Net *net, const real *X, const real *targets, const real *weights, Share *share,
                           real scale, bint first, const real[::1] theta, real *work,
                           real *gradient,                     # IN/OUT added to, unless first
                           real *out_costs,                    # OUT (B,)
                           real *inputs,                       # OUT (B, N_1) or NULL
                           real *per_sample) noexcept nogil:   # OUT (B, n_parameters) or NULL
    cdef Py_ssize_t i, B = share.rows
    cdef int lowest = 1 if inputs != NULL else lowest_layer(net)
    cdef int status = feed_forward(net, X, &theta[0], work, share)
    if status == CBP_OK:
        status = measure(net, targets, work, share)
    if status != CBP_OK:
        return status
    memcpy(out_costs, work, B * sizeof(real))
    if per_sample != NULL:
        status = backpropagate(net, X, targets, <const real *>NULL, &theta[0], work, lowest, share)
        if status != CBP_OK:
            return status
        for i in range(B):
            differentiate_sample(net, X, work, i, False, per_sample + i * theta.shape[0], share)
    status = backpropagate(net, X, targets, weights, &theta[0], work, lowest, share)
    if status != CBP_OK:
        return status
    differentiate(net, X, work, scale, not first, gradient, share)
    if inputs != NULL:
        for i in range(B * net.layer[1].size):
            inputs[i] = scale * work[place(B, net.layer[1].delta) + i]
    return CBP_OK


cdef int gradient(Net *net, const real[:, ::1] X, const real[:, ::1] targets, const real[::1] weights,
                  real scale, const real[::1] theta, real[::1] work, real[::1] gradient, real[::1] costs,
                  real[:, ::1] inputs, real[:, ::1] per_sample, int *failed) except? -9:
    """Chunk by chunk; see Plan.gradient."""
    cdef Share share = all_of(0)
    cdef Py_ssize_t start = 0
    cdef int status = CBP_OK
    with nogil:
        while start < X.shape[0] and status == CBP_OK:
            share = all_of(min(<Py_ssize_t>CHUNK_ROWS, X.shape[0] - start))
            status = gradient_of_chunk(net, &X[start, 0], &targets[start, 0],
                                       &weights[start] if weights is not None else NULL,
                                       &share, scale, start == 0,
                                       theta, &work[0], &gradient[0], &costs[start],
                                       &inputs[start, 0] if inputs is not None else NULL,
                                       &per_sample[start, 0] if per_sample is not None else NULL)
            start += CHUNK_ROWS
    failed[0] = share.failed
    return status


cdef int jacobian_of(Net *net, const real[:, ::1] X, const real[::1] theta, real[::1] work, real[:, :, ::1] out,
                     int *failed) except? -9:
    """Chunk by chunk; see Plan.jacobian."""
    cdef Share share = all_of(0)
    cdef Py_ssize_t start = 0
    cdef int status = CBP_OK
    with nogil:
        while start < X.shape[0] and status == CBP_OK:
            share = all_of(min(<Py_ssize_t>CHUNK_ROWS, X.shape[0] - start))
            status = jacobian(net, &X[start, 0], <const real *>NULL, &theta[0], &work[0], False, &out[start, 0, 0],
                              theta.shape[0], &share)
            start += CHUNK_ROWS
    failed[0] = share.failed
    return status


cdef int both_ways(Net *net, const real[:, ::1] X, const real[:, ::1] targets, const real[::1] theta,
                   real[::1] work, int *failed) except? -9:
    """Forward, and with targets backward down to δ^1, unscaled."""
    cdef Share share = all_of(X.shape[0])
    cdef int status
    with nogil:
        status = feed_forward(net, &X[0, 0], &theta[0], &work[0], &share)
        if status == CBP_OK and targets is not None:
            status = backpropagate(net, &X[0, 0], &targets[0, 0], <const real *>NULL, &theta[0], &work[0], 1, &share)
    failed[0] = share.failed
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
        self.concurrent = all(bound.concurrent() for bound in (cost, *activations))
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
        net.scratch, net.widest, column = column, max(sizes), column + max(sizes)
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
            layer.read, layer.delta = layer.a, layer.a + layer.size
            column = layer.delta + layer.size
        self.n_parameters, net.columns = parameter, column

    cdef int dropping(self, Net *net, rates) except -1:
        """Make `net` one like this whose layers drop units with these probabilities, p_1 .. p_L, and whose layers are
        to be freed; its workspace has room for m^l and ã^l."""
        cdef size_t size = (self.net.L + 1) * sizeof(Layer)
        cdef Layer *layer = <Layer *>malloc(size)
        cdef int l
        if layer == NULL:
            raise MemoryError(f"no memory for a network of {self.net.L} layers")
        memcpy(layer, self.net.layer, size)
        net[0] = self.net
        net.layer = layer
        for l, p in enumerate(rates, start=1):
            if p:
                layer[l].drop, layer[l].mask = p, net.columns
                layer[l].read = layer[l].mask + layer[l].size
                net.columns = layer[l].read + layer[l].size
        return 0

    def freeze(self, int l, bint frozen):
        """Keep W^l and b^l as they are, or let them learn again."""
        self.net.layer[l].frozen = frozen

    def frozen(self, int l):
        """Whether layer l is frozen."""
        return bool(self.net.layer[l].frozen)

    def offsets(self, int l):
        """Where W^l and b^l begin in the parameter vector."""
        return self.net.layer[l].W, self.net.layer[l].b

    def threads_for(self, double samples, most=None):
        """How many threads, of at most so many (`cbp.core.threads`), are of use to a pass over the samples at once."""
        cdef double multiplications = samples * self.n_parameters
        if multiplications < 2 * WORTH_A_THREAD or not self.concurrent:
            return 1
        return useful_threads(available() if most is None else most, multiplications)

    def workspace(self, Py_ssize_t rows):
        """A work vector for passes over up to `rows` samples."""
        return aligned(work_size(&self.net, rows, 1), self.dtype)

    def workspaces(self, Py_ssize_t rows, int threads):
        """The size of a vector that holds a workspace of `rows` samples for each of `threads`."""
        return work_size(&self.net, rows, 1) * threads

    cdef object raise_for(self, int status, int l):
        """Turn the status that a kernel of layer l, or l = 0 the cost's, gave this thread into its exception."""
        if status == CBP_OK:
            return
        error = (self.activations[l - 1] if l else self.cost).take_error()
        if error is None:
            raise RuntimeError(f"{self.called(l)} failed: its kernel answered with status {status}")
        error.add_note(f"raised while computing {self.called(l)}")
        raise error

    def called(self, int l):
        """What messages call the activation of layer l, or, l = 0, the cost."""
        return f"{self.activations[l - 1].spec.name!r} of layer {l}" if l else f"the cost {self.cost.spec.name!r}"

    def predict(self, X, theta, work, out, int threads=1):
        """a^L of every row of X, into out; `work` holds a workspace for each thread."""
        self.forward(X, None, theta, work, out.reshape(-1), threads)

    def costs(self, X, targets, theta, work, out, int threads=1):
        """C of every sample, unweighted, into out; `work` holds a workspace for each thread."""
        self.forward(X, targets, theta, work, out, threads)

    cdef object forward(self, X, targets, theta, work, out, int threads):
        cdef Forward job
        cdef int status
        job.net, job.threads = &self.net, threads
        job.work_each = work_size(&self.net, min(<Py_ssize_t>CHUNK_ROWS, <Py_ssize_t>len(X)), 1)
        if self.dtype == np.float64:
            status = forward_all[double](&job, X, targets, theta, work, out)
        else:
            status = forward_all[float](&job, X, targets, theta, work, out)
        self.raise_for(status, job.failed[0])

    def gradient(self, X, targets, weights, double scale, theta, work, out, costs, inputs, per_sample):
        """scale·Σ weights·δC/δθ into out, C of each sample into costs; and where they are not None, the same
        for X (δ^1) into inputs and each sample's δC/δθ, unscaled, into per_sample."""
        cdef int status, failed
        if self.dtype == np.float64:
            status = gradient[double](&self.net, X, targets, weights, scale, theta, work, out, costs, inputs,
                                      per_sample, &failed)
        else:
            status = gradient[float](&self.net, X, targets, weights, <float>scale, theta, work, out, costs, inputs,
                                     per_sample, &failed)
        self.raise_for(status, failed)

    def jacobian(self, X, theta, work, out):
        """δa_j^L/δθ of every sample and output into out, (n, N_L, n_parameters)."""
        cdef int status, failed
        if self.dtype == np.float64:
            status = jacobian_of[double](&self.net, X, theta, work, out, &failed)
        else:
            status = jacobian_of[float](&self.net, X, theta, work, out, &failed)
        self.raise_for(status, failed)

    def layers(self, X, targets, theta):
        """Run X forward and, where targets are given, backward, and return every layer's (z, a, δ) as views
        of one workspace: a dict of l to a triple of (n, N_l) matrices."""
        cdef int status, failed
        work = self.workspace(len(X))
        if self.dtype == np.float64:
            status = both_ways[double](&self.net, X, targets, theta, work, &failed)
        else:
            status = both_ways[float](&self.net, X, targets, theta, work, &failed)
        self.raise_for(status, failed)
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
