# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The matrix products of the passes, register-tiled. Compiled once per instruction set.

One loop nest, `product`, serves all three products of backpropagation (B samples, I units in, O out):

    forward    Z_BO = b_O + A_BI · W_IO        eq 1      A row by row,       W row by row
    backward   G_BI = D_BO · W_IOᵀ             eq 9      D row by row,       W column by column (packed)
    weights    G_IO = A_BIᵀ · D_BO             eq 13     A column by column, D row by row

It cuts the result into tiles of a few registers (tile.h), runs each over at most KC terms of the sum, and
visits tiles so that one panel of the right-hand matrix stays in the first-level cache. Large operands are
first copied ("packed") into panels read from front to back; below a measured size the copy costs more
than it saves. When a block of rows is complete, its activation (or derivative) is applied while the block
is still in cache: that is the `After` a caller hands in.

Nothing is allocated here: the caller brings the pack buffer. Nothing here needs the GIL.
An element's sum runs over k in an order that depends on K alone, so no blocking shows in the bits.
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.string cimport memcpy

from cbp_kernel cimport CBP_CHUNK_INVARIANT, CBP_OK, CBP_ROWWISE

ctypedef fused real:
    float
    double

cdef extern from "tile.h" nogil:
    const int TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
    Py_ssize_t tile_rows(Py_ssize_t remain)
    void tile_call(const void *C, Py_ssize_t row_bytes, int rows)
    void tile_f32(int rows, int cols, Py_ssize_t K, const float *A, Py_ssize_t a_i, Py_ssize_t a_k,
                  const float *B, Py_ssize_t ldb, const float *start, Py_ssize_t ld_start, const float *alpha,
                  float *C, Py_ssize_t ldc)
    void tile_f64(int rows, int cols, Py_ssize_t K, const double *A, Py_ssize_t a_i, Py_ssize_t a_k,
                  const double *B, Py_ssize_t ldb, const double *start, Py_ssize_t ld_start, const double *alpha,
                  double *C, Py_ssize_t ldc)
    void transpose4_f32(const float *source, Py_ssize_t ld_source, float *target, Py_ssize_t ld_target)
    void transpose4_f64(const double *source, Py_ssize_t ld_source, double *target, Py_ssize_t ld_target)

cdef enum:
    MC = 120    # rows of a block: MC·KC numbers of the left matrix stay in the second-level cache
    KC = 256    # terms summed in one go: a panel of KC rows fills half the first-level cache
    NC = 256    # columns of a block
    FAR = 1 << 18   # bytes: a larger result is called into the cache tile by tile


cdef inline Py_ssize_t pieces(Py_ssize_t whole, Py_ssize_t piece) noexcept nogil:
    """How many pieces of at most `piece` make up `whole`."""
    return (whole + piece - 1) // piece


cdef inline void tile(int rows, int cols, Py_ssize_t K, const real *A, Py_ssize_t a_i, Py_ssize_t a_k,
                      const real *B, Py_ssize_t ldb, const real *start, Py_ssize_t ld_start, const real *alpha,
                      real *C, Py_ssize_t ldc) noexcept nogil:
    if real is float:
        tile_f32(rows, cols, K, A, a_i, a_k, B, ldb, start, ld_start, alpha, C, ldc)
    else:
        tile_f64(rows, cols, K, A, a_i, a_k, B, ldb, start, ld_start, alpha, C, ldc)


cdef inline void pack_rows(Py_ssize_t M, Py_ssize_t K, const real *A, Py_ssize_t a_k,
                           real *panels) noexcept nogil:
    """Copy A[i + k·a_k], i < M, k < K, into panels of TILE_ROWS rows, each stored k by k."""
    cdef Py_ssize_t panel, i, k, whole = M // TILE_ROWS
    for k in range(K):
        for panel in range(whole):
            memcpy(&panels[(panel * K + k) * TILE_ROWS], &A[panel * TILE_ROWS], TILE_ROWS * sizeof(real))
        for i in range(whole * TILE_ROWS, M):
            panels[(whole * K + k) * TILE_ROWS + i - whole * TILE_ROWS] = A[i]
        A += a_k


