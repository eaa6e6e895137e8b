/* cbp_elementwise.h -- an activation from its two formulas, a cost from the terms it sums.
 *
 *     CBP_ELEMENTWISE_WITH(snake, "cbp-snake", 1, CBP_BWD_READS_Z,
 *                          z + cbp_sin(p[0] * z) * cbp_sin(p[0] * z) / p[0],
 *                          1 + cbp_sin(2 * p[0] * z))
 *
 *     CBP_SUM_COST(quartic, "cbp-quartic", 0,
 *                  (a - y) * (a - y) * (a - y) * (a - y),
 *                  4 * (a - y) * (a - y) * (a - y))
 *
 * define the block functions of cbp_kernel.h and the structs `snake_kernel` and `quartic_kernel`: static ones, unless
 * CBP_LINKAGE was defined before; in a shared library, #define CBP_LINKAGE CBP_EXPORT. In a formula
 *     T     is float or double; write its constants as (T)0.5
 *     z, a  are the number going in and σ(z); y is the target, the paper's λ
 *     p     holds the parameters, already of type T (at most CBP_MAX_PARAMS)
 * A formula must be free of branches and library calls (cbp_math.h has what it needs), so that the compiler
 * turns its loop into vector code.
 *
 * How. Each formula becomes one plain loop over a block; a block without gaps is walked as one run. Compile
 * with -ffp-contract=off: then the compiler's vector body and its remainder round alike, and a number's bits
 * depend on nothing but the number (cbp_math.h asks for its fused multiply-adds by name).
 */
#ifndef CBP_ELEMENTWISE_H
#define CBP_ELEMENTWISE_H

#include "cbp_kernel.h"
#include "cbp_math.h"

#define CBP_MAX_PARAMS 4

#ifndef CBP_LINKAGE
#define CBP_LINKAGE static
#endif

/* A loop is vectorised only if everything it calls is inlined: ask for that, in compilations of any size. */
#if defined(__GNUC__)
#define CBP_FLATTEN __attribute__((flatten))
#define CBP_INLINE static inline __attribute__((always_inline))
#define CBP_OUTLINE static __attribute__((noinline, unused)) /* one copy, for compile time */
#else
#define CBP_FLATTEN
#define CBP_INLINE static inline
#define CBP_OUTLINE static
#endif

/* In place is allowed (a == z, out == g), so the pointers are not `restrict`: say instead
 * that no iteration depends on another. */
#if defined(__clang__)
#define CBP_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define CBP_INDEPENDENT _Pragma("GCC ivdep")
#else
#define CBP_INDEPENDENT
#endif

/* The loop: out = FORMULA(z, a, THIRD; p) over a block; out has its own leading dimension. A block that the
 * formula does not read may be any of the others. */
#define CBP_LOOP_OF(NAME, T_, THIRD, FORMULA)                                                                 \
    static CBP_FLATTEN void NAME(const T_ *z_, const T_ *a_, const T_ *y_, T_ *out_, ptrdiff_t rows,          \
                                 ptrdiff_t cols, ptrdiff_t ld, ptrdiff_t out_ld, const T_ *p) {               \
        typedef T_ T;                                                                                         \
        if (ld == cols && out_ld == cols) { cols *= rows; rows = 1; }                                         \
        for (ptrdiff_t r_ = 0; r_ < rows; r_++, z_ += ld, a_ += ld, y_ += ld, out_ += out_ld)                 \
            CBP_INDEPENDENT                                                                                   \
            for (ptrdiff_t c_ = 0; c_ < cols; c_++) {                                                         \
                const T z = z_[c_], a = a_[c_], THIRD = y_[c_];                                               \
                (void)z, (void)a, (void)THIRD;                                                                \
                out_[c_] = (T)(FORMULA);                                                                      \
            }                                                                                                 \
        (void)p;                                                                                              \
    }

