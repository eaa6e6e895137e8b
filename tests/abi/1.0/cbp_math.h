/* cbp_math.h: elementary functions that a C compiler can vectorise.

   Include it in an activation or cost kernel and write plain loops:

       for (i = 0; i < n; i++) a[i] = z[i] * cbp_logistic(z[i]);

   GCC and clang turn such a loop into SIMD code at -O3 -fno-math-errno -fno-trapping-math, for every instruction set
   from SSE2 to AVX-512. -ffast-math is refused: error bounds, NaN and infinities depend on IEEE arithmetic.

   The functions are cbp_exp, expm1, log, log1p, tanh, logistic, erf, softplus, sin, cos, abs, sqrt (x) and max, min
   (a, b), in three forms: cbp_exp_f32, cbp_exp_f64, and cbp_exp for either type. Each states its largest error in
   units in the last place (ULP): for float over all 2^32 inputs, for double over a dense sample. NaN gives NaN,
   overflow infinity, and underflow is gradual. Those called monotone never step back between neighbouring floats.
   The other functions here are their parts and may change.

   How it works. Every function is straight-line code: no branch, no table, no call; a ternary becomes a blend.
   Adding 1.5 * 2^23 (2^52) rounds to an integer and leaves it in the low bits of the sum; shifting these bits into the
   exponent makes a power of two. SSE and AVX2, which have no conversion between double and int64, need no more.
   Multiply-adds are written as cbp_fma and no product is added to anything otherwise, so the compiler has no choice of
   rounding: results depend on whether the instruction set has FMA, never on the optimisation level, the vector
   width or an element's position in its array. Polynomials were fitted for least maximal error, their coefficients
   rounded one after the other. */

#ifndef CBP_MATH_H
#define CBP_MATH_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "cbp_math.h needs IEEE arithmetic: compile without -ffast-math (-fno-math-errno -fno-trapping-math are good)"
#endif
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "cbp_math.h needs float arithmetic in float and double in double: on 32-bit x86 compile with -msse2 -mfpmath=sse"
#endif

#define CBP_INF_F32 __builtin_inff()
#define CBP_INF_F64 __builtin_inf()
#define CBP_NAN_F32 __builtin_nanf("")
#define CBP_NAN_F64 __builtin_nan("")

/* ---- arithmetic and bits ------------------------------------------------------------------------------------- */

