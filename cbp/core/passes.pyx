# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The passes: feed-forward and backpropagation, in the order of the six steps of the paper's section 5.

    1, 2   feed_forward      a^l = σ(z^l),  z^{l+1} = W^{l+1}·a^l + b^{l+1}            eqs 1, 2
    3, 4   backpropagate     δ^L = δC/δa^L · δa^L/δz^L,  δ^l = δ^{l+1}·W^{l+1}·σ′(z^l)  eqs 5, 9
    5, 6   differentiate     δC/δW^l = a^{l-1} ⊗ δ^l,  δC/δb^l = δ^l                    eqs 13, 15

In training, some units of a^l may be dropped: ã^l = m^l ⊙ a^l takes its place in φ^{l+1}, so in eqs 1 and 13, and
m^l goes before σ′ into eq 9. Everywhere else ã^l is a^l.

A batch of B samples is stacked as rows, so z^l, a^l and δ^l are (B, N_l) matrices and eqs 13 and 15 sum over
the batch. Memory, all brought by the caller as contiguous vectors (plan and epoch, the core's doors to Python,
take typed memoryviews and hand on where they begin, for a thread can be handed pointers):

    X, targets (B, N_1) and (B, N_L): the paper's z^1 and λ
    theta      every W^l as a (N_{l-1}, N_l) block, the paper's derivative shape, followed by its b^l
    gradient   the same layout
    work       C per sample, a scratch matrix, z^l, a^l, δ^l of each layer, then a pack buffer per thread

Each of these has a vector register's worth of slack behind it (see tile.h). A pass allocates nothing and runs
without the GIL; a kernel that fails stops it with its status and leaves its layer in `share.failed`. It changes
nothing of the network, which any number of calls may use at once.

Several threads do a pass together, each its `Share`: feed_forward, measure and backpropagate go sample by
sample, so a share is some rows and needs nothing of the others'; differentiate sums over all samples, so its
share is some rows of every gradient, after all threads have met. An element's sum is the same in any share.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.string cimport memcpy, memset

from cbp_kernel cimport CBP_IN_PLACE, CBP_OK, cbp_activation

from .chance cimport Chance
from .team cimport begin_of
from .tiles cimport After, Tiles

from . import isa

cdef const Tiles *tiles = <const Tiles *>PyCapsule_GetPointer(isa.tiles.table, "cbp.core.tiles")
cdef const Chance *chance = <const Chance *>PyCapsule_GetPointer(isa.chance.table, "cbp.core.chance")


# ---- the workspace: where each matrix of a pass over `rows` samples lies -----------------------------------

cdef Py_ssize_t work_size(const Net *net, Py_ssize_t rows, int threads) noexcept nogil:
    return place(rows, net.columns) + threads * tiles.pack_size


cdef Py_ssize_t place(Py_ssize_t rows, Py_ssize_t column) noexcept nogil:
    """Where the matrix at `column` begins; columns are padded so that each begins on a cache line."""
    return (rows + 15) // 16 * 16 * column


cdef inline real *matrix(real *work, const Share *share, Py_ssize_t column, Py_ssize_t size) noexcept nogil:
    """The first row of this share of the (rows, size) matrix at `column`."""
    return work + place(share.rows, column) + share.first * size


cdef inline real *pack_of(const Net *net, real *work, const Share *share) noexcept nogil:
    return work + place(share.rows, net.columns) + share.thread * tiles.pack_size


cdef inline const real *z_of(const Net *net, int l, const real *X, real *work, const Share *share) noexcept nogil:
    """z^l; layer 1's is X."""
    cdef Py_ssize_t N = net.layer[l].size
    return X + share.first * N if l == 1 else matrix(work, share, net.layer[l].z, N)


cdef inline const real *a_of(const Net *net, int l, const real *X, real *work, const Share *share) noexcept nogil:
    """a^l; layer 1's is X itself where no σ is applied to the input."""
    if l == 1 and net.input_identity:
        return X + share.first * net.layer[1].size
    return matrix(work, share, net.layer[l].a, net.layer[l].size)


cdef inline const real *read_of(const Net *net, int l, const real *X, real *work, const Share *share) noexcept nogil:
    """ã^l, what layer l+1 reads: a^l itself unless some of it is dropped."""
    if l == 1 and net.input_identity and not net.layer[1].mask:
        return X + share.first * net.layer[1].size
    return matrix(work, share, net.layer[l].read, net.layer[l].size)


cdef inline real *scratch_of(const Net *net, real *work, const Share *share) noexcept nogil:
    """Room for a matrix of any layer's width; no two shares' overlap, whichever layers they are at."""
    return matrix(work, share, net.scratch, net.widest)


