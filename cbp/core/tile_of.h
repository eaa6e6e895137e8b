/* tile_of.h -- the register tile for one number type T, in vectors of WIDTH bytes; included by tile.h for each type,
 * and, for last columns that fit in half a register, with half the width where that takes half the time. */

typedef T TILE(vec) __attribute__((vector_size(WIDTH)));
typedef T TILE(vec_u) __attribute__((vector_size(WIDTH), aligned(sizeof(T)), may_alias));

#define VEC TILE(vec)
#define LANES ((int)(WIDTH / sizeof(T)))

static inline __attribute__((always_inline)) VEC TILE(load)(const T *p) { return *(const TILE(vec_u) *)p; }

#if defined(__AVX512F__)
/* Store the first n lanes, n >= 1. */
static inline __attribute__((always_inline)) void TILE(store_part)(T *p, VEC v, int n) {
    const unsigned lanes = 0xFFFFu >> (16 - n);
#ifdef HALF
    if (sizeof(T) == 4) _mm512_mask_storeu_ps(p, (__mmask16)lanes, (__m512)v);
    else _mm512_mask_storeu_pd(p, (__mmask8)lanes, (__m512d)v);
#else
    if (sizeof(T) == 4) _mm256_mask_storeu_ps(p, (__mmask8)lanes, (__m256)v);
    else _mm256_mask_storeu_pd(p, (__mmask8)lanes, (__m256d)v);
#endif
}
#else
/* Store the first n lanes, 1 <= n < LANES: a half, a quarter, an eighth of a register, straight from it. */
static inline __attribute__((always_inline)) void TILE(store_part)(T *p, VEC v, int n) {
    typedef long long halves __attribute__((vector_size(WIDTH))), half __attribute__((vector_size(16)));
    typedef int words __attribute__((vector_size(16)));
    const size_t bytes = n * sizeof(T);
    char *c = (char *)p;
    half h = __builtin_shufflevector((halves)v, (halves)v, 0, 1);
#if WIDTH == 32
    if (bytes & 16) {
        memcpy(c, &h, 16);
        c += 16;
        h = __builtin_shufflevector((halves)v, (halves)v, 2, 3);
    }
#endif
    if (bytes & 8) {
        const long long first = h[0];
        memcpy(c, &first, 8);
        c += 8;
        h = __builtin_shufflevector(h, h, 1, 1);
    }
    if (bytes & 4) {
        const int first = ((words)h)[0];
        memcpy(c, &first, 4);
    }
}
#endif

#ifdef HALF
/* Store the first n lanes, n >= 1. */
static inline void TILE(store_last)(T *p, VEC v, int n) {
    if (n == LANES) *(TILE(vec_u) *)p = v;
    else TILE(store_part)(p, v, n);
}
#endif

/* mr, nv, `update` and `keep` are compile-time constants at every call: the loops unroll away. The only vector of
 * columns has `last` of them; of two, the second begins there. */
static inline __attribute__((always_inline)) void TILE(tile_of)(
    const int mr, const int nv, const int update, const int keep, const Tile *tile, const int last, const T *A,
    const T *start, T *C) {
    const ptrdiff_t K = tile->K, ldb = tile->ldb, ldc = tile->ldc;
    const ptrdiff_t a_i = update ? 1 : tile->a_i, a_k = update ? tile->a_k : 1;
    const T *B = tile->B;
    T *panel = tile->panel;
    VEC acc[TILE_ROWS][TILE_VECTORS];
    const T *row[TILE_ROWS / 3 + 1]; /* every third; the others are one or two a_i away, so registers hold them all */
#pragma GCC unroll 12
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++)
            acc[i][j] = !update && start ? TILE(load)(start + i * tile->ld_start + j * last) : (VEC){0};
