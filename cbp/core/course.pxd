"""What one epoch of a training is told and leaves behind."""

from libc.stdint cimport int64_t, uint64_t

from .passes cimport Net
from .team cimport team
from .updates cimport Update

ctypedef bint (*step_in_python)(void *caller) noexcept     # with the GIL; whether it raised


cdef struct Course:
    # Matrices and vectors of the network's dtype are void.
    Net *net
    int lowest                   # layer that learns
    Py_ssize_t n                 # samples
    Py_ssize_t start             # IN/OUT where in the order the next batch begins
    Py_ssize_t limit             # batches to take at most
    const double *rates          # (limit,): η of each
    const void *X                # (n, N_1)
    const void *targets          # (n, N_L), or NULL where there are
    const int64_t *labels        # (n,)
    const void *on_off           # (2,): what a label's row holds elsewhere, and at the label
    const void *weights          # (n,) or NULL
    Py_ssize_t *order            # (n,)
    Py_ssize_t batch_size
    Py_ssize_t together          # samples that a thread takes through the network at once
    void *X_B                    # the batch: (batch_size, N_1), (batch_size, N_L), (batch_size,)
    void *targets_B
    void *weights_B
    void *theta
    void *gradient
    void *state                  # slot s begins at s·stride
    Py_ssize_t stride
    void *work
    uint64_t key                 # of the epoch's random numbers
    uint64_t seen                # IN/OUT samples of the epoch before this call
    double noise                 # the standard deviation of what is added to X_B
    double rate                  # η of this step
    bint plain                   # gradient descent: θ -= η·g as g is computed
    bint sums                    # no step: the gradients of all batches add up
    const Update *update         # NULL: the optimiser is Python
    double *hyper
    double step                  # IN/OUT steps taken since training began
    double cost, weight          # OUT Σ w·C and Σ w over the samples seen
    Py_ssize_t batch             # OUT batches finished
    Py_ssize_t rows              # OUT samples in the newest batch
    bint interrupted, raised     # OUT by a signal; by an optimiser in Python
    int[64] status               # of each thread's passes; 64 is TEAM_LIMIT
    int[64] failed               # the layer whose kernel stopped them; 0 for the cost, -1 for a sample
    int outcome                  # OUT CBP_OK, or why the epoch ended
    team crew
    void *caller                 # Epochs
    step_in_python in_python     # its step, where `update` is NULL
    bint shapes                  # the gradient changes before the optimiser sees it, by l1 .. clip_norm
    double l1, l2                # E has l1·Σ|W| + ½·l2·ΣW² added, over the weights that learn
    double *penalties            # (Σ N_{l-1}): what they are for every row of weights, or NULL
    double penalty               # OUT their sum times the samples of the batch, over the batches seen
    double clip_value, clip_norm     # the largest |g| and ‖g‖; infinity: no limit
    double max_norm              # the largest norm of the weights into a unit; infinity: no limit
    double *squares              # (Σ N_{l-1} + 1): Σ g² of every row and b^l of the gradient, where clip_norm asks
    double *norms                # (Σ N_l): of the weights into each unit
    void *average                # (n_parameters,): the mean of θ after each step, or NULL
    double decay                 # how slowly it forgets