cdef inline real *delta_of(const Net *net, int l, real *work, const Share *share) noexcept nogil:
    return matrix(work, share, net.layer[l].delta, net.layer[l].size)


# ---- one call per product, float or double --------------------------------------------------------------

cdef inline void product(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K, const real *A, Py_ssize_t a_i,
                         Py_ssize_t a_k, const real *B, Py_ssize_t b_k, Py_ssize_t b_j, const real *bias,
                         const real *alpha, bint add, real *C, real *pack, After *after) noexcept nogil:
    if real is float:
        tiles.product_f32(M, N, K, A, a_i, a_k, B, b_k, b_j, bias, alpha, add, C, pack, after)
    else:
        tiles.product_f64(M, N, K, A, a_i, a_k, B, b_k, b_j, bias, alpha, add, C, pack, after)


cdef inline int forward_product(const real *A_BI, const real *W_IO, const real *b_O,      # IN
                                Py_ssize_t B, Py_ssize_t I, Py_ssize_t O, After *sigma,   # IN
                                real *Z_BO, real *pack) noexcept nogil:                   # OUT
    """Z = A·W + b, then a = σ(Z): eq 1."""
    product(B, O, I, A_BI, I, 1, W_IO, O, 1, b_O, <const real *>NULL, False, Z_BO, pack, sigma)
    return sigma.status


cdef inline int backward_product(const real *D_BO, const real *W_IO,                      # IN
                                 Py_ssize_t B, Py_ssize_t I, Py_ssize_t O, After *sigma,  # IN
                                 real *G_BI, real *pack) noexcept nogil:                  # OUT
    """G = Δ·Wᵀ, then δ = G·σ′(z): eq 9."""
    product(B, I, O, D_BO, O, 1, W_IO, 1, O, <const real *>NULL, <const real *>NULL, False, G_BI, pack, sigma)
    return sigma.status


cdef int backward_dropped(const real *D_BO, const real *W_IO, const real *m_BI,           # IN
                          Py_ssize_t B, Py_ssize_t I, Py_ssize_t O, After *sigma,         # IN
                          real *G_BI, real *pack) noexcept nogil:                         # OUT
    """G = m ⊙ Δ·Wᵀ, then δ = G·σ′(z). The whole product comes before σ′, which may need its rows."""
    product(B, I, O, D_BO, O, 1, W_IO, 1, O, <const real *>NULL, <const real *>NULL, False, G_BI, pack, NULL)
    apply_mask(m_BI, G_BI, B * I, G_BI)
    return derive_sigma(sigma.sigma, sigma.ctx, B, I, <const real *>sigma.z, <const real *>sigma.a, G_BI,
                        <real *>sigma.out)


cdef inline void weight_product(const real *A_BI, Py_ssize_t ld_A, const real *D_BO,      # IN
                                Py_ssize_t B, Py_ssize_t I, Py_ssize_t O,                 # IN
                                real alpha, bint add, real *G_IO, real *pack) noexcept nogil:  # IN/OUT
    """G = add·G + alpha·Aᵀ·Δ: eq 13, summed over the batch. A single column is computed as the row it is."""
    if O == 1:
        product(1, I, B, D_BO, 1, 1, A_BI, ld_A, 1, <const real *>NULL, &alpha, add, G_IO, pack, NULL)
        return
    product(I, O, B, A_BI, 1, ld_A, D_BO, O, 1, <const real *>NULL, &alpha, add, G_IO, pack, NULL)


cdef inline void bias_sum(const real *D_BO, Py_ssize_t B, Py_ssize_t O,                   # IN
                          real alpha, bint add, real *g_O) noexcept nogil:                # IN/OUT
    """g = add·g + alpha·1ᵀ·Δ: eq 15, summed over the batch. The ones are the paper's '1' nodes."""
    if real is float:
        tiles.sums_f32(B, O, D_BO, alpha, add, g_O)
    else:
        tiles.sums_f64(B, O, D_BO, alpha, add, g_O)


cdef inline After after_forward(const Layer *layer, void *a) noexcept nogil:
    return After(1, layer.sigma, layer.ctx, NULL, NULL, a, CBP_OK)


cdef inline After after_backward(const Layer *layer, const void *z, const void *a, void *delta) noexcept nogil:
    return After(-1, layer.sigma, layer.ctx, z, a, delta, CBP_OK)


# ---- dropout: m^l is 0 with the layer's probability, else 1/(1 - that) -------------------------------------