#pragma GCC unroll 5
    for (int r = 0; 3 * r < mr; r++) row[r] = A + 3 * r * a_i;
    const ptrdiff_t part = tile->calls ? (K + mr - 1) / mr : K;
    for (ptrdiff_t k = 0, part_of_k = 0; k < K; part_of_k++) {
        const ptrdiff_t stop = K - k < part ? K : k + part;
        if (tile->calls) tile_call(tile, part_of_k);
#pragma GCC unroll TERMS
        for (; k < stop; k++) {
            VEC b[TILE_VECTORS];
            for (int j = 0; j < nv; j++) b[j] = TILE(load)(B + j * last);
#pragma GCC unroll 12
            for (int i = 0; i < mr; i++) {
                const T a = row[i / 3][i % 3 * a_i]; /* broadcast by the product below */
                for (int j = 0; j < nv; j++) acc[i][j] += a * b[j];
            }
            for (int j = 0; keep && j < nv; j++) {
                *(TILE(vec_u) *)(panel + j * last) = b[j];
                __builtin_prefetch(B + 16 * ldb + j * last); /* rows that no earlier tile has called */
            }
            if (keep) panel += TILE_VECTORS * LANES;
#pragma GCC unroll 5
            for (int r = 0; 3 * r < mr; r++) row[r] += a_k;
            B += ldb;
        }
    }
    /* All loads before the first store: a load that overlaps a store of a part waits for it. */
    const T alpha = update ? *(const T *)tile->alpha : 1;
    if (update && start) {
#pragma GCC unroll 12
        for (int i = 0; i < mr; i++)
            for (int j = 0; j < nv; j++)
                acc[i][j] = alpha * acc[i][j] + TILE(load)(start + i * tile->ld_start + j * last);
    } else if (update) {
#pragma GCC unroll 12
        for (int i = 0; i < mr; i++)
            for (int j = 0; j < nv; j++) acc[i][j] *= alpha;
    }
    if (nv == 1 && last != LANES) {
#pragma GCC unroll 12
        for (int i = 0; i < mr; i++) TILE(store_part)(C + i * ldc, acc[i][0], last);
        return;
    }
#pragma GCC unroll 12
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++) *(TILE(vec_u) *)(C + i * ldc + j * last) = acc[i][j];
}

#define TILE_OF(MR, NV, KEEP)                                                \
    if (tile->alpha) TILE(tile_of)(MR, NV, 1, KEEP, tile, last, A, start, C); \
    else TILE(tile_of)(MR, NV, 0, KEEP, tile, last, A, start, C);
#ifndef HALF
#define CASE(MR) \
    case MR: TILE_OF(MR, 1, 0) break;

/* The tile of `rows` <= TILE_ROWS rows and `last` <= LANES columns that begins at C. */
static void TILE(tile)(const Tile *tile, int rows, int last, const T *A, const T *start, T *C) {
    switch (rows) { CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) }
}
#else
#define CASE(MR)                              \
    case 2 * MR + 1: TILE_OF(MR, 1, 0) break; \
    case 2 * MR + 2: TILE_OF(MR, 2, 0) break;

/* The tile of `rows` <= TILE_ROWS rows and `cols` <= TILE_VECTORS·LANES columns that begins at C. */
static void TILE(tile)(const Tile *tile, int rows, int cols, const T *A, const T *start, T *C) {
    const int nv = cols > LANES ? 2 : 1, last = cols - (nv - 1) * LANES;
    if (tile->panel) {
        if (nv == 1) { TILE_OF(TILE_ROWS, 1, 1) }
        else { TILE_OF(TILE_ROWS, 2, 1) }
        return;
    }
#if defined(__AVX512F__)
    if (cols <= LANES / 2) {
        HALF(tile)(tile, rows, cols, A, start, C);
        return;
    }
#endif
    switch (2 * rows + nv) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if TILE_ROWS > 6
        CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#endif
    }
}