cdef inline void pack_columns(Py_ssize_t K, Py_ssize_t N, const real *B, Py_ssize_t b_k,
                              real *panels) noexcept nogil:
    """Copy B[k·b_k + j], k < K, j < N, into panels of NR columns, each stored k by k. B is read row by row:
    down a column of a large matrix, every number would lie on a page of its own."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef Py_ssize_t panel, j, k, whole = N // NR
    for k in range(K):
        for panel in range(whole):
            memcpy(&panels[(panel * K + k) * NR], &B[panel * NR], NR * sizeof(real))
        for j in range(whole * NR, N):
            panels[(whole * K + k) * NR + j - whole * NR] = B[j]
        B += b_k


cdef inline void pack_transposed(Py_ssize_t K, Py_ssize_t N, const real *B, Py_ssize_t b_j,
                                 real *panels) noexcept nogil:
    """As pack_columns, of B[k + j·b_j]."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef Py_ssize_t panel, j
    for panel in range(pieces(N, NR)):
        j = panel * NR
        transpose(K, min(<Py_ssize_t>NR, N - j), &B[j * b_j], b_j, &panels[panel * K * NR], NR)


cdef inline void transpose(Py_ssize_t K, Py_ssize_t N, const real *B, Py_ssize_t ld_B,
                           real *panel, Py_ssize_t ld_panel) noexcept nogil:
    """panel[k, j] = B[j, k], k < K, j < N."""
    cdef Py_ssize_t j, k, quads_j = N // 4, quads_k = K // 4
    for j in range(quads_j):
        for k in range(quads_k):
            if real is float:
                transpose4_f32(&B[4 * j * ld_B + 4 * k], ld_B, &panel[4 * k * ld_panel + 4 * j], ld_panel)
            else:
                transpose4_f64(&B[4 * j * ld_B + 4 * k], ld_B, &panel[4 * k * ld_panel + 4 * j], ld_panel)
        for k in range(4 * quads_k, K):
            panel[k * ld_panel + 4 * j] = B[4 * j * ld_B + k]
            panel[k * ld_panel + 4 * j + 1] = B[(4 * j + 1) * ld_B + k]
            panel[k * ld_panel + 4 * j + 2] = B[(4 * j + 2) * ld_B + k]
            panel[k * ld_panel + 4 * j + 3] = B[(4 * j + 3) * ld_B + k]
    for j in range(4 * quads_j, N):
        for k in range(K):
            panel[k * ld_panel + j] = B[j * ld_B + k]


cdef void finish(After *after, const real *C, Py_ssize_t rows, Py_ssize_t cols,
                 Py_ssize_t offset, Py_ssize_t ld) noexcept nogil:
    """Apply the activation, or its derivative, to the block at `offset` of the product C."""
    cdef int status
    if real is float:
        if after.direction == 1:
            status = after.sigma.fwd_f32(&C[offset], &(<float *>after.out)[offset],
                                         rows, cols, ld, after.ctx)
        else:
            status = after.sigma.bwd_f32(&(<const float *>after.z)[offset], &(<const float *>after.a)[offset],
                                         &C[offset], &(<float *>after.out)[offset], rows, cols, ld, after.ctx)
    else:
        if after.direction == 1:
            status = after.sigma.fwd_f64(&C[offset], &(<double *>after.out)[offset],
                                         rows, cols, ld, after.ctx)
        else:
            status = after.sigma.bwd_f64(&(<const double *>after.z)[offset], &(<const double *>after.a)[offset],
                                         &C[offset], &(<double *>after.out)[offset], rows, cols, ld, after.ctx)
    if status != CBP_OK:
        after.status = status


cdef inline bint by_blocks(const After *after) noexcept nogil:
    """Whether the activation may see the product block by block."""
    return (after.sigma.head.hints & CBP_CHUNK_INVARIANT) and not (after.sigma.head.hints & CBP_ROWWISE)


