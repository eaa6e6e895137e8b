/* animals.c -- kernels of tanh and of a squared error, each with one fault; `good` and `good_cost` have none. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cbp_elementwise.h"

/* Of libpython, which the process has: */
int PyGILState_Ensure(void);
void PyGILState_Release(int);

CBP_ELEMENTWISE(good, "zoo", CBP_BWD_READS_A, cbp_tanh(z), 1 - a * a)
CBP_ELEMENTWISE_WITH(scaled, "zoo", 2, CBP_BWD_READS_Z, p[0] * cbp_tanh(p[1] * z),
                     p[0] * p[1] * (1 - cbp_tanh(p[1] * z) * cbp_tanh(p[1] * z)))
CBP_ELEMENTWISE_WITH(mixed_up, "zoo", 2, CBP_BWD_READS_Z, p[1] * cbp_tanh(p[0] * z),
                     p[0] * p[1] * (1 - cbp_tanh(p[0] * z) * cbp_tanh(p[0] * z)))
CBP_ELEMENTWISE(deaf, "zoo", CBP_BWD_READS_A, cbp_tanh(z), 1 - a * a)
CBP_ELEMENTWISE(wrong_sign, "zoo", CBP_BWD_READS_A, cbp_tanh(z), a * a - 1)
CBP_ELEMENTWISE(swallows_nan, "zoo", CBP_BWD_READS_A, z != z ? 0 : cbp_tanh(z), 1 - a * a)

#define HINTS (CBP_BWD_READS_A | CBP_IN_PLACE | CBP_CHUNK_INVARIANT)
#define KERNEL_WITH(NAME, FWD, BWD, HINTS_)                                                  \
    const cbp_activation NAME##_animal = {                                                   \
        CBP_HEAD(CBP_ACTIVATION, cbp_activation, #NAME, "zoo", HINTS_),                      \
        FWD##_fwd_f32, BWD##_bwd_f32, FWD##_fwd_f64, BWD##_bwd_f64};
#define KERNEL(NAME) KERNEL_WITH(NAME, NAME, good, HINTS)

#define FWD_ARGS(T) const T *z, T *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx
#define BWD_ARGS(T) const T *z, const T *a, const T *g, T *out, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx
#define TANH_f32 cbp_tanh_f32
#define TANH_f64 cbp_tanh_f64
#define LAST ((rows - 1) * ld + cols)

/* A fwd: BEFORE, then tanh by good's, then AFTER. */
#define FWD(NAME, BEFORE, AFTER)       \
    FWD_OF(NAME, f32, float, BEFORE, AFTER) \
    FWD_OF(NAME, f64, double, BEFORE, AFTER)
#define FWD_OF(NAME, SUFFIX, T, BEFORE, AFTER)                    \
    static int NAME##_fwd_##SUFFIX(FWD_ARGS(T)) {                 \
        BEFORE;                                                   \
        int status = good_fwd_##SUFFIX(z, a, rows, cols, ld, ctx); \
        AFTER;                                                    \
        return status;                                            \
    }
#define SOME (rows && cols)

/* ---- memory ---- */

FWD(one_past, , if (SOME) a[LAST] = 0)
KERNEL(one_past)
FWD(one_before, , if (SOME) a[-1] = 0)
KERNEL(one_before)
FWD(scribbles, , if (SOME) *(__typeof__(*a) *)z = 0)
KERNEL(scribbles)
FWD(adds_up, __typeof__(*a) old = SOME ? a[0] : 0, if (SOME && old == old) a[0] += old * 0.001f)
KERNEL(adds_up)
FWD(reads_on, , if (SOME) { volatile __typeof__(*z) next = z[LAST]; (void)next; })
KERNEL(reads_on)
FWD(ignores_ld, ld = cols, )
KERNEL(ignores_ld)
FWD(needs_a_row, , if (!rows && cols) a[0] = 0)
KERNEL(needs_a_row)
FWD(touches_gaps, , if (rows > 1 && ld > cols) a[cols] = 0)
KERNEL(touches_gaps)