/* mr = 1 as tile_of has it, `nv` vectors wide: the sums of two would wait for each other. */
static inline __attribute__((always_inline)) void TILE(row_of)(
    const int nv, ptrdiff_t K, const T *a, ptrdiff_t a_k, const T *B, ptrdiff_t ldb, const T *start, const T *alpha,
    const int last, T *C) {
    VEC acc[8];
#pragma GCC unroll 8
    for (int j = 0; j < nv; j++) acc[j] = !alpha && start ? TILE(load)(start + j * LANES) : (VEC){0};
    for (; K > 0; K--, a += a_k, B += ldb) {
        const T factor = *a;
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++) acc[j] += factor * TILE(load)(B + j * LANES);
    }
    if (alpha && start) { /* as tile_of, or the compiler would not contract it to one rounding as there */
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++) acc[j] = *alpha * acc[j] + TILE(load)(start + j * LANES);
    } else if (alpha) {
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++) acc[j] *= *alpha;
    }
#pragma GCC unroll 8
    for (int j = 0; j < nv; j++) {
        if (j == nv - 1) TILE(store_last)(C + j * LANES, acc[j], last);
        else *(TILE(vec_u) *)(C + j * LANES) = acc[j];
    }
}

/* The same of N <= STRIP columns, with the sums in memory: rows that come from far are read a strip at a time, four at
 * once, where registers would take a few vectors of each. */
enum { TILE(STRIP) = 16384 / sizeof(T) };
static void TILE(strip)(ptrdiff_t K, ptrdiff_t N, const T *a, ptrdiff_t a_k, const T *B, ptrdiff_t ldb, const T *start,
                        const T *alpha, T *C) {
    VEC sum[TILE(STRIP) / LANES];
    const ptrdiff_t vectors = (N + LANES - 1) / LANES;
    for (ptrdiff_t j = 0; j < vectors; j++) sum[j] = !alpha && start ? TILE(load)(start + j * LANES) : (VEC){0};
    for (; K >= 4; K -= 4, a += 4 * a_k, B += 4 * ldb) {
        const T factor[4] = {a[0], a[a_k], a[2 * a_k], a[3 * a_k]};
        for (ptrdiff_t j = 0; j < vectors; j++)
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) sum[j] += factor[r] * TILE(load)(B + r * ldb + j * LANES);
    }
    for (; K > 0; K--, a += a_k, B += ldb)
        for (ptrdiff_t j = 0; j < vectors; j++) sum[j] += *a * TILE(load)(B + j * LANES);
    for (ptrdiff_t j = 0; j < vectors; j++) {
        T *const c = C + j * LANES;
        if (alpha && start) sum[j] = *alpha * sum[j] + TILE(load)(start + j * LANES);
        else if (alpha) sum[j] *= *alpha;
        if (j == vectors - 1) TILE(store_last)(c, sum[j], (int)(N - j * LANES));
        else *(TILE(vec_u) *)c = sum[j];
    }
}

/* A result of one row. */
static void TILE(row)(ptrdiff_t K, ptrdiff_t N, const T *a, ptrdiff_t a_k, const T *B, ptrdiff_t ldb, const T *start,
                      const T *alpha, T *C) {
    if (K * N * sizeof(T) > FAR) {
        for (ptrdiff_t j = 0; j < N; j += TILE(STRIP))
            TILE(strip)(K, N - j < TILE(STRIP) ? N - j : TILE(STRIP), a, a_k, B + j, ldb, start ? start + j : NULL, alpha,
                        C + j);
        return;
    }
    for (ptrdiff_t j = 0, nv; j < N; j += nv * LANES) {
        const ptrdiff_t vectors = (N - j + LANES - 1) / LANES;
        const T *const s = start ? start + j : NULL;
        nv = vectors >= 8 ? 8 : vectors >= 4 ? 4 : vectors >= 2 ? 2 : 1;
        const int last = N - j >= nv * LANES ? LANES : (int)(N - j - (nv - 1) * LANES);
        switch (nv) {
        case 8: TILE(row_of)(8, K, a, a_k, B + j, ldb, s, alpha, last, C + j); break;
        case 4: TILE(row_of)(4, K, a, a_k, B + j, ldb, s, alpha, last, C + j); break;
        case 2: TILE(row_of)(2, K, a, a_k, B + j, ldb, s, alpha, last, C + j); break;
        default: TILE(row_of)(1, K, a, a_k, B + j, ldb, s, alpha, last, C + j);
        }
    }
}