/* p: the doubles of ctx, as T */
#define CBP_PARAMS_OF(T_, N_PARAMS)                                                                           \
    T_ p[CBP_MAX_PARAMS] = {0};                                                                               \
    for (int i = 0; i < N_PARAMS; i++) p[i] = (T_)((const double *)ctx)[i]

/* ---- activations ------------------------------------------------------------------------------------------ */

#define CBP_ELEMENTWISE_OF(NAME, SUFFIX, T_, N_PARAMS, READS, FORWARD, DERIVATIVE)                            \
    CBP_LOOP_OF(NAME##_fwd_loop_##SUFFIX, T_, unused, FORWARD)                                                \
    CBP_LOOP_OF(NAME##_bwd_loop_##SUFFIX, T_, g, g * (T)(DERIVATIVE))                                         \
    static int NAME##_fwd_##SUFFIX(const T_ *z, T_ *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld,          \
                                   const void *ctx) {                                                         \
        CBP_PARAMS_OF(T_, N_PARAMS);                                                                          \
        NAME##_fwd_loop_##SUFFIX(z, z, z, a, rows, cols, ld, ld, p);                                          \
        return CBP_OK;                                                                                        \
    }                                                                                                         \
    static int NAME##_bwd_##SUFFIX(const T_ *z, const T_ *a, const T_ *g, T_ *out, ptrdiff_t rows,            \
                                   ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {                           \
        CBP_PARAMS_OF(T_, N_PARAMS);                                                                          \
        NAME##_bwd_loop_##SUFFIX((READS) & CBP_BWD_READS_Z ? z : g, (READS) & CBP_BWD_READS_A ? a : g, g, out,  \
                                 rows, cols, ld, ld, p);                                                      \
        return CBP_OK;                                                                                        \
    }

/* READS: CBP_BWD_READS_Z, CBP_BWD_READS_A, both (|) or 0: what DERIVATIVE looks at. */
#define CBP_ELEMENTWISE_WITH(NAME, PROVIDER, N_PARAMS, READS, FORWARD, DERIVATIVE)                            \
    CBP_ELEMENTWISE_OF(NAME, f32, float, N_PARAMS, READS, FORWARD, DERIVATIVE)                                \
    CBP_ELEMENTWISE_OF(NAME, f64, double, N_PARAMS, READS, FORWARD, DERIVATIVE)                               \
    CBP_LINKAGE const cbp_activation NAME##_kernel = {                                                        \
        CBP_HEAD(CBP_ACTIVATION, cbp_activation, #NAME, PROVIDER,                                             \
                 (READS) | CBP_IN_PLACE | CBP_CHUNK_INVARIANT),                                               \
        NAME##_fwd_f32, NAME##_bwd_f32, NAME##_fwd_f64, NAME##_bwd_f64};

#define CBP_ELEMENTWISE(NAME, PROVIDER, READS, FORWARD, DERIVATIVE)                                           \
    CBP_ELEMENTWISE_WITH(NAME, PROVIDER, 0, READS, FORWARD, DERIVATIVE)

/* ---- costs ------------------------------------------------------------------------------------------------ */

#define CBP_TERMS 512 /* how many terms are kept at once */

/* CALL with N for n; where n is small N is a constant, and the compiler unrolls what a short row goes through. */
#define CBP_SHORT_ROWS(n, CALL)                                                                               \
    switch (n) {                                                                                              \
        CBP_SHORT_ROW(1, CALL) CBP_SHORT_ROW(2, CALL) CBP_SHORT_ROW(3, CALL) CBP_SHORT_ROW(4, CALL)           \
        CBP_SHORT_ROW(5, CALL) CBP_SHORT_ROW(6, CALL) CBP_SHORT_ROW(8, CALL) CBP_SHORT_ROW(10, CALL)          \
        default: { const ptrdiff_t N = n; CALL; }                                                             \
    }
#define CBP_SHORT_ROW(n, CALL) case n: { enum { N = n }; CALL; break; }

/* Σ of a row's n terms, in an order that depends on n alone: eight strands, then a rest of four, two and one;
 * the sums of m such rows (+= if `more`); and the sums of a whole block, LOOP giving the terms tile by tile. */