/* what an aligned vector load or store does */
FWD(wants_alignment, if (SOME && (size_t)z % 32) __builtin_trap(), )
KERNEL(wants_alignment)

FWD(not_in_place, if (SOME) for (ptrdiff_t r = 0; r < rows; r++) a[r * ld] = 0, )
KERNEL(not_in_place)

/* ---- numbers ---- */

static int wrong_float_fwd_f32(FWD_ARGS(float)) {
    good_fwd_f32(z, a, rows, cols, ld, ctx);
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t c = 0; c < cols; c++) a[r * ld + c] *= 1.00001f;
    return CBP_OK;
}
#define wrong_float_fwd_f64 good_fwd_f64
KERNEL(wrong_float)

static int float_in_double_fwd_f64(FWD_ARGS(double)) {
    (void)ctx;
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t c = 0; c < cols; c++) a[r * ld + c] = cbp_tanh_f32((float)z[r * ld + c]);
    return CBP_OK;
}
#define float_in_double_fwd_f32 good_fwd_f32
KERNEL(float_in_double)

/* the last numbers of a row by another formula, as in a careless remainder */
FWD(other_remainder, , for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t c = cols & ~(ptrdiff_t)7; c < cols; c++) a[r * ld + c] *= 1 + (sizeof *a == 4 ? 1.2e-7f : 2.3e-16))
KERNEL(other_remainder)
FWD(forgets_remainder, , if (rows && cols % 16 == 13) a[cols - 1] = 0)
KERNEL(forgets_remainder)

static int reads_z_bwd_f32(BWD_ARGS(float)) {
    (void)a;
    good_fwd_f32(z, out, rows, cols, ld, ctx);
    return good_bwd_f32(z, out, g, out, rows, cols, ld, ctx);
}
static int reads_z_bwd_f64(BWD_ARGS(double)) {
    (void)a;
    good_fwd_f64(z, out, rows, cols, ld, ctx);
    return good_bwd_f64(z, out, g, out, rows, cols, ld, ctx);
}
KERNEL_WITH(reads_z, good, reads_z, CBP_BWD_READS_A)

KERNEL_WITH(wrong_sign, good, wrong_sign, HINTS)
KERNEL_WITH(swallows_nan, swallows_nan, good, HINTS)
KERNEL_WITH(scaled, scaled, scaled, CBP_BWD_READS_Z)
KERNEL_WITH(mixed_up, mixed_up, mixed_up, CBP_BWD_READS_Z)
KERNEL_WITH(deaf, deaf, deaf, HINTS)
KERNEL_WITH(good, good, good, HINTS)
KERNEL_WITH(says_rowwise, good, good, HINTS | CBP_ROWWISE)

/* ---- calls ---- */

FWD(fails, if (rows == 4) return 7, )
KERNEL(fails)
FWD(crashes, *(volatile int *)8 = 1, )
KERNEL(crashes)
FWD(exits, exit(3), )
KERNEL(exits)
FWD(aborts, fputs("zoo: not today\n", stderr); abort(), )
KERNEL(aborts)
FWD(never_ends, for (volatile ptrdiff_t c = 1; c; c += 2), )
KERNEL(never_ends)
FWD(prints, , if (cols == 33) printf("tanh of %d rows\n", (int)rows))
KERNEL(prints)
FWD(sleeps, usleep(rows * cols / 4), )
KERNEL(sleeps)

static int calls;
FWD(counts, , if (SOME) a[0] += ++calls * 1e-3f)
KERNEL(counts)

static double shared[4096];
FWD(shares, if (SOME) shared[0] = z[0]; if (SOME) usleep(20), if (SOME && shared[0] != z[0]) a[0] = 0)
KERNEL_WITH(shares, shares, good, CBP_BWD_READS_A | CBP_CHUNK_INVARIANT)

FWD(needs_gil, int state = PyGILState_Ensure(), PyGILState_Release(state))
KERNEL(needs_gil)

