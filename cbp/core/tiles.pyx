# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The matrix products of the passes, register-tiled. Compiled once per instruction set.

One loop nest, `product`, serves all three products of backpropagation (B samples, I units in, O out):

    forward    Z_BO = b_O + A_BI · W_IO        eq 1      A row by row,       W row by row
    backward   G_BI = D_BO · W_IOᵀ             eq 9      D row by row,       W column by column (packed)
    weights    G_IO = A_BIᵀ · D_BO             eq 13     A column by column, D row by row

It cuts the result into tiles of a few registers (tile.h), runs each over at most KC terms of the sum, and
visits tiles so that one panel of the right-hand matrix stays in the first-level cache; where all of that
matrix does, a weight gradient is gone through row by row instead. Large operands are copied ("packed") into
panels read from front to back as they come into use; below a measured size the copy costs more than it saves.
What is far away, a large result or the next panel, the tiles call while they sum.
When a block of rows is complete, its activation (or derivative) is applied while the block is still in cache:
that is the `After` a caller hands in.

Nothing is allocated here: the caller brings the pack buffer. Nothing here needs the GIL.
An element's sum runs over k in an order that depends on K, and on whether it stands in a single column, alone: no
blocking shows in the bits.
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.string cimport memcpy

from cbp_kernel cimport CBP_CHUNK_INVARIANT, CBP_OK, CBP_ROWWISE

ctypedef fused real:
    float
    double

cdef extern from "tile.h" nogil:
    const int TILE_ROWS, TILE_VECTORS, VECTOR_BYTES, FAR
    Py_ssize_t tile_rows(Py_ssize_t remain)
    ctypedef struct Tile:
        Py_ssize_t K, a_i, a_k
        const void *B
        Py_ssize_t ldb
        void *panel
        Py_ssize_t ld_start, ldc
        const void *alpha
        bint calls
        const void *soon[2]
        Py_ssize_t step[2]
    void tile_f32(const Tile *tile, int rows, int cols, const float *A, const float *start, float *C)
    void tile_f64(const Tile *tile, int rows, int cols, const double *A, const double *start, double *C)
    void row_f32(Py_ssize_t K, Py_ssize_t N, const float *a, Py_ssize_t a_k, const float *B, Py_ssize_t ldb,
                 const float *start, const float *alpha, float *C)
    void row_f64(Py_ssize_t K, Py_ssize_t N, const double *a, Py_ssize_t a_k, const double *B, Py_ssize_t ldb,
                 const double *start, const double *alpha, double *C)
    void dots_f32(Py_ssize_t M, Py_ssize_t K, const float *A, Py_ssize_t a_i, const float *b, float start, float *c)
    void dots_f64(Py_ssize_t M, Py_ssize_t K, const double *A, Py_ssize_t a_i, const double *b, double start, double *c)
    void sum_rows_f32(Py_ssize_t K, Py_ssize_t N, const float *D, float alpha, bint add, float *g)
    void sum_rows_f64(Py_ssize_t K, Py_ssize_t N, const double *D, double alpha, bint add, double *g)
    int take_f32(Py_ssize_t n, const float *source, const float *next, float *target)
    int take_f64(Py_ssize_t n, const double *source, const double *next, double *target)
    void transpose4_f32(const float *source, Py_ssize_t ld_source, float *target, Py_ssize_t ld_target)
    void transpose4_f64(const double *source, Py_ssize_t ld_source, double *target, Py_ssize_t ld_target)

cdef enum:
    MC = 264    # rows of a block: MC·KC numbers of the left matrix stay in the second-level cache
    KC = 256    # terms summed in one go: a panel of KC rows fills most of the first-level cache
    NC = 1024   # columns of a block
    LONG = 128  # terms: while a shorter sum runs, calling what is far away costs more than it hides
    LARGE = 1 << 17  # bytes: of a left matrix by columns, a larger one is packed
    NEAR = 1 << 14   # bytes: of a result that σ is applied to, rows that stay in the first-level cache meanwhile
    PAGE = 4096     # bytes: rows that lie whole pages apart share one set of the first-level cache