static inline uint32_t cbp_bits_f32(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
static inline uint64_t cbp_bits_f64(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u; }
static inline float cbp_from_bits_f32(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }
static inline double cbp_from_bits_f64(uint64_t u) { double x; memcpy(&x, &u, sizeof x); return x; }

/* a b + c, rounded once where the instruction set has FMA, twice elsewhere. */
#if defined(__FMA__) || defined(__FP_FAST_FMA) || defined(__ARM_FEATURE_FMA)
static inline float cbp_fma_f32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double cbp_fma_f64(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
static inline float cbp_fma_f32(float a, float b, float c) { return a * b + c; }
static inline double cbp_fma_f64(double a, double b, double c) { return a * b + c; }
#endif

/* |x|. Exact. */
static inline float cbp_abs_f32(float x) { return cbp_from_bits_f32(cbp_bits_f32(x) & 0x7fffffffu); }
static inline double cbp_abs_f64(double x) { return cbp_from_bits_f64(cbp_bits_f64(x) & 0x7fffffffffffffffu); }

/* The larger, the smaller of two numbers; NaN if either is NaN, either zero of 0 and -0. Put a constant second: then
   the test of b for NaN vanishes. */
static inline float cbp_max_f32(float a, float b) { return b != b ? b : (b > a ? b : a); }
static inline double cbp_max_f64(double a, double b) { return b != b ? b : (b > a ? b : a); }
static inline float cbp_min_f32(float a, float b) { return b != b ? b : (b < a ? b : a); }
static inline double cbp_min_f64(double a, double b) { return b != b ? b : (b < a ? b : a); }

/* Square root, correctly rounded; NaN for x < 0. It needs -fno-math-errno to vectorise. */
static inline float cbp_sqrt_f32(float x) { return __builtin_sqrtf(x); }
static inline double cbp_sqrt_f64(double x) { return __builtin_sqrt(x); }

/* x >= 0 with the sign of s. */
static inline float cbp_sign_f32(float x, float s)
{ return cbp_from_bits_f32(cbp_bits_f32(x) | (cbp_bits_f32(s) & 0x80000000u)); }
static inline double cbp_sign_f64(double x, double s)
{ return cbp_from_bits_f64(cbp_bits_f64(x) | (cbp_bits_f64(s) & 0x8000000000000000u)); }

/* 2^(k - 127), 2^(k - 1023) for k in the low bits of a word; its other bits are shifted out. */
static inline float cbp_pow2_f32(uint32_t k) { return cbp_from_bits_f32(k << 23); }
static inline double cbp_pow2_f64(uint64_t k) { return cbp_from_bits_f64(k << 52); }

/* c0 + c1 x + c2 x^2 (+ c3 x^3), given x^2. Long polynomials are made of these: their chain of dependent operations is
   half as long as Horner's, and it is for these chains that the loops wait. */
static inline float cbp_quadratic_f32(float x, float x2, float c0, float c1, float c2)
{ return cbp_fma_f32(c2, x2, cbp_fma_f32(c1, x, c0)); }
static inline double cbp_quadratic_f64(double x, double x2, double c0, double c1, double c2)
{ return cbp_fma_f64(c2, x2, cbp_fma_f64(c1, x, c0)); }
static inline float cbp_cubic_f32(float x, float x2, float c0, float c1, float c2, float c3)
{ return cbp_fma_f32(cbp_fma_f32(c3, x, c2), x2, cbp_fma_f32(c1, x, c0)); }
static inline double cbp_cubic_f64(double x, double x2, double c0, double c1, double c2, double c3)
{ return cbp_fma_f64(cbp_fma_f64(c3, x, c2), x2, cbp_fma_f64(c1, x, c0)); }

/* ---- exponentials: x = k ln 2 + r, |r| <= ln 2 / 2, so e^x = 2^k (1 + m) with m = e^r - 1 ----------------------- */

/* Gives m, and k + bias in the low bits of *k. The first part of ln 2 is short, so that k times it is exact.
   m = r + r^2 q(r), q of degree 4 (double: 10), error 2^-26 (2^-61); adding a small term to r keeps m monotone. */
static inline float cbp_expm1_reduced_f32(float x, int bias, uint32_t *k)
{
    const float magic = 12582912.0f + (float)bias;
    float t = cbp_fma_f32(x, 1.44269502f, magic), n = t - magic;
    float r = cbp_fma_f32(n, -1.42860677e-6f, cbp_fma_f32(n, -0.693145752f, x)), r2 = r * r;
    float q = cbp_quadratic_f32(r, r2, 4.16673869e-2f, 8.36624950e-3f, 1.38487772e-3f);
    q = cbp_fma_f32(q, r2, cbp_fma_f32(0.166665465f, r, 0.5f));
    *k = cbp_bits_f32(t);
    return cbp_fma_f32(q, r2, r);
}
static inline double cbp_expm1_reduced_f64(double x, int bias, uint64_t *k)
{
    const double magic = 6755399441055744.0 + (double)bias;
    double t = cbp_fma_f64(x, 1.4426950408889634, magic), n = t - magic;
    double r = cbp_fma_f64(n, 1.7239444525614835e-13, cbp_fma_f64(n, -0.6931471805601177, x));
    double r2 = r * r, r4 = r2 * r2;
    double q = cbp_quadratic_f64(r, r2, 2.7557353000379377e-07, 2.5109153171356852e-08, 2.0889459235832876e-09);
    q = cbp_fma_f64(q, r4, cbp_cubic_f64(r, r2, 0.0013888888888923844, 0.00019841269886515615, 2.4801587237424647e-05,
                                         2.755724385218625e-06));
    q = cbp_fma_f64(q, r4, cbp_cubic_f64(r, r2, 0.5, 0.16666666666666677, 0.04166666666666661, 0.008333333333321456));
    *k = cbp_bits_f64(t);
    return cbp_fma_f64(q, r2, r);
}

/* e^x for x up to 89 (710). 2^k may be out of range, so it is applied in two halves. */
static inline float cbp_exp_bounded_f32(float x)
{
    uint32_t k, h;
    float m = cbp_expm1_reduced_f32(cbp_max_f32(x, -105.0f), 254, &k), s = cbp_pow2_f32(h = k >> 1);
    return cbp_fma_f32(s, m, s) * cbp_pow2_f32(k - h);
}
static inline double cbp_exp_bounded_f64(double x)
{
    uint64_t k, h;
    double m = cbp_expm1_reduced_f64(cbp_max_f64(x, -746.0), 2046, &k), s = cbp_pow2_f64(h = k >> 1);
    return cbp_fma_f64(s, m, s) * cbp_pow2_f64(k - h);
}

/* e^x. At most 1.1 ULP (double 1.1); monotone. */
static inline float cbp_exp_f32(float x) { float y = cbp_exp_bounded_f32(x); return x > 89.0f ? CBP_INF_F32 : y; }
static inline double cbp_exp_f64(double x) { double y = cbp_exp_bounded_f64(x); return x > 710.0 ? CBP_INF_F64 : y; }

/* e^x - 1 = 2^k m + (2^k - 1), with 2^(k-1) in place of 2^k, which may overflow.
   At most 1.8 ULP (double 2.1); monotone. */
static inline float cbp_expm1_f32(float x)
{
    uint32_t k;
    float m = cbp_expm1_reduced_f32(cbp_max_f32(x, -20.0f), 126, &k), s = cbp_pow2_f32(k);
    float y = 2.0f * cbp_fma_f32(s, m, s - 0.5f);
    y = x > 89.0f ? CBP_INF_F32 : y;
    return cbp_abs_f32(x) < 1e-9f ? x : y;
}
static inline double cbp_expm1_f64(double x)
{
    uint64_t k;
    double m = cbp_expm1_reduced_f64(cbp_max_f64(x, -40.0), 1022, &k), s = cbp_pow2_f64(k);
    double y = 2.0 * cbp_fma_f64(s, m, s - 0.5);
    y = x > 710.0 ? CBP_INF_F64 : y;
    return cbp_abs_f64(x) < 1e-18 ? x : y;
}

/* tanh |x| = (1 - e^y) / (1 + e^y), y = -2|x|. At most 2 ULP (double 2.2); monotone. */
static inline float cbp_tanh_f32(float x)
{
    uint32_t k;
    float m = cbp_expm1_reduced_f32(cbp_max_f32(-2.0f * cbp_abs_f32(x), -20.0f), 127, &k), s = cbp_pow2_f32(k);
    return cbp_sign_f32(cbp_fma_f32(-s, m, 1.0f - s) / cbp_fma_f32(s, m, 1.0f + s), x);
}
static inline double cbp_tanh_f64(double x)
{
    uint64_t k;
    double m = cbp_expm1_reduced_f64(cbp_max_f64(-2.0 * cbp_abs_f64(x), -40.0), 1023, &k), s = cbp_pow2_f64(k);
    return cbp_sign_f64(cbp_fma_f64(-s, m, 1.0 - s) / cbp_fma_f64(s, m, 1.0 + s), x);
}

/* 1 / (1 + e^-x). With e^-x = 2^h t (1 + m), t = 2^(k-h) and s = 2^-h, this is s / (s + t + t m): nothing overflows,
   tiny results are right. What rounding takes from s + t is added to t m. At most 1.8 ULP (double 1.8);
   monotone. */
static inline float cbp_logistic_f32(float x)
{
    uint32_t k, h;
    float m = cbp_expm1_reduced_f32(cbp_max_f32(-x, -20.0f), 254, &k), s = cbp_pow2_f32(254 - (h = k >> 1));
    float t = cbp_pow2_f32(k - h), u = s + t, y = s / (cbp_fma_f32(t, m, s - (u - t)) + u);
    return x < -105.0f ? 0.0f : y;
}
static inline double cbp_logistic_f64(double x)
{
    uint64_t k, h;
    double m = cbp_expm1_reduced_f64(cbp_max_f64(-x, -40.0), 2046, &k), s = cbp_pow2_f64(2046 - (h = k >> 1));
    double t = cbp_pow2_f64(k - h), u = s + t, y = s / (cbp_fma_f64(t, m, s - (u - t)) + u);
    return x < -746.0 ? 0.0 : y;
}

/* erf a for a = |x| < 1 is a + a p(a^2 - 1/2), p of degree 6 (double: 12), error 2^-29 (2^-59); above it is 1 - e^-g,
   g(a - 1.75) of degree 6 (17), error 2^-29 (2^-57). Without the shifts rounding would make it step back.
   At most 1.2 ULP (double 1.3); monotone. */
static inline float cbp_erf_f32(float x)
{
    uint32_t k;
    float a = cbp_min_f32(cbp_abs_f32(x), 3.93f), v = cbp_fma_f32(a, a, -0.5f), v2 = v * v;
    float d = a - 1.75f, d2 = d * d, p, g, m, s;
    p = cbp_quadratic_f32(v, v2, 3.48011823e-3f, -5.65587718e-4f, 7.89737242e-5f);
    p = cbp_fma_f32(p, v2 * v, cbp_quadratic_f32(v, v2, -0.281072199f, 7.94100016e-2f, -1.82832945e-2f));
    p = cbp_fma_f32(p, v, -3.45312618e-2f);
    g = cbp_quadratic_f32(d, d2, 0.909937143f, 2.05383170e-2f, -4.60601132e-3f);
    g = cbp_fma_f32(cbp_fma_f32(-1.89527011e-4f, d, 9.86995408e-4f), d2 * d, g);
    g = cbp_fma_f32(cbp_fma_f32(g, d, 3.95961022f), d, 4.31786346f);
    m = cbp_expm1_reduced_f32(-g, 127, &k);
    s = cbp_pow2_f32(k);
    return cbp_sign_f32(a < 1.0f ? cbp_fma_f32(p, a, a) : cbp_fma_f32(-s, m, 1.0f - s), x);
}
static inline double cbp_erf_f64(double x)
{
    uint64_t k;
    double a = cbp_min_f64(cbp_abs_f64(x), 5.92), v = cbp_fma_f64(a, a, -0.5), v2 = v * v, v4 = v2 * v2;
    double d = a - 1.75, d2 = d * d, d4 = d2 * d2, p, g, m, s;
    p = cbp_quadratic_f64(v, v2, 9.388403350186015e-09, -7.807036625068475e-10, 5.866500578147788e-11);
    p = cbp_fma_f64(p, v4, cbp_cubic_f64(v, v2, 7.829649529366536e-05, -9.614808859005446e-06, 1.0536447025581815e-06,
                                         -1.0420306759822438e-07));
    p = cbp_fma_f64(p, v4, cbp_cubic_f64(v, v2, 0.07940998675593493, -0.01828388448915408, 0.003480274496662628,
                                         -0.0005611894220945059));
    p = cbp_fma_f64(cbp_fma_f64(p, v, -0.2810721780454342), v, -0.03453126133013269);
    g = cbp_cubic_f64(d, d2, -3.394527887463433e-10, 2.6123014186281295e-10, -5.788168420916687e-11,
                      4.928765368088316e-12);
    g = cbp_fma_f64(g, d4, cbp_cubic_f64(d, d2, 4.019180630846739e-07, -1.1329596196019602e-07, 2.313920998809261e-08,
                                         -2.676129508302761e-09));
    g = cbp_fma_f64(g, d4, cbp_cubic_f64(d, d2, -0.00017452306517084452, 2.3741427906785098e-05, -8.275207676177144e-07,
                                         -8.907527730107496e-07));
    g = cbp_fma_f64(g, d4, cbp_cubic_f64(d, d2, 0.9099401664966933, 0.020538840381221272, -0.0046249304984341605,
                                         0.0009640986550162156));
    g = cbp_fma_f64(cbp_fma_f64(g, d, 3.959610900813422), d, 4.317863525433223);
    m = cbp_expm1_reduced_f64(-g, 1023, &k);
    s = cbp_pow2_f64(k);
    return cbp_sign_f64(a < 1.0 ? cbp_fma_f64(p, a, a) : cbp_fma_f64(-s, m, 1.0 - s), x);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x|, for |x| >= 1, where log(1 + e) = e + e^2 q(e), q of degree 5
   (double: 14), error 2^-27 (2^-61). Nearer to 0 that sum would step back; log 2 + x/2 + x^2 p(x^2), p of degree 3 (9),
   error 2^-27 (2^-60), takes its place. At most 1.7 ULP (double 1.8); monotone. */
static inline float cbp_softplus_f32(float x)
{
    float e = cbp_exp_bounded_f32(-cbp_abs_f32(x)), e2 = e * e, w = x * x, w2 = w * w, q, p;
    q = cbp_fma_f32(5.29759750e-2f, e, -0.130650818f);
    q = cbp_fma_f32(q, e2 * e2, cbp_cubic_f32(e, e2, -0.499999017f, 0.333281457f, -0.249066457f, 0.192047238f));
    p = cbp_cubic_f32(w, w2, 0.124999851f, -5.20698726e-3f, 3.43294174e-4f, -2.16536719e-5f);
    p = cbp_fma_f32(0.5f, x, cbp_fma_f32(p, w, -1.90465421e-9f)) + 0.693147182f;
    return w < 1.0f ? p : cbp_max_f32(x, 0.0f) + cbp_fma_f32(q, e2, e);
}
static inline double cbp_softplus_f64(double x)
{
    double e = cbp_exp_bounded_f64(-cbp_abs_f64(x)), e2 = e * e, e4 = e2 * e2;
    double w = x * x, w2 = w * w, w4 = w2 * w2, q, p;
    q = cbp_quadratic_f64(e, e2, -0.044310580987224964, 0.021572215556493534, -0.005369022283228017);
    q = cbp_fma_f64(q, e4, cbp_cubic_f64(e, e2, -0.09980455366224934, 0.08987376442365061, -0.07922753508782944,
                                         0.06472118290366144));
    q = cbp_fma_f64(q, e4, cbp_cubic_f64(e, e2, -0.16666665596639915, 0.14285693383201598, -0.12499717225696305,
                                         0.11108366762376436));
    q = cbp_fma_f64(q, e4, cbp_cubic_f64(e, e2, -0.4999999999999997, 0.3333333333332585, -0.2499999999927608,
                                         0.19999999964082074));
    p = cbp_fma_f64(-6.961416706046862e-12, w, 1.153777903786214e-10);
    p = cbp_fma_f64(p, w4, cbp_cubic_f64(w, w2, 2.1356903678047817e-06, -1.8031754024751866e-07, 1.5650195774285116e-08,
                                         -1.375897809719833e-09));
    p = cbp_fma_f64(p, w4, cbp_cubic_f64(w, w2, 0.12499999999999993, -0.005208333333330201, 0.0003472222221721696,
                                         -2.635168610627031e-05));
    p = cbp_fma_f64(0.5, x, cbp_fma_f64(p, w, 2.3190468138462996e-17)) + 0.6931471805599453;
    return w < 1.0 ? p : cbp_max_f64(x, 0.0) + cbp_fma_f64(q, e2, e);
}

/* ---- logarithms: x = 2^n (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), so log x = n ln 2 + log(1 + f) ----------------- */

/* n ln 2 + log(1 + f). For float log(1 + f) = f + f^2 q(f), q of degree 8, error 2^-27.7. For double, with
   s = f / (2 + f), it is 2 atanh s = f - (h - s (h + s^2 p(s^2))), h = f^2 / 2, p of degree 6, error 2^-59. */
static inline float cbp_log_reduced_f32(float n, float f)
{
    float f2 = f * f, f4 = f2 * f2;
    float q = cbp_cubic_f32(f, f2, -0.166081786f, 0.141953930f, -0.132636115f, 0.128275171f);
    q = cbp_fma_f32(cbp_fma_f32(-7.47934654e-2f, f4, q), f4,
                    cbp_cubic_f32(f, f2, -0.499999881f, 0.333333373f, -0.250016004f, 0.200012371f));
    return cbp_fma_f32(n, 0.693145752f, f + cbp_fma_f32(f2, q, n * 1.42860677e-6f));
}
static inline double cbp_log_reduced_f64(double n, double f)
{
    double s = f / (2.0 + f), w = s * s, w2 = w * w, g = 0.5 * f;
    double p = cbp_quadratic_f64(w, w2, 0.18183571062749962, 0.15313895544374637, 0.14797365813311805);
    p = cbp_fma_f64(p, w2 * w2, cbp_cubic_f64(w, w2, 0.6666666666666736, 0.39999999999405483, 0.2857142874406218,
                                              0.22222198426086057));
    p = cbp_fma_f64(s, cbp_fma_f64(w, p, g * f), n * -1.7239444525614835e-13);
    return cbp_fma_f64(n, 0.6931471805601177, f - cbp_fma_f64(g, f, -p));
}

/* log x; -inf at 0, NaN below. Subnormal x is scaled up first; subtracting the bits of sqrt(1/2) splits off n, whose
   bias goes with the constant that turns it into a float. At most 1 ULP (double 0.9); monotone. */
static inline float cbp_log_f32(float x)
{
    int tiny = x < FLT_MIN;
    uint32_t u = cbp_bits_f32(tiny ? x * 8388608.0f : x) + (0x3f800000u - 0x3f3504f3u);
    float n = cbp_from_bits_f32((u >> 23) | 0x4b000000u) - (tiny ? 8388758.0f : 8388735.0f);
    float f = cbp_from_bits_f32((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f, y = cbp_log_reduced_f32(n, f);
    y = x < CBP_INF_F32 ? y : x;
    return x > 0.0f ? y : (x == 0.0f ? -CBP_INF_F32 : CBP_NAN_F32);
}
static inline double cbp_log_f64(double x)
{
    int tiny = x < DBL_MIN;
    uint64_t u = cbp_bits_f64(tiny ? x * 4503599627370496.0 : x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    double n = cbp_from_bits_f64((u >> 52) | 0x4330000000000000u) - (tiny ? 4503599627371571.0 : 4503599627371519.0);
    double f = cbp_from_bits_f64((u & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
    double y = cbp_log_reduced_f64(n, f);
    y = x < CBP_INF_F64 ? y : x;
    return x > 0.0 ? y : (x == 0.0 ? -CBP_INF_F64 : CBP_NAN_F64);
}

/* log(1 + x); -inf at -1, NaN below. The rounding error of u = 1 + x, times 2^-n, is put back into f; where 2^-n leaves
   the range it counts as 0. At most 1.6 ULP (double 1.5); monotone. */
static inline float cbp_log1p_f32(float x)
{
    float u = 1.0f + x, b = u - 1.0f, err = (1.0f - (u - b)) + (x - b);
    uint32_t i = cbp_bits_f32(u) + (0x3f800000u - 0x3f3504f3u);
    float n = cbp_from_bits_f32((i >> 23) | 0x4b000000u) - 8388735.0f;
    float s = cbp_max_f32(cbp_pow2_f32(254u - (i >> 23)), 0.0f);
    float f = cbp_from_bits_f32((i & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float y = cbp_sign_f32(cbp_log_reduced_f32(n, cbp_fma_f32(err, s, f)), x);
    y = x < CBP_INF_F32 ? y : x;
    return x > -1.0f ? y : (x == -1.0f ? -CBP_INF_F32 : CBP_NAN_F32);
}
static inline double cbp_log1p_f64(double x)
{
    double u = 1.0 + x, b = u - 1.0, err = (1.0 - (u - b)) + (x - b);
    uint64_t i = cbp_bits_f64(u) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    double n = cbp_from_bits_f64((i >> 52) | 0x4330000000000000u) - 4503599627371519.0;
    double s = cbp_max_f64(cbp_pow2_f64(2046u - (i >> 52)), 0.0);
    double f = cbp_from_bits_f64((i & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
    double y = cbp_sign_f64(cbp_log_reduced_f64(n, cbp_fma_f64(err, s, f)), x);
    y = x < CBP_INF_F64 ? y : x;
    return x > -1.0 ? y : (x == -1.0 ? -CBP_INF_F64 : CBP_NAN_F64);
}

/* ---- sine and cosine: x = n pi/2 + r, |r| <= pi/4; the quadrant n mod 4 chooses +-sin r or +-cos r -------------- */

/* Gives r, and n in the low bits of *q. float reduces in double. double splits pi/2 in three parts, the first two
   short, so that n times them is exact; the rounding error of the second step joins the third. Where x is too large
   r is 0 (NaN if it is infinite). */
static inline float cbp_quadrant_f32(float x, uint32_t *q)
{
    const float magic = 12582912.0f;
    float t = cbp_fma_f32(x, 0.636619747f, magic), r;
    double n = (double)(t - magic);
    r = (float)cbp_fma_f64(n, -6.077100506506192e-11, cbp_fma_f64(n, -1.5707963267341256, (double)x));
    *q = cbp_bits_f32(t);
    return cbp_abs_f32(x) > 4e6f ? 0.0f * x : r;
}
static inline double cbp_quadrant_f64(double x, uint64_t *q)
{
    const double magic = 6755399441055744.0;
    double t = cbp_fma_f64(x, 0.6366197723675814, magic), n = t - magic;
    double a = cbp_fma_f64(n, -1.5707963267341256, x), r = cbp_fma_f64(n, -6.077100506303966e-11, a);
    r += cbp_fma_f64(n, -2.0222662487959506e-21, cbp_fma_f64(n, -6.077100506303966e-11, a - r));
    *q = cbp_bits_f64(t);
    return cbp_abs_f64(x) > 1e9 ? 0.0 * x : r;
}

/* The sine of r in quadrant q. sin r = r + r^3 s(r^2), s of degree 2 (double: 5), error 2^-27.9 (2^-57.9);
   cos r = 1 + r^2 (-1/2 + r^2 c(r^2)), c of degree 2 (5), error 2^-33 (2^-64). double selects by a mask, as SSE2 cannot
   compare 64-bit integers. */
static inline float cbp_sin_quadrant_f32(float r, uint32_t q)
{
    float w = r * r, w2 = w * w;
    float s = cbp_quadratic_f32(w, w2, -0.166666552f, 8.33218824e-3f, -1.95180721e-4f);
    float c = cbp_quadratic_f32(w, w2, 4.16666456e-2f, -1.38873095e-3f, 2.44323382e-5f);
    s = cbp_fma_f32(w * r, s, r);
    c = cbp_fma_f32(cbp_fma_f32(c, w, -0.5f), w, 1.0f);
    return cbp_from_bits_f32(cbp_bits_f32(q & 1 ? c : s) ^ ((q & 2) << 30));
}
static inline double cbp_sin_quadrant_f64(double r, uint64_t q)
{
    double w = r * r, w2 = w * w, w4 = w2 * w2, s, c;
    uint64_t u;
    s = cbp_fma_f64(1.5895751203877866e-10, w, -2.5050739330753452e-08);
    s = cbp_fma_f64(s, w4, cbp_cubic_f64(w, w2, -0.1666666666666663, 0.00833333333332189, -0.00019841269829420794,
                                         2.7557313565770424e-06));
    c = cbp_fma_f64(-1.1358653748038889e-11, w, 2.0875703829546276e-09);
    c = cbp_fma_f64(c, w4, cbp_cubic_f64(w, w2, 0.041666666666666595, -0.0013888888888873322, 2.4801587288979328e-05,
                                         -2.7557314207824386e-07));
    s = cbp_fma_f64(w * r, s, r);
    c = cbp_fma_f64(cbp_fma_f64(c, w, -0.5), w, 1.0);
    u = cbp_bits_f64(s);
    u ^= (u ^ cbp_bits_f64(c)) & (0u - (q & 1));
    return cbp_from_bits_f64(u ^ ((q & 2) << 62));
}

/* sin x, cos x. At most 1.9 ULP (double 1.6) for |x| <= 1e6 (1e5); cos 0 is 1. Up to 4e6 (1e9) the error is
   that of moving x by one ULP; beyond, the result means nothing, but lies between -1 and 1. */
static inline float cbp_sin_f32(float x)
{
    uint32_t q;
    float r = cbp_quadrant_f32(cbp_abs_f32(x), &q), y = cbp_sin_quadrant_f32(r, q);
    return cbp_from_bits_f32(cbp_bits_f32(y) ^ (cbp_bits_f32(x) & 0x80000000u));
}
static inline double cbp_sin_f64(double x)
{
    uint64_t q;
    double r = cbp_quadrant_f64(cbp_abs_f64(x), &q), y = cbp_sin_quadrant_f64(r, q);
    return cbp_from_bits_f64(cbp_bits_f64(y) ^ (cbp_bits_f64(x) & 0x8000000000000000u));
}
static inline float cbp_cos_f32(float x)
{
    uint32_t q;
    float r = cbp_quadrant_f32(x, &q);
    return cbp_sin_quadrant_f32(r, q + 1);
}
static inline double cbp_cos_f64(double x)
{
    uint64_t q;
    double r = cbp_quadrant_f64(x, &q);
    return cbp_sin_quadrant_f64(r, q + 1);
}

/* ---- one name for both types ---------------------------------------------------------------------------------- */

#ifdef __cplusplus
#define CBP_OVERLOAD_1(f) \
    static inline float f(float x) { return f##_f32(x); } \
    static inline double f(double x) { return f##_f64(x); }
#define CBP_OVERLOAD_2(f) \
    static inline float f(float a, float b) { return f##_f32(a, b); } \
    static inline double f(double a, double b) { return f##_f64(a, b); }
CBP_OVERLOAD_1(cbp_exp) CBP_OVERLOAD_1(cbp_expm1) CBP_OVERLOAD_1(cbp_log) CBP_OVERLOAD_1(cbp_log1p)
CBP_OVERLOAD_1(cbp_tanh) CBP_OVERLOAD_1(cbp_logistic) CBP_OVERLOAD_1(cbp_erf) CBP_OVERLOAD_1(cbp_softplus)
CBP_OVERLOAD_1(cbp_sin) CBP_OVERLOAD_1(cbp_cos) CBP_OVERLOAD_1(cbp_abs) CBP_OVERLOAD_1(cbp_sqrt)
CBP_OVERLOAD_2(cbp_max) CBP_OVERLOAD_2(cbp_min)
#undef CBP_OVERLOAD_1
#undef CBP_OVERLOAD_2
#else
#define CBP_EITHER(f, x) _Generic((x), float: f##_f32, double: f##_f64)
#define cbp_exp(x) CBP_EITHER(cbp_exp, x)(x)
#define cbp_expm1(x) CBP_EITHER(cbp_expm1, x)(x)
#define cbp_log(x) CBP_EITHER(cbp_log, x)(x)
#define cbp_log1p(x) CBP_EITHER(cbp_log1p, x)(x)
#define cbp_tanh(x) CBP_EITHER(cbp_tanh, x)(x)
#define cbp_logistic(x) CBP_EITHER(cbp_logistic, x)(x)
#define cbp_erf(x) CBP_EITHER(cbp_erf, x)(x)
#define cbp_softplus(x) CBP_EITHER(cbp_softplus, x)(x)
#define cbp_sin(x) CBP_EITHER(cbp_sin, x)(x)
#define cbp_cos(x) CBP_EITHER(cbp_cos, x)(x)
#define cbp_abs(x) CBP_EITHER(cbp_abs, x)(x)
#define cbp_sqrt(x) CBP_EITHER(cbp_sqrt, x)(x)
#define cbp_max(a, b) CBP_EITHER(cbp_max, (a) + (b))(a, b)
#define cbp_min(a, b) CBP_EITHER(cbp_min, (a) + (b))(a, b)
#endif

#endif
