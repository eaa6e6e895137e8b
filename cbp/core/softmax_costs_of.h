/* softmax_costs_of.h -- the costs made for softmax, for one number type; included twice by costs.h.
 *
 * All are C = Σ w_j (-log a_j), with weights w of their own. With softmax, -log a_j = (max z - z_j) - log max a:
 * one logarithm a row, no exponential, and nothing overflows however far z_j lies below the maximum.
 */

#define ARGS_VALUE const real *a, const real *y, real *per_sample, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, \
    const void *ctx
#define ARGS_GRAD const real *a, const real *y, real *da, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx
#define ARGS_FUSED_VALUE const real *z, ARGS_VALUE
#define ARGS_FUSED_GRAD const real *z, const real *a, const real *y, real *dz, ptrdiff_t rows, ptrdiff_t cols, \
    ptrdiff_t ld, const void *ctx

/* w (max z - z); a weight of 0 makes an output count for nothing, even at z = -∞ */
ROWS_OF(rows_distance, (__typeof__(x))((__typeof__(x == x))(x * (s - y)) & (x != 0)))

/* C = Σ w (max z - z) - log(max a) Σ w, the weights tile by tile from a loop; NULL where they are y itself */
static void KERNEL(softmax_value)(KERNEL(cbp_loop) weights, const real *z, const real *a, const real *y,
                                  real *per_sample, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const real *p) {
    enum { ROWS = KERNEL(ROWS) };
    real w[CBP_TERMS], max[ROWS], top[ROWS], sum[ROWS];
    if (cols == 0) return;
    const ptrdiff_t wide = cols < CBP_TERMS ? cols : CBP_TERMS, fit = CBP_TERMS / wide, tall = fit < ROWS ? fit : ROWS;
    for (ptrdiff_t r = 0, m; r < rows; r += m) {
        m = rows - r < tall ? rows - r : tall;
        KERNEL(maxima)(z + r * ld, max, m, cols, ld);
        KERNEL(maxima)(a + r * ld, top, m, cols, ld);
        for (ptrdiff_t c = 0, at = r * ld, n; c < cols; c += n, at += n) {
            n = cols - c < wide ? cols - c : wide;
            const real *of = w;
            if (weights) weights(z + at, a + at, y + at, w, m, n, ld, n, p);
            else if (n == ld) of = y + at;
            else for (ptrdiff_t i = 0; i < m; i++) memcpy(w + i * n, y + at + i * ld, (size_t)n * sizeof(real));
            KERNEL(cbp_sums)(of, sum, m, n, n, c > 0);
            KERNEL(rows_distance)(of, z + at, max, w, m, n, n, ld);
            KERNEL(cbp_sums)(w, per_sample + r, m, n, n, c > 0);
        }
        KERNEL(log_loop)(top, top, top, top, 1, m, m, m, NULL);
        for (ptrdiff_t i = 0; i < m; i++) per_sample[r + i] -= top[i] * sum[i];
    }
}

/* ---- cross-entropy: w = λ' = (1 - ε) λ + ε Σλ / N ---- */

CBP_LOOP_OF(KERNEL(smoothed_loop), real, y, p[0] * y + p[1])
CBP_LOOP_OF(KERNEL(cross_entropy_value_loop), real, y, -(p[0] * y + p[1]) * LOG(a))
CBP_LOOP_OF(KERNEL(cross_entropy_grad_loop), real, y, -(p[0] * y + p[1]) / cbp_max(a, TINY))

/* p = {1 - ε, ε Σλ / N}: the same for all rows if ε is 0, else row by row. Returns how many rows it serves. */
static inline ptrdiff_t KERNEL(smoothing)(const real *y, ptrdiff_t rows, ptrdiff_t cols, const void *ctx, real *p) {
    const real epsilon = (real)((const double *)ctx)[0];
    p[0] = 1 - epsilon;
    p[1] = epsilon == 0 ? 0 : epsilon * KERNEL(cbp_sum)(y, cols) / (real)cols;
    return epsilon == 0 ? rows : 1;
}

static int KERNEL(cross_entropy_value)(ARGS_VALUE) {
    real p[2];
    for (ptrdiff_t r = 0, m; r < rows; r += m) {
        m = KERNEL(smoothing)(y + r * ld, rows, cols, ctx, p);
        KERNEL(cbp_row_sums)(KERNEL(cross_entropy_value_loop), a + r * ld, a + r * ld, y + r * ld, per_sample + r, m,
                             cols, ld, p);
    }
    return CBP_OK;
}
static int KERNEL(cross_entropy_grad)(ARGS_GRAD) {
    real p[2];
    for (ptrdiff_t r = 0, m; r < rows; r += m) {
        m = KERNEL(smoothing)(y + r * ld, rows, cols, ctx, p);
        KERNEL(cross_entropy_grad_loop)(a + r * ld, a + r * ld, y + r * ld, da + r * ld, m, cols, ld, ld, p);
    }
    return CBP_OK;
}
static int KERNEL(cross_entropy_fused_value)(ARGS_FUSED_VALUE) {
    real p[2];
    for (ptrdiff_t r = 0, m; r < rows; r += m) {
        m = KERNEL(smoothing)(y + r * ld, rows, cols, ctx, p);
        KERNEL(softmax_value)(p[1] == 0 && p[0] == 1 ? NULL : KERNEL(smoothed_loop), z + r * ld, a + r * ld, y + r * ld, per_sample + r, m, cols, ld,
                              p);
    }
    return CBP_OK;
}
/* dz = a Σλ' - λ', and Σλ' = Σλ */
ROWS_OF(rows_cross_entropy, x * s - y)
static int KERNEL(cross_entropy_fused_grad)(ARGS_FUSED_GRAD) {
    real s[KERNEL(ROWS)], p[2];
    (void)z;
    BY_ROWS {
        const real *y_r = y + r * ld;
        real *dz_r = dz + r * ld;
        KERNEL(cbp_sums)(y_r, s, m, cols, ld, 0);
        if (*(const double *)ctx != 0) {
            for (ptrdiff_t i = 0, at = 0; i < m; i++, at += ld) {
                KERNEL(smoothing)(y_r + at, 1, cols, ctx, p);
                KERNEL(smoothed_loop)(y_r + at, y_r + at, y_r + at, dz_r + at, 1, cols, ld, ld, p);
            }
            y_r = dz_r;
        }
        KERNEL(rows_cross_entropy)(a + r * ld, y_r, s, dz_r, m, cols, ld, ld);
    }
    return CBP_OK;
}

