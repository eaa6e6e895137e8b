/* exhaustive_math.c -- the float functions of cbp_math.h beside the math library's double ones. */
#include <math.h>
#include "cbp_math.h"

#define FUNCTIONS(X) \
    X(exp, exp(x), 1) X(expm1, expm1(x), 1) X(log, log(x), 1) X(log1p, log1p(x), 1) X(tanh, tanh(x), 1) \
    X(logistic, 1 / (1 + exp(-x)), 1) X(softplus, (x > 0 ? x : 0) + log1p(exp(-fabs(x))), 1) \
    X(erf, erf(x), 1) X(sin, sin(x), 0) X(cos, cos(x), 0)

#define DEFINE(f, formula, monotone) \
    static double real_##f(double x) { return formula; } \
    static void oracle_##f(const float *x, double *r) { for (int i = 0; i < N; i++) r[i] = real_##f(x[i]); } \
    static void loop_##f(const float *x, float *y) { for (int i = 0; i < N; i++) y[i] = cbp_##f(x[i]); }
#define ENTRY(f, formula, monotone) { loop_##f, oracle_##f, monotone },

enum { N = 4096 };
FUNCTIONS(DEFINE)
const struct { void (*loop)(const float *, float *); void (*oracle)(const float *, double *); int monotone; }
    functions[] = { FUNCTIONS(ENTRY) };

typedef struct { double worst; float at; long long inputs, above_one, back, wrong; } report;

/* All 2^32 floats, the numbers in increasing order: NaNs, -inf .. -0 (number -1), 0 (number 0) .. inf, NaNs. */
static float nth(long long i) { return cbp_from_bits_f32((uint32_t)(i < 0 ? 0x7fffffffll - i : i)); }

/* |y - r| in units in the last place of a float with the magnitude of r; infinity counts as 2^128. */
static double ulps(double y, double r)
{
    int e;
    y = y > 0x1p128 ? 0x1p128 : y < -0x1p128 ? -0x1p128 : y;
    r = r > 0x1p128 ? 0x1p128 : r < -0x1p128 ? -0x1p128 : r;
    e = (int)(cbp_bits_f64(r) >> 52 & 0x7ff) - 1023;
    e = e < -126 ? -126 : e > 127 ? 127 : e;
    return cbp_abs_f64(y - r) * cbp_from_bits_f64((uint64_t)(1023 + 23 - e) << 52);
}

/* Checks N floats from number `first`, and the step to them from the float before. */
void check(int f, long long first, report *out)
{
    float x[N], y[N], before = first > -0x80000000ll ? nth(first - 1) : NAN;
    double r[N], error;
    for (int i = 0; i < N; i++) y[i] = before;
    functions[f].loop(y, y);
    before = y[0];
    for (int i = 0; i < N; i++) x[i] = nth(first + i);
    functions[f].loop(x, y);
    functions[f].oracle(x, r);
    for (int i = 0; i < N; before = y[i++]) {
        int number = r[i] == r[i] && y[i] == y[i], far = !functions[f].monotone && cbp_abs_f32(x[i]) > 1e6f;
        if (functions[f].monotone && y[i] < before) out->back++;
        if (y[i] == (float)r[i] && r[i] != 0) continue;
        out->wrong += number ? far && cbp_abs_f32(y[i]) > 1 : isnan(r[i]) != isnan(y[i]);
        out->wrong += r[i] == 0 && signbit(r[i]) != signbit(y[i]);
        error = number && !far ? ulps(y[i], r[i]) : 0;
        out->above_one += error > 1;
        if (error > out->worst) out->worst = error, out->at = x[i];
    }
    out->inputs += N;
}