cdef inline Py_ssize_t pieces(Py_ssize_t whole, Py_ssize_t piece) noexcept nogil:
    """How many pieces of at most `piece` make up `whole`."""
    return (whole + piece - 1) // piece


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


cdef inline void copy_rows(Py_ssize_t M, Py_ssize_t K, const real *A, Py_ssize_t a_i,
                           real *rows, Py_ssize_t ld) noexcept nogil:
    """Copy A[i·a_i + k], i < M, k < K, to rows that lie ld apart."""
    cdef Py_ssize_t i
    for i in range(M):
        memcpy(&rows[i * ld], &A[i * a_i], K * sizeof(real))


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


cdef inline const void *next_rows(const real *B, Py_ssize_t b_k, Py_ssize_t b_j, Py_ssize_t K,
                                  Py_ssize_t t) noexcept nogil:
    """What tile t is to call of the panel B, the next to be packed: TILE_ROWS rows of it, as they lie in memory,
    TILE_VECTORS vectors wide; NULL when all is called."""
    cdef Py_ssize_t width = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef Py_ssize_t strips = pieces(width, TILE_ROWS)
    cdef Py_ssize_t k = t * TILE_ROWS if b_j == 1 else t // strips * width
    if k >= K:
        return NULL
    return &B[k * b_k] if b_j == 1 else &B[t % strips * TILE_ROWS * b_j + k]


cdef inline void run_tile(const Tile *tile, Py_ssize_t rows, Py_ssize_t cols, const real *A, const real *start,
                          real *C) noexcept nogil:
    if real is float:
        tile_f32(tile, <int>rows, <int>cols, A, start, C)
    else:
        tile_f64(tile, <int>rows, <int>cols, A, start, C)


cdef inline void sweep(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                       const real *A, Py_ssize_t a_i, Py_ssize_t a_k, bint packed_A,
                       const real *B, Py_ssize_t b_k, Py_ssize_t b_j, Py_ssize_t b_panel,
                       real *panels, Py_ssize_t panel_step, const real *start, Py_ssize_t ld_start, const real *alpha,
                       real *C, Py_ssize_t ldc, bint far) noexcept nogil:
    """One block of C, tile by tile, panel of B by panel of B. A packed panel of A holds TILE_ROWS rows.

    Where there are `panels`, each panel of B is packed into them just before it is used; where no other block of C will
    read it, `panel_step` is 0 and the next one takes its place. One that lies row by row is copied by the first tile
    as it reads it, which waits for its multipliers anyway."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef Py_ssize_t q, t, i, j, rows, cols
    cdef Tile tile
    cdef Py_ssize_t step = a_i    # from row to row of A; in a packed panel, rows stand one beside the other
    cdef bint call_C = far and K >= LONG
    cdef bint call_B = panels != NULL and K * N * sizeof(real) > 2 * FAR
    if packed_A:
        a_i = 1
    tile.K, tile.a_i, tile.a_k, tile.alpha = K, a_i, a_k, alpha
    tile.ld_start, tile.ldc, tile.calls = ld_start, ldc, call_C or call_B
    tile.step[0], tile.step[1] = ldc * sizeof(real), (b_k if b_j == 1 else b_j) * sizeof(real)
    for q in range(pieces(N, NR)):
        j = q * NR
        i, t, cols = 0, 0, min(<Py_ssize_t>NR, N - j)
        tile.B, tile.ldb, tile.panel = &B[q * b_panel], b_k, NULL
        if panels != NULL and b_j == 1:
            tile.panel = &panels[q * panel_step]
        elif panels != NULL:
            transpose(K, cols, &B[q * b_panel], b_j, &panels[q * panel_step], NR)
            tile.B, tile.ldb = &panels[q * panel_step], NR
        while i < M:
            rows = min(M - i, <Py_ssize_t>TILE_ROWS) if packed_A else tile_rows(M - i)
            if tile.calls:
                tile.soon[0] = &C[i * ldc + j] if call_C else NULL
                tile.soon[1] = NULL
                if call_B and j + NR < N:
                    tile.soon[1] = next_rows(&B[(q + 1) * b_panel], b_k, b_j, K, t)
            run_tile(&tile, rows, cols, A + i * step, &start[i * ld_start + j] if start != NULL else NULL,
                     &C[i * ldc + j])
            if tile.panel != NULL:
                tile.B, tile.ldb, tile.panel = tile.panel, NR, NULL
            i, t = i + rows, t + 1


cdef void sweep_rows(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K, const real *A, Py_ssize_t a_k,
                     const real *B, Py_ssize_t b_k, const real *start, const real *alpha, real *C) noexcept nogil:
    """C = start + alpha·A·B, A by columns, where B stays in the first-level cache: C comes and goes in the order in
    which it lies, a strip of rows at a time."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef Py_ssize_t i = 0, j, q, rows
    cdef Tile tile
    tile.K, tile.a_i, tile.a_k, tile.alpha = K, 1, a_k, alpha
    tile.ldb, tile.panel, tile.ld_start, tile.ldc, tile.calls = b_k, NULL, N, N, False
    while i < M:
        rows = tile_rows(M - i)
        for q in range(pieces(N, NR)):
            j = q * NR
            tile.B = &B[j]
            run_tile(&tile, rows, min(<Py_ssize_t>NR, N - j), &A[i], &start[i * N + j] if start != NULL else NULL,
                     &C[i * N + j])
        i += rows


