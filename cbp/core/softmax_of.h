/* softmax_of.h -- softmax and log_softmax for one number type; included twice by activations.h.
 *
 * Rows may be as short as two numbers, so whatever costs an exponential, a logarithm or a division runs over many
 * rows at once; maxima, sums and products go row by row, at most ROWS rows a step, one number a row in between.
 * All is shifted by the row's maximum: nothing overflows.
 */

enum { KERNEL(ROWS) = 64 };

CBP_LOOP_OF(KERNEL(exp_loop), real, unused, cbp_exp(z))
CBP_LOOP_OF(KERNEL(log_loop), real, unused, cbp_log(z))
CBP_LOOP_OF(KERNEL(inverse_loop), real, unused, 1 / z)
CBP_LOOP_OF(KERNEL(product_loop), real, g, a * g)

/* Rows go through registers in pieces of WIDE numbers, a rest in pieces of four, two and one: never wider than the
 * machine's registers, as compilers take wider vectors apart number by number. A piece is read before it is written,
 * so a result may replace an operand. */
enum { KERNEL(WIDE) = REGISTER_BYTES / sizeof(real) < 8 ? REGISTER_BYTES / sizeof(real) : 8 };
#define PIECE_TYPE(N) __attribute__((vector_size(N * sizeof(real)), aligned(sizeof(real)), may_alias))
typedef real KERNEL(wide) PIECE_TYPE(KERNEL(WIDE));
typedef real KERNEL(four) PIECE_TYPE(4);
typedef real KERNEL(two) PIECE_TYPE(2);

#define PIECE(V, FORMULA)                                                                                     \
    {                                                                                                         \
        const KERNEL(V) x = *(const KERNEL(V) *)(x_ + c), y = *(const KERNEL(V) *)(y_ + c);                   \
        (void)x, (void)y;                                                                                     \
        *(KERNEL(V) *)(out_ + c) = (FORMULA);                                                                 \
        c += (ptrdiff_t)(sizeof(KERNEL(V)) / sizeof(real));                                                   \
    }
/* A single number is a vector's first: of a scalar, compilers make a comparison in FORMULA a branch. */
#define LAST_PIECE(FORMULA)                                                                                   \
    {                                                                                                         \
        const KERNEL(four) x = {x_[c]}, y = {y_[c]}, out = (FORMULA);                                         \
        (void)x, (void)y;                                                                                     \
        out_[c] = out[0];                                                                                     \
    }
