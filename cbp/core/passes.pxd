"""The network as the passes see it: sizes, offsets and kernels."""

from libc.stdint cimport uint64_t

from cbp_kernel cimport cbp_activation, cbp_cost

ctypedef fused real:
    float
    double

cdef struct Layer:
    Py_ssize_t size              # N_l
    Py_ssize_t W, b              # where W^l and b^l begin in the parameter vector (l >= 2)
    Py_ssize_t z, a, delta       # columns of the workspace: each number is a matrix of (rows, N_l)
    const cbp_activation *sigma  # σ of this layer
    const void *ctx
    bint frozen                  # W^l and b^l stay as they are
    double drop                  # the probability that a unit of a^l is dropped
    Py_ssize_t mask              # where it is not 0, a column too: m^l
    Py_ssize_t read              # and of ã^l = m^l ⊙ a^l, which layer l+1 reads; elsewhere a^l


cdef struct Net:
    int L                        # layers are 1..L, as in the paper
    Layer *layer                 # layer[1] .. layer[L]
    bint input_identity          # a^1 = z^1: the usual convention, not eq 2
    const cbp_cost *cost
    const void *cost_ctx
    bint fused                   # the output activation is the cost's canonical one
    bint mean                    # E is the weighted mean of C over the samples, not their sum
    Py_ssize_t scratch, widest   # columns of the workspace: a matrix of (rows, widest), the largest N_l
    Py_ssize_t columns           # columns of the workspace in all


cdef struct Share:
    # What one thread does of a batch.
    Py_ssize_t rows              # samples of the batch, for which the workspace is laid out
    Py_ssize_t first, count      # forward and backward: samples first .. first + count - 1
    int thread, threads          # differentiate: its part of every gradient
    int failed                   # OUT: the layer whose kernel stopped a pass; 0 for the cost
    uint64_t key, seen           # what the masks are drawn from: a key, and the samples that came before the batch


cdef inline Share all_of(Py_ssize_t rows) noexcept nogil:
    """The whole batch, for one thread."""
    return Share(rows, 0, rows, 0, 1, 0, 0, 0)


cdef int feed_forward(const Net *net, const real *X, const real *theta, real *work, Share *share) noexcept nogil

cdef int measure(const Net *net, const real *targets, real *work, Share *share) noexcept nogil

cdef int backpropagate(const Net *net, const real *X, const real *targets, const real *weights, const real *theta,
                       real *work, int lowest, Share *share) noexcept nogil

cdef void differentiate(const Net *net, const real *X, real *work, real alpha, bint add, real *gradient,
                        const Share *share) noexcept nogil

cdef void differentiate_sample(const Net *net, const real *X, real *work, Py_ssize_t i, bint learning,
                               real *gradient, const Share *share) noexcept nogil

cdef int jacobian(const Net *net, const real *X, const real *weights, const real *theta, real *work, bint learning,
                  real *J, Py_ssize_t ld, Share *share) noexcept nogil

cdef Py_ssize_t work_size(const Net *net, Py_ssize_t rows, int threads) noexcept nogil

cdef Py_ssize_t place(Py_ssize_t rows, Py_ssize_t column) noexcept nogil

cdef int lowest_layer(const Net *net) noexcept nogil