cdef inline Py_ssize_t part_of(Py_ssize_t K) noexcept nogil:
    """How many terms are summed in one go: equal parts, for a short last one is slow."""
    return K if K <= KC else pieces(K, pieces(K, KC))


cdef inline Py_ssize_t height_of(Py_ssize_t M, Py_ssize_t most) noexcept nogil:
    """Rows of a block, about `most`: equal parts of whole tiles."""
    return M if M <= most else pieces(pieces(M, pieces(M, most)), TILE_ROWS) * TILE_ROWS


cdef void one_row(Py_ssize_t N, Py_ssize_t K, const real *A, Py_ssize_t a_k, const real *B, Py_ssize_t b_k,
                  const real *bias, const real *alpha, bint add, real *C) noexcept nogil:
    """A product with M = 1, in the parts that any M has."""
    cdef Py_ssize_t s, kc, step = part_of(K)
    for s in range(pieces(K, step)):
        kc = s * step
        if real is float:
            row_f32(min(step, K - kc), N, &A[kc * a_k], a_k, &B[kc * b_k], b_k,
                    <const real *>C if add or kc else bias, alpha, C)
        else:
            row_f64(min(step, K - kc), N, &A[kc * a_k], a_k, &B[kc * b_k], b_k,
                    <const real *>C if add or kc else bias, alpha, C)