#define CBP_SUMS_OF(SUFFIX, T_)                                                                               \
    typedef void (*cbp_loop_##SUFFIX)(const T_ *z, const T_ *a, const T_ *y, T_ *out, ptrdiff_t rows,         \
                                      ptrdiff_t cols, ptrdiff_t ld, ptrdiff_t out_ld, const T_ *p);           \
    CBP_INLINE T_ cbp_sum_##SUFFIX(const T_ *t, ptrdiff_t n) {                                                \
        T_ sum = 0;                                                                                           \
        if (n >= 8) {                                                                                         \
            T_ s[8] = {0};                                                                                    \
            for (const T_ *end = t + (n & ~(ptrdiff_t)7); t < end; t += 8)                                    \
                for (int i = 0; i < 8; i++) s[i] += t[i];                                                     \
            sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));                          \
        }                                                                                                     \
        if (n & 4) { sum += (t[0] + t[1]) + (t[2] + t[3]); t += 4; }                                          \
        if (n & 2) { sum += t[0] + t[1]; t += 2; }                                                            \
        return n & 1 ? sum + t[0] : sum;                                                                      \
    }                                                                                                         \
    CBP_INLINE void cbp_sums_n_##SUFFIX(const T_ *t, T_ *sums, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ld,        \
                                        int more) {                                                           \
        for (ptrdiff_t i = 0; i < m; i++) sums[i] = (more ? sums[i] : 0) + cbp_sum_##SUFFIX(t + i * ld, n);   \
    }                                                                                                         \
    CBP_OUTLINE void cbp_sums_##SUFFIX(const T_ *t, T_ *sums, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ld,         \
                                       int more) {                                                            \
        CBP_SHORT_ROWS(n, cbp_sums_n_##SUFFIX(t, sums, m, N, ld, more))                                       \
    }                                                                                                         \
    CBP_OUTLINE void cbp_row_sums_##SUFFIX(cbp_loop_##SUFFIX loop, const T_ *z, const T_ *a, const T_ *y,     \
                                           T_ *per_row, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld,         \
                                           const T_ *p) {                                                     \
        T_ terms[CBP_TERMS];                                                                                  \
        const ptrdiff_t wide = cols < CBP_TERMS ? cols : CBP_TERMS, tall = CBP_TERMS / (wide ? wide : 1);     \
        for (ptrdiff_t r = 0, m; r < rows; r += m) {                                                          \
            m = rows - r < tall ? rows - r : tall;                                                            \
            for (ptrdiff_t c = 0, at = r * ld, n; c < cols; c += n, at += n) {                                \
                n = cols - c < wide ? cols - c : wide;                                                        \
                loop(z + at, a + at, y + at, terms, m, n, ld, n, p);                                          \
                cbp_sums_##SUFFIX(terms, per_row + r, m, n, n, c > 0);                                        \
            }                                                                                                 \
        }                                                                                                     \
    }
CBP_SUMS_OF(f32, float)
CBP_SUMS_OF(f64, double)