/* ---- Kullback-Leibler divergence: cross-entropy less the entropy of λ ---- */

CBP_LOOP_OF(KERNEL(entropy_loop), real, y, y == 0 ? 0 : y * cbp_log(y))
CBP_LOOP_OF(KERNEL(kl_divergence_value_loop), real, y, y == 0 ? 0 : y * cbp_log(y / cbp_max(a, TINY)))
static const double KERNEL(unsmoothed)[1] = {0};

static int KERNEL(kl_divergence_value)(ARGS_VALUE) {
    (void)ctx;
    KERNEL(cbp_row_sums)(KERNEL(kl_divergence_value_loop), a, a, y, per_sample, rows, cols, ld, NULL);
    return CBP_OK;
}
static int KERNEL(kl_divergence_grad)(ARGS_GRAD) {
    (void)ctx;
    return KERNEL(cross_entropy_grad)(a, y, da, rows, cols, ld, KERNEL(unsmoothed));
}
static int KERNEL(kl_divergence_fused_value)(ARGS_FUSED_VALUE) {
    (void)ctx;
    real negentropy[KERNEL(ROWS)];
    KERNEL(cross_entropy_fused_value)(z, a, y, per_sample, rows, cols, ld, KERNEL(unsmoothed));
    for (ptrdiff_t m; rows > 0; rows -= m, y += m * ld, per_sample += m) {
        m = rows < KERNEL(ROWS) ? rows : KERNEL(ROWS);
        KERNEL(cbp_row_sums)(KERNEL(entropy_loop), y, y, y, negentropy, m, cols, ld, NULL);
        for (ptrdiff_t i = 0; i < m; i++) per_sample[i] += negentropy[i];
    }
    return CBP_OK;
}
static int KERNEL(kl_divergence_fused_grad)(ARGS_FUSED_GRAD) {
    (void)ctx;
    return KERNEL(cross_entropy_fused_grad)(z, a, y, dz, rows, cols, ld, KERNEL(unsmoothed));
}

/* ---- focal: w = λ (1 - a)^γ ---- */

#define REST(a) cbp_max(1 - a, TINY)
#define FOCAL_WEIGHT (y * cbp_exp(p[0] * cbp_log(REST(a))))
CBP_LOOP_OF(KERNEL(focal_weight_loop), real, y, FOCAL_WEIGHT)
CBP_LOOP_OF(KERNEL(focal_value_loop), real, y, -FOCAL_WEIGHT * LOG(a))
CBP_LOOP_OF(KERNEL(focal_grad_loop), real, y, -FOCAL_WEIGHT * (1 / cbp_max(a, TINY) - p[0] * LOG(a) / REST(a)))
/* s = a δC/δa, finite where a is 0 */
CBP_LOOP_OF(KERNEL(focal_s_loop), real, y, -FOCAL_WEIGHT * (1 - p[0] * a * LOG(a) / REST(a)))
#undef REST
#undef FOCAL_WEIGHT

static int KERNEL(focal_value)(ARGS_VALUE) {
    const real gamma = (real)((const double *)ctx)[0];
    KERNEL(cbp_row_sums)(KERNEL(focal_value_loop), a, a, y, per_sample, rows, cols, ld, &gamma);
    return CBP_OK;
}
static int KERNEL(focal_grad)(ARGS_GRAD) {
    const real gamma = (real)((const double *)ctx)[0];
    KERNEL(focal_grad_loop)(a, a, y, da, rows, cols, ld, ld, &gamma);
    return CBP_OK;
}
static int KERNEL(focal_fused_value)(ARGS_FUSED_VALUE) {
    const real gamma = (real)((const double *)ctx)[0];
    KERNEL(softmax_value)(KERNEL(focal_weight_loop), z, a, y, per_sample, rows, cols, ld, &gamma);
    return CBP_OK;
}
/* dz = s - a Σs */
ROWS_OF(rows_focal, x - y * s)
static int KERNEL(focal_fused_grad)(ARGS_FUSED_GRAD) {
    const real gamma = (real)((const double *)ctx)[0];
    real sum[KERNEL(ROWS)];
    (void)z;
    BY_ROWS {
        const real *a_r = a + r * ld, *y_r = y + r * ld;
        real *dz_r = dz + r * ld;
        KERNEL(focal_s_loop)(a_r, a_r, y_r, dz_r, m, cols, ld, ld, &gamma);
        KERNEL(cbp_sums)(dz_r, sum, m, cols, ld, 0);
        KERNEL(rows_focal)(dz_r, a_r, sum, dz_r, m, cols, ld, ld);
    }
    return CBP_OK;
}

#undef ARGS_VALUE
#undef ARGS_GRAD
#undef ARGS_FUSED_VALUE
#undef ARGS_FUSED_GRAD