cdef void drop(const Net *net, int l, const real *a, real *work, const Share *share) noexcept nogil:
    """Draw m^l, and ã^l = m^l ⊙ a^l. A sample's row depends on the key, its place in the epoch, and l alone."""
    cdef const Layer *layer = &net.layer[l]
    cdef real *m = matrix(work, share, layer.mask, layer.size)
    cdef Py_ssize_t i
    for i in range(share.count):
        if real is float:
            chance.mask_f32(share.key, share.seen + share.first + i, l, layer.drop, layer.size, m + i * layer.size)
        else:
            chance.mask_f64(share.key, share.seen + share.first + i, l, layer.drop, layer.size, m + i * layer.size)
    apply_mask(m, a, share.count * layer.size, matrix(work, share, layer.read, layer.size))


cdef inline void apply_mask(const real *m, const real *x, Py_ssize_t n, real *out) noexcept nogil:
    if real is float:
        chance.apply_f32(m, x, n, out)
    else:
        chance.apply_f64(m, x, n, out)


# ---- forward and backward ------------------------------------------------------------------------------

cdef int feed_forward(const Net *net,
                      const real *X,                              # IN  (B, N_1), the paper's z^1
                      const real *theta,                          # IN
                      real *work,                                 # OUT z^l and a^l of every layer
                      Share *share) noexcept nogil:
    """Steps 1 and 2: a^l = σ(z^l) and z^{l+1} = W^{l+1}·a^l + b^{l+1}, l = 1 .. L-1, and a^L = σ(z^L)."""
    cdef Py_ssize_t B = share.count
    cdef const Layer *layer = net.layer
    cdef real *pack = pack_of(net, work, share)
    cdef After sigma
    cdef int l, status
    if not net.input_identity:
        status = apply_sigma(&layer[1], B, z_of(net, 1, X, work, share), matrix(work, share, layer[1].a, layer[1].size))
        if status != CBP_OK:
            share.failed = 1
            return status
    if layer[1].mask:
        drop(net, 1, a_of(net, 1, X, work, share), work, share)
    for l in range(2, net.L + 1):
        sigma = after_forward(&layer[l], matrix(work, share, layer[l].a, layer[l].size))
        status = forward_product(read_of(net, l - 1, X, work, share), theta + layer[l].W, theta + layer[l].b,
                                 B, layer[l - 1].size, layer[l].size, &sigma,
                                 matrix(work, share, layer[l].z, layer[l].size), pack)
        if status != CBP_OK:
            share.failed = l
            return status
        if layer[l].mask:                                         # ã^l = m^l ⊙ a^l
            drop(net, l, a_of(net, l, X, work, share), work, share)
    return CBP_OK


cdef int backpropagate(const Net *net,
                       const real *X,                             # IN  (B, N_1)
                       const real *targets,                       # IN  (B, N_L), the paper's λ
                       const real *weights,                       # IN  (B,) or NULL for ones
                       const real *theta,                         # IN
                       real *work,                                # IN/OUT δ^l of every layer >= lowest
                       int lowest,
                       Share *share) noexcept nogil:
    """Steps 3 and 4: δ^L (eq 5), then δ^l from δ^{l+1} (eq 9), l = L-1 .. lowest.

    Sample i's row of δ^l is its δC_l/δz^l times its weight."""
    cdef int status = output_delta(net, targets, work, share)     # δ^L = [δC/δa^L]·[δa^L/δz^L]
    if status != CBP_OK:
        return status
    return from_output(net, X, weights, theta, work, lowest, share)


cdef int backpropagate_output(const Net *net,
                              Py_ssize_t j,                       # IN  a column of a^L
                              const real *X,                      # IN  (B, N_1)
                              const real *weights,                # IN  (B,) or NULL for ones
                              const real *theta,                  # IN
                              real *work,                         # IN/OUT δ^l of every layer >= lowest
                              int lowest,
                              Share *share) noexcept nogil:
    """Steps 3 and 4 with the output a_j^L in the place of C: sample i's row of δ^l is δa_j^L/δz^l."""
    cdef const Layer *last = &net.layer[net.L]
    cdef Py_ssize_t i, B = share.count, N = last.size
    cdef real *da = scratch_of(net, work, share)
    cdef int status
    memset(da, 0, B * N * sizeof(real))
    for i in range(B):
        da[i * N + j] = 1
    status = derive_sigma(last.sigma, last.ctx, B, N, matrix(work, share, last.z, N), matrix(work, share, last.a, N),
                          da, matrix(work, share, last.delta, N))
    if status != CBP_OK:
        share.failed = net.L
        return status
    return from_output(net, X, weights, theta, work, lowest, share)