#define CBP_SUM_COST_OF(NAME, SUFFIX, T_, N_PARAMS, VALUE, GRADIENT)                                          \
    CBP_LOOP_OF(NAME##_value_loop_##SUFFIX, T_, y, VALUE)                                                     \
    CBP_LOOP_OF(NAME##_grad_loop_##SUFFIX, T_, y, GRADIENT)                                                   \
    static int NAME##_value_##SUFFIX(const T_ *a, const T_ *y, T_ *per_sample, ptrdiff_t rows,                \
                                     ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {                         \
        CBP_PARAMS_OF(T_, N_PARAMS);                                                                          \
        cbp_row_sums_##SUFFIX(NAME##_value_loop_##SUFFIX, a, a, y, per_sample, rows, cols, ld, p);            \
        return CBP_OK;                                                                                        \
    }                                                                                                         \
    static int NAME##_grad_##SUFFIX(const T_ *a, const T_ *y, T_ *da, ptrdiff_t rows, ptrdiff_t cols,         \
                                    ptrdiff_t ld, const void *ctx) {                                          \
        CBP_PARAMS_OF(T_, N_PARAMS);                                                                          \
        NAME##_grad_loop_##SUFFIX(a, a, y, da, rows, cols, ld, ld, p);                                        \
        return CBP_OK;                                                                                        \
    }

#define CBP_SUM_COST_FUSED_OF(NAME, SUFFIX, T_, N_PARAMS, VALUE, GRADIENT)                                    \
    CBP_LOOP_OF(NAME##_fused_value_loop_##SUFFIX, T_, y, VALUE)                                               \
    CBP_LOOP_OF(NAME##_fused_grad_loop_##SUFFIX, T_, y, GRADIENT)                                             \
    static int NAME##_fused_value_##SUFFIX(const T_ *z, const T_ *a, const T_ *y, T_ *per_sample,             \
                                           ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {   \
        CBP_PARAMS_OF(T_, N_PARAMS);                                                                          \
        cbp_row_sums_##SUFFIX(NAME##_fused_value_loop_##SUFFIX, z, a, y, per_sample, rows, cols, ld, p);      \
        return CBP_OK;                                                                                        \
    }                                                                                                         \
    static int NAME##_fused_grad_##SUFFIX(const T_ *z, const T_ *a, const T_ *y, T_ *dz, ptrdiff_t rows,      \
                                          ptrdiff_t cols, ptrdiff_t ld, const void *ctx) {                    \
        CBP_PARAMS_OF(T_, N_PARAMS);                                                                          \
        NAME##_fused_grad_loop_##SUFFIX(z, a, y, dz, rows, cols, ld, ld, p);                                  \
        return CBP_OK;                                                                                        \
    }

/* C = Σ VALUE over a sample's outputs, GRADIENT the derivative of VALUE with respect to a. */
#define CBP_SUM_COST(NAME, PROVIDER, N_PARAMS, VALUE, GRADIENT)                                               \
    CBP_SUM_COST_OF(NAME, f32, float, N_PARAMS, VALUE, GRADIENT)                                              \
    CBP_SUM_COST_OF(NAME, f64, double, N_PARAMS, VALUE, GRADIENT)                                             \
    CBP_LINKAGE const cbp_cost NAME##_kernel = {                                                              \
        CBP_HEAD(CBP_COST, cbp_cost, #NAME, PROVIDER, 0u),                                                    \
        NAME##_value_f32, NAME##_grad_f32, NAME##_value_f64, NAME##_grad_f64, NULL, NULL, NULL, NULL};

/* With the canonical activation, also as Σ FUSED_VALUE and its derivative with respect to z, in terms of z, a and y. */
#define CBP_SUM_COST_FUSED(NAME, PROVIDER, N_PARAMS, VALUE, GRADIENT, FUSED_VALUE, FUSED_GRADIENT)            \
    CBP_SUM_COST_OF(NAME, f32, float, N_PARAMS, VALUE, GRADIENT)                                              \
    CBP_SUM_COST_OF(NAME, f64, double, N_PARAMS, VALUE, GRADIENT)                                             \
    CBP_SUM_COST_FUSED_OF(NAME, f32, float, N_PARAMS, FUSED_VALUE, FUSED_GRADIENT)                            \
    CBP_SUM_COST_FUSED_OF(NAME, f64, double, N_PARAMS, FUSED_VALUE, FUSED_GRADIENT)                           \
    CBP_LINKAGE const cbp_cost NAME##_kernel = {                                                              \
        CBP_HEAD(CBP_COST, cbp_cost, #NAME, PROVIDER, 0u),                                                    \
        NAME##_value_f32, NAME##_grad_f32, NAME##_value_f64, NAME##_grad_f64,                                 \
        NAME##_fused_value_f32, NAME##_fused_grad_f32, NAME##_fused_value_f64, NAME##_fused_grad_f64};

#endif
