/* plugin.c -- what a plugin's author writes with cbp_kernel.h: an activation with two parameters, a rowwise one with its
 * own struct, and a cost with a fused pair. */
#define CBP_LINKAGE CBP_EXPORT
#include "cbp_elementwise.h"

/* height·tanh(rate·z) */
CBP_ELEMENTWISE_WITH(swell, "abi", 2, CBP_BWD_READS_A,
                     p[0] * cbp_tanh(p[1] * z),
                     p[1] * (p[0] - a * a / p[0]))

/* weight·(a - λ)², with the logistic activation too */
CBP_SUM_COST_FUSED(brier, "abi", 1,
                   p[0] * (a - y) * (a - y),
                   2 * p[0] * (a - y),
                   p[0] * (a - y) * (a - y),
                   2 * p[0] * (a - y) * a * (1 - a))

/* softmax of rate·z */
#define SHARES(SUFFIX, T)                                                                                    \
    static int shares_fwd_##SUFFIX(const T *z, T *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld,           \
                                   const void *ctx) {                                                        \
        const T rate = (T)((const double *)ctx)[0];                                                          \
        for (ptrdiff_t r = 0; r < rows && cols; r++, z += ld, a += ld) {                                     \
            T most = z[0], total = 0;                                                                        \
            for (ptrdiff_t c = 1; c < cols; c++) most = cbp_max(most, z[c]);                                 \
            for (ptrdiff_t c = 0; c < cols; c++) a[c] = cbp_exp(rate * (z[c] - most));                       \
            for (ptrdiff_t c = 0; c < cols; c++) total += a[c];                                              \
            for (ptrdiff_t c = 0; c < cols; c++) a[c] /= total;                                              \
        }                                                                                                    \
        return CBP_OK;                                                                                       \
    }                                                                                                        \
    static int shares_bwd_##SUFFIX(const T *z, const T *a, const T *g, T *out, ptrdiff_t rows,               \
                                   ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {                          \
        const T rate = (T)((const double *)ctx)[0];                                                          \
        (void)z;                                                                                             \
        for (ptrdiff_t r = 0; r < rows; r++, a += ld, g += ld, out += ld) {                                  \
            T along = 0;                                                                                     \
            for (ptrdiff_t c = 0; c < cols; c++) along += g[c] * a[c];                                       \
            for (ptrdiff_t c = 0; c < cols; c++) out[c] = rate * a[c] * (g[c] - along);                      \
        }                                                                                                    \
        return CBP_OK;                                                                                       \
    }
SHARES(f32, float)
SHARES(f64, double)

CBP_EXPORT const cbp_activation shares_kernel = {
    CBP_HEAD(CBP_ACTIVATION, cbp_activation, "shares", "abi",
             CBP_ROWWISE | CBP_BWD_READS_A | CBP_IN_PLACE | CBP_CHUNK_INVARIANT),
    shares_fwd_f32, shares_bwd_f32, shares_fwd_f64, shares_bwd_f64};