cdef int from_output(const Net *net, const real *X, const real *weights, const real *theta, real *work, int lowest,
                     Share *share) noexcept nogil:
    """Step 4, from δ^L that is not weighted yet."""
    cdef Py_ssize_t B = share.count
    cdef const Layer *layer = net.layer
    cdef real *pack = pack_of(net, work, share)
    cdef After sigma
    cdef int l, status
    if weights != NULL:
        scale_rows(delta_of(net, net.L, work, share), B, layer[net.L].size, weights + share.first)
    for l in range(net.L - 1, lowest - 1, -1):                    # δ^l = δ^{l+1}·W^{l+1}·diag σ′(z^l)
        sigma = after_backward(&layer[l], z_of(net, l, X, work, share), a_of(net, l, X, work, share),
                               delta_of(net, l, work, share))
        if layer[l].mask:                                         # (m^l ⊙ δ^{l+1}·W^{l+1})·diag σ′(z^l)
            status = backward_dropped(delta_of(net, l + 1, work, share), theta + layer[l + 1].W,
                                      matrix(work, share, layer[l].mask, layer[l].size),
                                      B, layer[l].size, layer[l + 1].size, &sigma,
                                      product_of(net, l, work, share), pack)
        else:
            status = backward_product(delta_of(net, l + 1, work, share), theta + layer[l + 1].W,
                                      B, layer[l].size, layer[l + 1].size, &sigma,
                                      product_of(net, l, work, share), pack)
        if status != CBP_OK:
            share.failed = l
            return status
    return CBP_OK


cdef void differentiate(const Net *net,
                        const real *X,                            # IN  (B, N_1)
                        real *work,                               # IN  a^l and δ^l
                        real alpha, bint add,                     # IN
                        real *gradient,                           # IN/OUT add·gradient + alpha·[δC/δθ]
                        const Share *share) noexcept nogil:
    """Steps 5 and 6: [δC/δW^l] = a^{l-1} ⊗ δ^l (eq 13) and [δC/δb^l] = δ^l (eq 15), l = L .. 2.

    alpha = 1 gives the sum over the batch, 1/Σ weights its mean; with alpha = -η, or -η/Σ weights, add
    and the parameters for `gradient` this is a step of gradient descent."""
    cdef Share batch = all_of(share.rows)
    cdef const Layer *layer = net.layer
    cdef real *pack = pack_of(net, work, share)
    cdef const real *delta
    cdef Py_ssize_t i, I, O
    cdef int l
    for l in range(net.L, 1, -1):
        if layer[l].frozen:
            continue
        O = layer[l].size
        i = begin_of(layer[l - 1].size, share.thread, share.threads)
        I = begin_of(layer[l - 1].size, share.thread + 1, share.threads) - i
        delta = delta_of(net, l, work, &batch)
        if I:                                                     # none where there are more threads than rows
            weight_product(read_of(net, l - 1, X, work, &batch) + i, layer[l - 1].size, delta, share.rows, I, O,
                           alpha, add, gradient + layer[l].W + i * O, pack)
        if l % share.threads == share.thread:
            bias_sum(delta, share.rows, O, alpha, add, gradient + layer[l].b)


cdef void differentiate_sample(const Net *net, const real *X, real *work, Py_ssize_t i, bint learning,
                               real *gradient,                    # OUT δC_i/δθ, or of the layers that learn
                               const Share *share) noexcept nogil:
    """Steps 5 and 6 for sample i of the batch alone; frozen layers get zeros, or where only those that are
    `learning` are wanted, no place."""
    cdef Share sample = Share(share.rows, i, 1, share.thread, share.threads, 0, 0, 0)
    cdef const Layer *layer = net.layer
    cdef Py_ssize_t I, O
    cdef const real *delta
    cdef int l
    for l in range(2, net.L + 1):
        I, O = layer[l - 1].size, layer[l].size
        if layer[l].frozen and learning:
            continue
        if layer[l].frozen:
            memset(gradient, 0, (I + 1) * O * sizeof(real))
        else:
            delta = delta_of(net, l, work, &sample)
            weight_product(read_of(net, l - 1, X, work, &sample), I, delta, 1, I, O, <real>1, False, gradient,
                           pack_of(net, work, share))
            memcpy(gradient + I * O, delta, O * sizeof(real))
        gradient += (I + 1) * O


