/* sparsemax_of.h -- sparsemax and its loss for one number type; included twice by kernel.c.
 *
 * sparsemax(z) is the point of the simplex nearest to z: a_j = max(z_j - τ, 0), with the τ that makes the row sum to 1.
 * Everything is done with s_j = z_j - max z, in which τ lies between -1 and 0. Sums run in STRANDS strands, which the
 * compiler keeps in one register, in an order that depends on the row's length alone.
 */

/* The terms of a row: those c with IN added to k, and TERM of them to sum. */
#define SUM_WHERE(IN, TERM)                                                   \
    real sums[STRANDS] = {0}, counts[STRANDS] = {0};                          \
    ptrdiff_t first = 0;                                                      \
    for (; first + STRANDS <= n; first += STRANDS)                            \
        for (int i = 0; i < STRANDS; i++) {                                   \
            const ptrdiff_t c = first + i;                                    \
            const int in = (IN);                                              \
            sums[i] += in ? (TERM) : 0;                                       \
            counts[i] += in;                                                  \
        }                                                                     \
    for (ptrdiff_t c = first; c < n; c++) {                                   \
        const int in = (IN);                                                  \
        sums[c - first] += in ? (TERM) : 0;                                   \
        counts[c - first] += in;                                              \
    }                                                                         \
    real sum = 0, k = 0;                                                      \
    for (int i = 0; i < STRANDS; i++) sum += sums[i], k += counts[i]

/* The largest of a row, or NaN if one of them is; n > 0. */
static real OF(largest)(const real *z, ptrdiff_t n) {
    real most[STRANDS], nan[STRANDS] = {0}, max = z[0];
    ptrdiff_t c = 0;
    for (int i = 0; i < STRANDS; i++) most[i] = z[0];
    for (; c + STRANDS <= n; c += STRANDS)
        for (int i = 0; i < STRANDS; i++) {
            most[i] = z[c + i] > most[i] ? z[c + i] : most[i];
            nan[i] = z[c + i] == z[c + i] ? nan[i] : 1;
        }
    for (; c < n; c++) {
        most[0] = z[c] > most[0] ? z[c] : most[0];
        nan[0] = z[c] == z[c] ? nan[0] : 1;
    }
    for (int i = 0; i < STRANDS; i++) {
        max = most[i] > max ? most[i] : max;
        nan[0] += nan[i];
    }
    return nan[0] > 0 ? NAN : max;
}

/* τ for s (Michelot's algorithm): of the numbers that may be above it, take the τ they alone would have; leave out
 * those it is above; again, until none goes. Its first guess, -1, is below every τ. */
static real OF(threshold)(const real *z, real max, ptrdiff_t n) {
    real tau = -1;
    for (real before = 0;;) {
        SUM_WHERE(z[c] - max > tau, z[c] - max);
        if (k == before) return tau;
        if (!(k > 0)) return NAN;
        before = k;
        tau = (sum - 1) / k;
    }
}

static int OF(fwd)(const real *z, real *a, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t ld, const void *ctx) {
    (void)ctx;
    for (ptrdiff_t r = 0; r < rows && n; r++, z += ld, a += ld) {
        const real max = OF(largest)(z, n), tau = OF(threshold)(z, max, n);
        for (ptrdiff_t c = 0; c < n; c++) {
            const real above = z[c] - max - tau;
            a[c] = above < 0 ? 0 : above;
        }
    }
    return CBP_OK;
}

/* g·[δa/δz] = g - mean of g over the support, on the support a > 0; elsewhere 0 */
static int OF(bwd)(const real *z, const real *a, const real *g, real *out, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t ld,
                   const void *ctx) {
    (void)z, (void)ctx;
    for (ptrdiff_t r = 0; r < rows; r++, a += ld, g += ld, out += ld) {
        SUM_WHERE(a[c] > 0, g[c]);
        const real mean = sum / k;
        for (ptrdiff_t c = 0; c < n; c++) out[c] = a[c] > 0 ? g[c] - mean : 0 * a[c];
    }
    return CBP_OK;
}

/* The loss takes z for its a: its canonical activation is the identity. p = sparsemax(z), and
 * C = ½ Σ (λ² - p²) + Σ z (p - λ) */
static int OF(value)(const real *z, const real *y, real *per_sample, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t ld,
                     const void *ctx) {
    (void)ctx;
    for (ptrdiff_t r = 0; r < rows; r++, z += ld, y += ld) {
        const real max = n ? OF(largest)(z, n) : 0, tau = n ? OF(threshold)(z, max, n) : 0;
#define P(c) (z[c] - max - tau < 0 ? 0 : z[c] - max - tau)
        SUM_WHERE(1, (y[c] - P(c)) * ((y[c] + P(c)) / 2 - z[c]));
        per_sample[r] = sum;
    }
    return CBP_OK;
}

/* ∂C/∂z = p - λ */
static int OF(grad)(const real *z, const real *y, real *dz, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t ld,
                    const void *ctx) {
    const int status = OF(fwd)(z, dz, rows, n, ld, ctx);
    for (ptrdiff_t r = 0; r < rows; r++, y += ld, dz += ld)
        for (ptrdiff_t c = 0; c < n; c++) dz[c] -= y[c];
    return status;
}
#undef P
#undef SUM_WHERE