/* c[i] = start + Σ_k A[i·a_i + k]·b[k], i < M: a result of one column, which a tile would compute in one of its lanes.
 * Here a lane sums every LANES-th term; the last terms come one by one. */
static void TILE(dots)(ptrdiff_t M, ptrdiff_t K, const T *A, ptrdiff_t a_i, const T *b, T start, T *c) {
    enum { ROWS = 4 };
    const ptrdiff_t whole = K - K % LANES;
    for (ptrdiff_t i = 0; i < M; i += ROWS, A += ROWS * a_i) {
        const ptrdiff_t rows = M - i < ROWS ? M - i : ROWS;
        const T *row[ROWS];
        VEC sum[ROWS] = {{0}};
        for (int r = 0; r < ROWS; r++) row[r] = A + (r < rows ? r : 0) * a_i;
        for (ptrdiff_t k = 0; k < whole; k += LANES) {
            const VEC v = TILE(load)(b + k);
#pragma GCC unroll 4
            for (int r = 0; r < ROWS; r++) sum[r] += v * TILE(load)(row[r] + k);
        }
        for (int r = 0; r < rows; r++) {
            T lane[LANES];
            memcpy(lane, &sum[r], sizeof lane);
            for (ptrdiff_t k = whole; k < K; k++) lane[k - whole] += row[r][k] * b[k];
            for (int half = LANES / 2; half > 0; half /= 2)
                for (int l = 0; l < half; l++) lane[l] += lane[l + half];
            c[i + r] = start + lane[0];
        }
    }
}

/* g[j] = add·g[j] + alpha·Σ_k D[k, j], j < N: four sums side by side, for in one, each term would wait for the last. */
static void TILE(sum_rows)(ptrdiff_t K, ptrdiff_t N, const T *D, T alpha, int add, T *g) {
    for (ptrdiff_t j = 0; j < N; j += LANES) {
        const int last = N - j < LANES ? (int)(N - j) : LANES;
        const T *d = D + j;
        VEC sum[4] = {{0}};
        for (ptrdiff_t k = K / 4; k > 0; k--, d += 4 * N)
#pragma GCC unroll 4
            for (int s = 0; s < 4; s++) sum[s] += TILE(load)(d + s * N);
#pragma GCC unroll 3
        for (int s = 0; s < 3; s++)
            if (s < K % 4) sum[s] += TILE(load)(d + s * N);
        const VEC all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        const VEC next = add ? alpha * all + TILE(load)(g + j) : alpha * all;
        TILE(store_last)(g + j, next, last);
    }
}

/* to[j] = from[j], j < n, while the row that is taken `next` is called into the cache; whether all are finite: of those
 * that are not, x - x is not 0. */
static int TILE(take)(ptrdiff_t n, const T *from, const T *next, T *to) {
    VEC none[2] = {{0}};
    T rest = 0;
    ptrdiff_t j = 0;
    for (; j + 2 * LANES <= n; j += 2 * LANES) {
        __builtin_prefetch(next + j);
        if (2 * WIDTH > 64) __builtin_prefetch(next + j + LANES);
#pragma GCC unroll 2
        for (int s = 0; s < 2; s++) {
            const VEC v = TILE(load)(from + j + s * LANES);
            none[s] += v - v;
            *(TILE(vec_u) *)(to + j + s * LANES) = v;
        }
    }
    for (; j < n; j++) {
        rest += from[j] - from[j];
        to[j] = from[j];
    }
    none[0] += none[1];
    for (int l = 0; l < LANES; l++) rest += none[0][l];
    return rest == 0;
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

#endif

#undef HALF
#undef CASE
#undef TILE_OF
#undef LANES
#undef VEC
#undef TILE
#undef WIDTH