cdef int jacobian(const Net *net,
                  const real *X,                                  # IN  (B, N_1)
                  const real *weights,                            # IN  (B,) or NULL for ones
                  const real *theta,                              # IN
                  real *work,
                  bint learning,                                  # IN  as differentiate_sample
                  real *J, Py_ssize_t ld,                         # OUT (B·N_L, ld): weights·[δa^L/δθ]
                  Share *share) noexcept nogil:
    """The derivatives of every output by every parameter: six steps for each output, with it in the place of C."""
    cdef Py_ssize_t i, j, O = net.layer[net.L].size
    cdef int lowest = lowest_layer(net)
    cdef int status = feed_forward(net, X, theta, work, share)
    for j in range(O):
        if status == CBP_OK:
            status = backpropagate_output(net, j, X, weights, theta, work, lowest, share)
        if status != CBP_OK:
            return status
        for i in range(share.first, share.first + share.count):
            differentiate_sample(net, X, work, i, learning, J + (i * O + j) * ld, share)
    return CBP_OK


cdef int output_delta(const Net *net, const real *targets, real *work, Share *share) noexcept nogil:
    """Step 3, eq 5, unscaled: through the fused pair where there is one, else δC/δa^L and then σ′."""
    cdef const Layer *last = &net.layer[net.L]
    cdef Py_ssize_t B = share.count, N = last.size
    cdef const real *y = targets + share.first * N
    cdef real *z = matrix(work, share, last.z, N)
    cdef real *a = matrix(work, share, last.a, N)
    cdef real *delta = matrix(work, share, last.delta, N)
    cdef real *da = scratch_of(net, work, share)
    cdef int status
    share.failed = 0
    if net.fused:
        if real is float:
            return net.cost.fused_grad_f32(z, a, y, delta, B, N, N, net.cost_ctx)
        else:
            return net.cost.fused_grad_f64(z, a, y, delta, B, N, N, net.cost_ctx)
    if real is float:
        status = net.cost.grad_f32(a, y, da, B, N, N, net.cost_ctx)
    else:
        status = net.cost.grad_f64(a, y, da, B, N, N, net.cost_ctx)
    if status != CBP_OK:
        return status
    share.failed = net.L
    return derive_sigma(last.sigma, last.ctx, B, N, z, a, da, delta)


cdef int measure(const Net *net, const real *targets, real *work, Share *share) noexcept nogil:
    """C of each sample after feed_forward, unweighted, into the first column of the workspace."""
    cdef const Layer *last = &net.layer[net.L]
    cdef Py_ssize_t B = share.count, N = last.size
    cdef const real *y = targets + share.first * N
    cdef real *z = matrix(work, share, last.z, N)
    cdef real *a = matrix(work, share, last.a, N)
    cdef real *C = matrix(work, share, 0, 1)
    share.failed = 0
    if net.fused:
        if real is float:
            return net.cost.fused_value_f32(z, a, y, C, B, N, N, net.cost_ctx)
        else:
            return net.cost.fused_value_f64(z, a, y, C, B, N, N, net.cost_ctx)
    if real is float:
        return net.cost.value_f32(a, y, C, B, N, N, net.cost_ctx)
    else:
        return net.cost.value_f64(a, y, C, B, N, N, net.cost_ctx)


cdef inline int apply_sigma(const Layer *layer, Py_ssize_t B, const real *z, real *a) noexcept nogil:
    if real is float:
        return layer.sigma.fwd_f32(z, a, B, layer.size, layer.size, layer.ctx)
    else:
        return layer.sigma.fwd_f64(z, a, B, layer.size, layer.size, layer.ctx)


cdef inline int derive_sigma(const cbp_activation *sigma, const void *ctx, Py_ssize_t B, Py_ssize_t N,
                             const real *z, const real *a, const real *g, real *delta) noexcept nogil:
    """δ = g·σ′(z)"""
    if real is float:
        return sigma.bwd_f32(z, a, g, delta, B, N, N, ctx)
    else:
        return sigma.bwd_f64(z, a, g, delta, B, N, N, ctx)


cdef inline void scale_rows(real *D, Py_ssize_t B, Py_ssize_t O, const real *weights) noexcept nogil:
    if real is float:
        tiles.scale_rows_f32(D, B, O, weights)
    else:
        tiles.scale_rows_f64(D, B, O, weights)


cdef inline real *product_of(const Net *net, int l, real *work, const Share *share) noexcept nogil:
    """Where δ^{l+1}·W^{l+1} goes: to δ^l itself if its derivative can be applied in place."""
    if net.layer[l].sigma.head.hints & CBP_IN_PLACE:
        return delta_of(net, l, work, share)
    return scratch_of(net, work, share)


cdef int lowest_layer(const Net *net) noexcept nogil:
    """The lowest layer that learns; L + 1 if none does."""
    cdef int l
    for l in range(2, net.L + 1):
        if not net.layer[l].frozen:
            return l
    return net.L + 1