cdef inline void sweep(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                       const real *A, Py_ssize_t a_i, Py_ssize_t a_k, bint packed_A,
                       const real *B, Py_ssize_t b_k, Py_ssize_t b_panel,
                       const real *start, Py_ssize_t ld_start, const real *alpha,
                       real *C, Py_ssize_t ldc, bint far) noexcept nogil:
    """One block of C, tile by tile, panel of B by panel of B. A packed panel holds TILE_ROWS rows."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef Py_ssize_t q, i, j, rows
    for q in range(pieces(N, NR)):
        j = q * NR
        i = 0
        while i < M:
            rows = min(M - i, <Py_ssize_t>TILE_ROWS) if packed_A else tile_rows(M - i)
            if far:
                tile_call(&C[i * ldc + j], ldc * sizeof(real), <int>rows)
            tile(<int>rows, <int>min(<Py_ssize_t>NR, N - j), K, A + i * a_i, 1 if packed_A else a_i, a_k,
                 &B[q * b_panel], b_k, &start[i * ld_start + j] if start != NULL else NULL, ld_start, alpha,
                 &C[i * ldc + j], ldc)
            i += rows


cdef void product(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                  const real *A, Py_ssize_t a_i, Py_ssize_t a_k,   # IN  A[i, k] = A[i·a_i + k·a_k]
                  const real *B, Py_ssize_t b_k, Py_ssize_t b_j,   # IN  B[k, j] = B[k·b_k + j·b_j]
                  const real *bias,                                # IN  (N,) or NULL; with alpha, NULL
                  const real *alpha, bint add,                     # IN  alpha or NULL
                  real *C,                                         # OUT (M, N): bias + A·B; add·C + alpha·A·B
                  real *pack,                                      # work: pack_size numbers
                  After *after) noexcept nogil:                    # IN/OUT or NULL
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef bint pack_A = a_k != 1 and M > 1 and K * M * sizeof(real) > 1 << 17
    cdef bint pack_B = b_j != 1 or (M > 24 and K * N > 16384)
    cdef bint far = M * N * sizeof(real) > FAR
    cdef bint blocks = after != NULL and by_blocks(after)
    cdef const real *left
    cdef const real *right
    cdef real *packed_A = pack + KC * NC
    cdef Py_ssize_t step = K if K <= KC else pieces(K, pieces(K, KC))    # equal parts: a short last one is slow
    cdef Py_ssize_t p, q, s, ic, jc, kc, m, n, k, l_i, l_k, r_k, r_panel
    cdef const real *start
    cdef Py_ssize_t ld_start
    if K <= KC and N <= NC and M <= MC and not (pack_A or pack_B):    # one block, as it lies: small networks
        start, ld_start = bias, 0
        if add:
            start, ld_start = C, N
        sweep(M, N, K, A, a_i, a_k, False, B, b_k, NR, start, ld_start, alpha, C, N, False)
        if after != NULL:
            finish(after, C, M, N, 0, N)
        return
    for q in range(pieces(N, NC)):
        jc = q * NC
        n = min(<Py_ssize_t>NC, N - jc)
        for s in range(pieces(K, step)):
            kc = s * step
            k = min(step, K - kc)
            right, r_k, r_panel = &B[kc * b_k + jc * b_j], b_k, NR
            if pack_B:
                if b_j == 1:
                    pack_columns(k, n, right, b_k, pack)
                else:
                    pack_transposed(k, n, right, b_j, pack)
                right, r_k, r_panel = pack, NR, k * NR
            for p in range(pieces(M, MC)):
                ic = p * MC
                m = min(<Py_ssize_t>MC, M - ic)
                left, l_i, l_k = &A[ic * a_i + kc * a_k], a_i, a_k
                if pack_A:
                    pack_rows(m, k, left, a_k, packed_A)
                    left, l_i, l_k = packed_A, k, TILE_ROWS
                start, ld_start = &C[ic * N + jc], N
                if kc == 0 and not add:
                    start, ld_start = &bias[jc] if bias != NULL else NULL, 0
                sweep(m, n, k, left, l_i, l_k, pack_A, right, r_k, r_panel, start, ld_start, alpha,
                      &C[ic * N + jc], N, far)
                if blocks and kc + k == K:
                    finish(after, C, m, n, ic * N + jc, N)
    if after != NULL and not blocks:
        finish(after, C, M, N, 0, N)


cdef void scale_rows(real *D, Py_ssize_t B, Py_ssize_t O,          # IN/OUT (B, O)
                     const real *weights) noexcept nogil:          # IN (B,)
    cdef Py_ssize_t b, o
    for b in range(B):
        for o in range(O):
            D[b * O + o] *= weights[b]


cdef Tiles the_table
the_table.product_f32 = product[float]
the_table.product_f64 = product[double]
the_table.scale_rows_f32 = scale_rows[float]
the_table.scale_rows_f64 = scale_rows[double]
the_table.pack_size = KC * NC + MC * KC

table = PyCapsule_New(&the_table, "cbp.core.tiles", NULL)