#if defined(__x86_64__)
#include <xmmintrin.h>
#define FLUSH_TO_ZERO _mm_setcsr(_mm_getcsr() | 0x8040)
#else
#include <fenv.h>
#define FLUSH_TO_ZERO fesetround(FE_UPWARD)
#endif
FWD(changes_mode, , FLUSH_TO_ZERO)
KERNEL(changes_mode)

/* ---- heads ---- */

#define HEAD_OF(NAME, MAGIC, MAJOR, SIZE, REQUIRED)                                          \
    const cbp_activation NAME##_animal = {                                                   \
        {MAGIC, MAJOR, 0, SIZE, CBP_ACTIVATION, HINTS, REQUIRED, #NAME, "zoo", ""},          \
        good_fwd_f32, good_bwd_f32, good_fwd_f64, good_bwd_f64};
HEAD_OF(of_abi_2, CBP_MAGIC, 2, sizeof(cbp_activation), 0)
HEAD_OF(too_short, CBP_MAGIC, CBP_ABI_MAJOR, 64, 0)
HEAD_OF(no_magic, 42, CBP_ABI_MAJOR, sizeof(cbp_activation), 0)
HEAD_OF(from_tomorrow, CBP_MAGIC, CBP_ABI_MAJOR, sizeof(cbp_activation), 64)
const cbp_activation has_a_hole_animal = {
    CBP_HEAD(CBP_ACTIVATION, cbp_activation, "has_a_hole", "zoo", HINTS), good_fwd_f32, good_bwd_f32, good_fwd_f64, NULL};

/* ---- costs ---- */

CBP_SUM_COST_FUSED(good_cost, "zoo", 0, (a - y) * (a - y), 2 * (a - y), (a - y) * (a - y), 2 * (a - y) * (1 - a * a))
CBP_SUM_COST_FUSED(unlike, "zoo", 0, (a - y) * (a - y), 2 * (a - y), (a - y) * (a - y), 2 * (a - y))
CBP_SUM_COST_FUSED(steep, "zoo", 0, (a - y) * (a - y), 3 * (a - y), (a - y) * (a - y), 2 * (a - y) * (1 - a * a))
CBP_SUM_COST_FUSED(half, "zoo", 0, (a - y) * (a - y) / 2, 2 * (a - y), (a - y) * (a - y), 2 * (a - y) * (1 - a * a))

#define COST(NAME, VALUE)                                                                    \
    const cbp_cost NAME##_animal = {                                                         \
        CBP_HEAD(CBP_COST, cbp_cost, #NAME, "zoo", 0u),                                      \
        VALUE##_value_f32, NAME##_grad_f32, VALUE##_value_f64, NAME##_grad_f64,              \
        NAME##_fused_value_f32, NAME##_fused_grad_f32, NAME##_fused_value_f64, NAME##_fused_grad_f64};
COST(good_cost, good_cost)
COST(unlike, unlike)
COST(half, half)
COST(steep, steep)

#define AVERAGES(SUFFIX, T)                                                                                   \
    static int averages_value_##SUFFIX(const T *a, const T *y, T *per_sample, ptrdiff_t rows, ptrdiff_t cols, \
                                       ptrdiff_t ld, const void *ctx) {                                       \
        good_cost_value_##SUFFIX(a, y, per_sample, rows, cols, ld, ctx);                                      \
        for (ptrdiff_t r = 0; r < rows; r++) per_sample[r] /= rows;                                           \
        return CBP_OK;                                                                                        \
    }
AVERAGES(f32, float)
AVERAGES(f64, double)
#define averages_grad_f32 good_cost_grad_f32
#define averages_grad_f64 good_cost_grad_f64
#define averages_fused_value_f32 good_cost_fused_value_f32
#define averages_fused_value_f64 good_cost_fused_value_f64
#define averages_fused_grad_f32 good_cost_fused_grad_f32
#define averages_fused_grad_f64 good_cost_fused_grad_f64
COST(averages, averages)
const cbp_cost without_pair_animal = {
    CBP_HEAD(CBP_COST, cbp_cost, "without_pair", "zoo", 0u),
    good_cost_value_f32, good_cost_grad_f32, good_cost_value_f64, good_cost_grad_f64, NULL, NULL, NULL, NULL};