/* out = FORMULA(x, y; s), with one s for each row; x and out have the leading dimension ld */
#define ROWS_OF(NAME, FORMULA)                                                                                \
    CBP_INLINE void KERNEL(NAME##_n)(const real *x_, const real *y_, const real *s_, real *out_, ptrdiff_t m, \
                                     ptrdiff_t n, ptrdiff_t ld, ptrdiff_t y_ld) {                             \
        for (; m > 0; m--, s_++, x_ += ld, y_ += y_ld, out_ += ld) {                                          \
            const real s = *s_;                                                                               \
            ptrdiff_t c = 0;                                                                                  \
            while (c + KERNEL(WIDE) <= n) PIECE(wide, FORMULA)                                                \
            if (KERNEL(WIDE) > 4 && n & 4) PIECE(four, FORMULA)                                               \
            if (KERNEL(WIDE) > 2 && n & 2) PIECE(two, FORMULA)                                                \
            if (n & 1) LAST_PIECE(FORMULA)                                                                    \
        }                                                                                                     \
    }                                                                                                         \
    static void KERNEL(NAME)(const real *x, const real *y, const real *s, real *out, ptrdiff_t m, ptrdiff_t n, \
                             ptrdiff_t ld, ptrdiff_t y_ld) {                                                  \
        CBP_SHORT_ROWS(n, KERNEL(NAME##_n)(x, y, s, out, m, N, ld, y_ld))                                     \
    }
ROWS_OF(rows_minus, x - s)
ROWS_OF(rows_times, x * s)
ROWS_OF(rows_vjp, x * (y - s))

/* The largest of n numbers; NaN may be passed over: it comes back through the exponentials. */
#define MAX(x, y) ((x) > (y) ? (x) : (y))
CBP_INLINE real KERNEL(row_max)(const real *z, ptrdiff_t n) {
    real max = z[0];
    if (n >= 8) {
        KERNEL(wide) m = *(const KERNEL(wide) *)z;
        for (const real *end = z + n - n % KERNEL(WIDE); z < end; z += KERNEL(WIDE)) {
            const KERNEL(wide) x = *(const KERNEL(wide) *)z;
            const __typeof__(x > m) larger = x > m;
            m = (KERNEL(wide))((larger & (__typeof__(larger))x) | (~larger & (__typeof__(larger))m));
        }
        for (int i = 0; i < KERNEL(WIDE); i++) max = MAX(m[i], max);
        n %= KERNEL(WIDE);
    }
    for (ptrdiff_t c = 0; c < n; c++) max = MAX(z[c], max);
    return max;
}
#undef MAX
CBP_INLINE void KERNEL(maxima_n)(const real *z, real *max, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ld) {
    for (ptrdiff_t i = 0; i < m; i++) max[i] = KERNEL(row_max)(z + i * ld, n);
}
static void KERNEL(maxima)(const real *z, real *max, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ld) {
    CBP_SHORT_ROWS(n, KERNEL(maxima_n)(z, max, m, N, ld))
}

/* ROWS rows at a time: m of them from row r on */
#define BY_ROWS for (ptrdiff_t r = 0, m; m = rows - r < KERNEL(ROWS) ? rows - r : KERNEL(ROWS), r < rows; r += m)

static int KERNEL(softmax_fwd)(const real *z, real *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {
    real s[KERNEL(ROWS)];
    (void)ctx;
    if (cols == 0) return CBP_OK;
    BY_ROWS {
        const real *z_r = z + r * ld;
        real *a_r = a + r * ld;
        KERNEL(maxima)(z_r, s, m, cols, ld);
        KERNEL(rows_minus)(z_r, z_r, s, a_r, m, cols, ld, ld);
        KERNEL(exp_loop)(a_r, a_r, a_r, a_r, m, cols, ld, ld, NULL);
        KERNEL(cbp_sums)(a_r, s, m, cols, ld, 0);
        KERNEL(inverse_loop)(s, s, s, s, 1, m, m, m, NULL);
        KERNEL(rows_times)(a_r, a_r, s, a_r, m, cols, ld, ld);
    }
    return CBP_OK;
}

/* out = a (g - Σ g a) */
static int KERNEL(softmax_bwd)(const real *z, const real *a, const real *g, real *out, ptrdiff_t rows, ptrdiff_t cols,
                               ptrdiff_t ld, const void *ctx) {
    real s[KERNEL(ROWS)];
    (void)z, (void)ctx;
    BY_ROWS {
        const real *a_r = a + r * ld, *g_r = g + r * ld;
        KERNEL(cbp_row_sums)(KERNEL(product_loop), a_r, a_r, g_r, s, m, cols, ld, NULL);
        KERNEL(rows_vjp)(a_r, g_r, s, out + r * ld, m, cols, ld, ld);
    }
    return CBP_OK;
}

/* a = (z - max z) - log Σ e^(z - max z) */
static int KERNEL(log_softmax_fwd)(const real *z, real *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld,
                                   const void *ctx) {
    real s[KERNEL(ROWS)];
    (void)ctx;
    if (cols == 0) return CBP_OK;
    BY_ROWS {
        const real *z_r = z + r * ld;
        real *a_r = a + r * ld;
        KERNEL(maxima)(z_r, s, m, cols, ld);
        KERNEL(rows_minus)(z_r, z_r, s, a_r, m, cols, ld, ld);
        KERNEL(cbp_row_sums)(KERNEL(exp_loop), a_r, a_r, a_r, s, m, cols, ld, NULL);
        KERNEL(log_loop)(s, s, s, s, 1, m, m, m, NULL);
        KERNEL(rows_minus)(a_r, a_r, s, a_r, m, cols, ld, ld);
    }
    return CBP_OK;
}

/* out = g - e^a Σ g */
CBP_LOOP_OF(KERNEL(log_softmax_bwd_loop), real, g, g - cbp_exp(a) * p[0])
static int KERNEL(log_softmax_bwd)(const real *z, const real *a, const real *g, real *out, ptrdiff_t rows,
                                   ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {
    (void)z, (void)ctx;
    for (; rows > 0; rows--, a += ld, g += ld, out += ld) {
        const real sum = KERNEL(cbp_sum)(g, cols);
        KERNEL(log_softmax_bwd_loop)(a, a, g, out, 1, cols, ld, ld, &sum);
    }
    return CBP_OK;
}
