/* tile_of.h -- the register tile for one number type T; included twice by tile.h. */

typedef T TILE(vec) __attribute__((vector_size(VECTOR_BYTES)));
typedef T TILE(vec_u) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));

#define VEC TILE(vec)
#define LANES ((int)(VECTOR_BYTES / sizeof(T)))

static inline __attribute__((always_inline)) VEC TILE(load)(const T *p) { return *(const TILE(vec_u) *)p; }

/* Store the first n lanes: in halves, quarters, ... so that no count needs a loop. */
static inline void TILE(store_part)(T *p, VEC v, int n) {
    T lane[LANES];
    const T *from = lane;
    memcpy(lane, &v, sizeof v);
    if (LANES > 8 && n & 8) { memcpy(p, from, 8 * sizeof(T)); p += 8; from += 8; }
    if (LANES > 4 && n & 4) { memcpy(p, from, 4 * sizeof(T)); p += 4; from += 4; }
    if (LANES > 2 && n & 2) { memcpy(p, from, 2 * sizeof(T)); p += 2; from += 2; }
    if (n & 1) *p = *from;
}

static inline __attribute__((always_inline)) void TILE(store)(T *p, VEC v, int n) {
    if (n == LANES) *(TILE(vec_u) *)p = v;
    else TILE(store_part)(p, v, n);
}

/* mr, nv and which of a_i, a_k is 1 are compile-time constants at every call: the loops unroll away. */
static inline __attribute__((always_inline)) void TILE(tile_of)(
    const int mr, const int nv, int last, ptrdiff_t K, const T *A, ptrdiff_t a_i, ptrdiff_t a_k,
    const T *B, ptrdiff_t ldb, const T *bias, const T *scale, T *C, ptrdiff_t ldc) {
    VEC acc[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 12
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++) acc[i][j] = bias ? TILE(load)(bias + j * LANES) : (VEC){0};
    for (ptrdiff_t k = 0; k < K; k++) {
        VEC b[TILE_VECTORS];
        for (int j = 0; j < nv; j++) b[j] = TILE(load)(B + j * LANES);
#pragma GCC unroll 12
        for (int i = 0; i < mr; i++) {
            const T a = A[i * a_i]; /* broadcast by the product below */
            for (int j = 0; j < nv; j++) acc[i][j] += a * b[j];
        }
        A += a_k;
        B += ldb;
    }
    /* The sums leave the registers here: kept alive through the choices below, they would be spilled in
     * the loop above. */
    VEC sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 12
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++) sum[i][j] = acc[i][j];
    __asm__("" : "+m"(sum));
    const T alpha = scale[0], beta = scale[1];
    if (last == LANES && alpha == 1 && beta == 0) {
        for (int i = 0; i < mr; i++, C += ldc)
            for (int j = 0; j < nv; j++) *(TILE(vec_u) *)(C + j * LANES) = sum[i][j];
        return;
    }
    for (int i = 0; i < mr; i++, C += ldc)
        for (int j = 0; j < nv; j++) {
            T *c = C + j * LANES;
            VEC v = alpha * sum[i][j];
            if (beta != 0) v += beta * TILE(load)(c);
            TILE(store)(c, v, j == nv - 1 ? last : LANES);
        }
}

#define CASE(MR, NV)                                                                                   \
    case 2 * MR + NV:                                                                                  \
        if (a_k == 1) TILE(tile_of)(MR, NV, last, K, A, a_i, 1, B, ldb, bias, scale, C, ldc);    \
        else TILE(tile_of)(MR, NV, last, K, A, 1, a_k, B, ldb, bias, scale, C, ldc);             \
        break;
#define CASES(MR) CASE(MR, 1) CASE(MR, 2)

/* rows as tile_rows gives them, cols <= TILE_VECTORS·LANES; a_k == 1 (A row by row) or a_i == 1 (column by column). */
static void TILE(tile)(int rows, int cols, ptrdiff_t K, const T *A, ptrdiff_t a_i, ptrdiff_t a_k, const T *B,
                       ptrdiff_t ldb, const T *bias, const T *scale, T *C, ptrdiff_t ldc) {
    const int nv = cols > LANES ? 2 : 1, last = cols - (nv - 1) * LANES;
    switch (2 * rows + nv) {
        CASES(1) CASES(2) CASES(3) CASES(4) CASES(5) CASES(6)
#if TILE_ROWS > 6
        CASES(8) CASES(12)
#endif
    }
}

/* to[j, i] = from[i, j] for a 4 x 4 block: two rounds of interleaving. */
static inline void TILE(transpose4)(const T *from, ptrdiff_t ld_from, T *to, ptrdiff_t ld_to) {
    typedef T quad __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));
    const quad r0 = *(const quad *)from, r1 = *(const quad *)(from + ld_from);
    const quad r2 = *(const quad *)(from + 2 * ld_from), r3 = *(const quad *)(from + 3 * ld_from);
    const quad low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
    const quad high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    const quad low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
    const quad high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    *(quad *)to = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    *(quad *)(to + ld_to) = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    *(quad *)(to + 2 * ld_to) = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    *(quad *)(to + 3 * ld_to) = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

#undef CASE
#undef CASES
#undef LANES
#undef VEC