cdef void product(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                  const real *A, Py_ssize_t a_i, Py_ssize_t a_k,   # IN  A[i, k] = A[i·a_i + k·a_k]
                  const real *B, Py_ssize_t b_k, Py_ssize_t b_j,   # IN  B[k, j] = B[k·b_k + j·b_j]
                  const real *bias,                                # IN  (N,) or NULL; with alpha, NULL
                  const real *alpha, bint add,                     # IN  alpha or NULL
                  real *C,                                         # OUT (M, N): bias + A·B; add·C + alpha·A·B
                  real *pack,                                      # work: pack_size numbers
                  After *after) noexcept nogil:                    # IN/OUT or NULL
    """One column by dots, one row by rows; one block, as it lies, for small networks; others in blocks."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef bint pack_B = b_j != 1 or (M > 24 and K * N > 16384)
    cdef bint as_it_lies = a_k == 1 or N <= 2 * NR or K * M * sizeof(real) <= LARGE    # A is read
    if N == 1 and a_k == 1 and b_k == 1 and alpha == NULL:
        if real is float:
            dots_f32(M, K, A, a_i, B, bias[0] if bias != NULL else 0, C)
        else:
            dots_f64(M, K, A, a_i, B, bias[0] if bias != NULL else 0, C)
    elif M == 1 and b_j == 1 and N > 2 * NR:
        one_row(N, K, A, a_k, B, b_k, bias, alpha, add, C)
    elif alpha != NULL and as_it_lies and K <= KC and K * N * sizeof(real) <= NEAR:
        sweep_rows(M, N, K, A, a_k, B, b_k, <const real *>C if add else NULL, alpha, C)
    elif K <= KC and N <= NC and M <= MC and not (pack_B and b_j == 1) and as_it_lies and (
            after == NULL or M * N * sizeof(real) <= 2 * NEAR):
        sweep(M, N, K, A, a_i, a_k, False, B, b_k, b_j, NR * b_j, pack if pack_B else NULL, 0,
              <const real *>C if add else bias, N if add else 0, alpha, C, N, M * N * sizeof(real) > FAR)
    else:
        blocks(M, N, K, A, a_i, a_k, B, b_k, b_j, pack_B, bias, alpha, add, C, pack, after)
        return
    if after != NULL:
        finish(after, C, M, N, 0, N)


cdef void blocks(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                 const real *A, Py_ssize_t a_i, Py_ssize_t a_k,
                 const real *B, Py_ssize_t b_k, Py_ssize_t b_j, bint pack_B,
                 const real *bias, const real *alpha, bint add, real *C, real *pack, After *after) noexcept nogil:
    """The same, for matrices that do not stay in the caches."""
    cdef int NR = TILE_VECTORS * VECTOR_BYTES // sizeof(real)
    cdef bint pack_A = a_k != 1 and M > 1 and N > 2 * NR and K * M * sizeof(real) > LARGE
    cdef bint copy_A = a_k == 1 and M > 1 and N > 2 * NR and a_i * sizeof(real) % PAGE == 0
    cdef bint far = M * N * sizeof(real) > FAR
    cdef bint piecewise = after != NULL and by_blocks(after)
    cdef const real *left
    cdef const real *right
    cdef real *panels
    cdef real *packed_A = pack + KC * NC
    cdef Py_ssize_t step = part_of(K)
    cdef Py_ssize_t height = height_of(M, MC)
    cdef Py_ssize_t p, q, s, ic, jc, kc, m, n, k, l_i, l_k, r_k, r_j, r_panel
    cdef const real *start
    cdef Py_ssize_t ld_start
    if piecewise and K * N * sizeof(real) <= LARGE:    # B is near enough to be read again for each few rows
        height = height_of(M, max(NEAR // (N * sizeof(real)), 2 * TILE_ROWS))
    for q in range(pieces(N, NC)):
        jc = q * NC
        n = min(<Py_ssize_t>NC, N - jc)
        for s in range(pieces(K, step)):
            kc = s * step
            k = min(step, K - kc)
            right, r_k, r_j, r_panel = &B[kc * b_k + jc * b_j], b_k, b_j, NR * b_j
            panels = pack if pack_B else NULL
            for p in range(pieces(M, height)):
                ic = p * height
                m = min(height, M - ic)
                left, l_i, l_k = &A[ic * a_i + kc * a_k], a_i, a_k
                if pack_A:
                    pack_rows(m, k, left, a_k, packed_A)
                    left, l_i, l_k = packed_A, k, TILE_ROWS
                elif copy_A:
                    copy_rows(m, k, left, a_i, packed_A, k)
                    left, l_i = packed_A, k
                start, ld_start = &C[ic * N + jc], N
                if kc == 0 and not add:
                    start, ld_start = &bias[jc] if bias != NULL else NULL, 0
                sweep(m, n, k, left, l_i, l_k, pack_A, right, r_k, r_j, r_panel, panels, k * NR if m < M else 0,
                      start, ld_start, alpha, &C[ic * N + jc], N, far)
                if panels != NULL:
                    right, r_k, r_j, r_panel, panels = pack, NR, 1, k * NR, NULL
                if piecewise and kc + k == K:
                    finish(after, C, m, n, ic * N + jc, N)
    if after != NULL and not piecewise:
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
the_table.sums_f32 = sum_rows_f32
the_table.sums_f64 = sum_rows_f64
the_table.take_row_f32 = take_f32
the_table.take_row_f64 = take_f64
the_table.scale_rows_f32 = scale_rows[float]
the_table.scale_rows_f64 = scale_rows[double]
the_table.pack_size = KC * NC + MC * KC

table = PyCapsule_New(&the_table, "cbp.core.tiles", NULL)
