/* activations.h -- cbp's activations: each elementwise one is its two formulas, σ and σ′.
 *
 * σ′ is written in terms of a where that loses nothing, so that a pass need not keep z. At a kink it is what PyTorch
 * takes: at 0 the value from the left (relu′(0) = 0), at the end of a flat piece the flat side's. BOUNDED keeps ∞ · 0
 * out of products whose other factor has already reached 0. cbp/builtins/activations.py holds the same definitions for
 * readers, in NumPy.
 */
#ifndef CBP_CORE_ACTIVATIONS_H
#define CBP_CORE_ACTIVATIONS_H

#include "cbp_elementwise.h"

#define READS_Z CBP_BWD_READS_Z
#define READS_A CBP_BWD_READS_A
#define CLIP(x, low, high) cbp_min(cbp_max(x, low), high)
#define LARGEST _Generic((T)0, float: FLT_MAX, double: DBL_MAX)
#define BOUNDED(z) CLIP(z, -LARGEST, LARGEST)

CBP_ELEMENTWISE(identity, "cbp", 0, z, 1)
CBP_ELEMENTWISE(logistic, "cbp", READS_A, cbp_logistic(z), a * (1 - a))
CBP_ELEMENTWISE(tanh, "cbp", READS_A, cbp_tanh(z), 1 - a * a)
CBP_ELEMENTWISE(sin, "cbp", READS_Z, cbp_sin(z), cbp_cos(z))
CBP_ELEMENTWISE(exponential, "cbp", READS_A, cbp_exp(z), a)
CBP_ELEMENTWISE(gaussian, "cbp", READS_Z | READS_A, cbp_exp(-z * z), -2 * CLIP(z, -30, 30) * a)
CBP_ELEMENTWISE(softsign, "cbp", READS_Z, BOUNDED(z) / (1 + cbp_abs(BOUNDED(z))),
                1 / ((1 + cbp_abs(z)) * (1 + cbp_abs(z))))

/* ---- piecewise linear ---- */

CBP_ELEMENTWISE(relu, "cbp", READS_A, cbp_max(z, 0), a > 0 ? 1 : 0)
CBP_ELEMENTWISE_WITH(leaky_relu, "cbp", 1, READS_A, z < 0 ? p[0] * z : z, a > 0 ? 1 : p[0])
CBP_ELEMENTWISE(relu6, "cbp", READS_A, CLIP(z, 0, 6), (a > 0) & (a < 6) ? 1 : 0)
CBP_ELEMENTWISE(hard_tanh, "cbp", READS_A, CLIP(z, -1, 1), (a > -1) & (a < 1) ? 1 : 0)
CBP_ELEMENTWISE(hard_sigmoid, "cbp", READS_A, CLIP(z + 3, 0, 6) / 6, (a > 0) & (a < 1) ? (T)1 / 6 : 0)
CBP_ELEMENTWISE(hard_silu, "cbp", READS_Z, cbp_max(z, -3) * (CLIP(z + 3, 0, 6) / 6),
                z <= -3 ? 0 : (z >= 3 ? 1 : (2 * z + 3) / 6))

/* ---- an exponential for z < 0: e^z is a + α ---- */

#define SELU_SCALE ((T)1.0507009873554804934193349852946)
#define SELU_SCALE_ALPHA ((T)1.7580993408473768599402175208123)

CBP_ELEMENTWISE_WITH(elu, "cbp", 1, READS_A, z > 0 ? z : p[0] * cbp_expm1(z), a > 0 ? 1 : a + p[0])
CBP_ELEMENTWISE_WITH(celu, "cbp", 1, READS_A, z > 0 ? z : p[0] * cbp_expm1(z / p[0]), a > 0 ? 1 : 1 + a / p[0])
CBP_ELEMENTWISE(selu, "cbp", READS_A, z > 0 ? SELU_SCALE * z : SELU_SCALE_ALPHA * cbp_expm1(z),
                a > 0 ? SELU_SCALE : a + SELU_SCALE_ALPHA)

/* ---- smooth relus ---- */

/* 1 - e^-a is the logistic of z */
CBP_ELEMENTWISE(softplus, "cbp", READS_A, cbp_softplus(z), -cbp_expm1(-a))
CBP_ELEMENTWISE(log_sigmoid, "cbp", READS_A, -cbp_softplus(-z), -cbp_expm1(a))

/* For z < 0 the sum z + r cancels: r² - z² = b gives the other form. Far out r is |z|, and z² would overflow. */
#define ROOT(z) (cbp_abs(z) < (T)1e18 ? cbp_sqrt(z * z + p[0]) : cbp_abs(z))
CBP_ELEMENTWISE_WITH(squareplus, "cbp", 1, READS_A,
                     z < 0 ? p[0] / (2 * (ROOT(z) - z)) : (T)0.5 * z + (T)0.5 * ROOT(z),
                     1 / (1 + (T)0.25 * p[0] / (a * a)))

#define NORMAL_CDF(z) ((T)0.5 * (1 + cbp_erf((T)0.70710678118654752440 * z)))
#define NORMAL_PDF(z) ((T)0.39894228040143267794 * cbp_exp((T)-0.5 * z * z))
CBP_ELEMENTWISE(gelu, "cbp", READS_Z, BOUNDED(z) * NORMAL_CDF(z), NORMAL_CDF(z) + BOUNDED(z) * NORMAL_PDF(z))

/* With the logistic s of t, E = e^-|t| and D = 1 / (1 + E): s + x s (1 - s) without 1 - s, which would cancel. */
#define GATE_E(t) cbp_exp(-cbp_abs(t))
#define GATE_D(t) (1 / (1 + GATE_E(t)))
#define GATE_DERIVATIVE(t, x) (GATE_D(t) * ((t < 0 ? GATE_E(t) : 1) + x * GATE_E(t) * GATE_D(t)))

CBP_ELEMENTWISE_WITH(silu, "cbp", 1, READS_Z, BOUNDED(z) * cbp_logistic(p[0] * z),
                     GATE_DERIVATIVE(CLIP(p[0] * z, -1000, 1000), CLIP(p[0] * z, -1000, 1000)))

/* (1 + tanh u) / 2 is the logistic of 2u, which keeps its digits for u << 0. Beyond ±30 it is 0 or 1. */
#define GELU_2U(z) ((T)1.5957691216057307 * z * (1 + (T)0.044715 * z * z))
#define GELU_SLOPE(z) ((T)1.5957691216057307 * z * (1 + (T)0.134145 * z * z))
CBP_ELEMENTWISE(gelu_tanh, "cbp", READS_Z, BOUNDED(z) * cbp_logistic(GELU_2U(z)),
                GATE_DERIVATIVE(GELU_2U(CLIP(z, -30, 30)), GELU_SLOPE(CLIP(z, -30, 30))))

/* tanh(log(1 + e)) = n / (n + 2), n = e(e + 2), e = e^z; it is 1 long before z = 22, where (n + 2)² nears FLT_MAX */
#define MISH_E(z) cbp_exp(cbp_min(z, 22))
#define MISH_N(z) (MISH_E(z) * (MISH_E(z) + 2))
#define MISH_DERIVATIVE(z) \
    ((MISH_N(z) + 4 * z * MISH_E(z) * (1 + MISH_E(z)) / (MISH_N(z) + 2)) / (MISH_N(z) + 2))
CBP_ELEMENTWISE(mish, "cbp", READS_Z, BOUNDED(z) * (MISH_N(z) / (MISH_N(z) + 2)), MISH_DERIVATIVE(CLIP(z, -1000, 22)))

/* ---- rowwise ---- */

#if defined(__AVX512F__)
#define REGISTER_BYTES 64
#elif defined(__AVX__)
#define REGISTER_BYTES 32
#else
#define REGISTER_BYTES 16
#endif

#define real float
#define KERNEL(name) name##_f32
#include "softmax_of.h"
#undef real
#undef KERNEL

#define real double
#define KERNEL(name) name##_f64
#include "softmax_of.h"
#undef real
#undef KERNEL

#define ROWWISE(NAME)                                                                             \
    static const cbp_activation NAME##_kernel = {                                                 \
        CBP_HEAD(CBP_ACTIVATION, cbp_activation, #NAME, "cbp",                                    \
                 CBP_BWD_READS_A | CBP_IN_PLACE | CBP_ROWWISE | CBP_CHUNK_INVARIANT),             \
        NAME##_fwd_f32, NAME##_bwd_f32, NAME##_fwd_f64, NAME##_bwd_f64};
ROWWISE(softmax)
ROWWISE(log_softmax)

/* The compiler warns of a kernel that is missing here: it is then unused. */
static const cbp_activation *const cbp_activations[] = {
    &identity_kernel, &logistic_kernel, &tanh_kernel, &sin_kernel, &exponential_kernel, &gaussian_kernel,
    &softsign_kernel, &relu_kernel, &leaky_relu_kernel, &relu6_kernel, &hard_tanh_kernel, &hard_sigmoid_kernel,
    &hard_silu_kernel, &elu_kernel, &celu_kernel, &selu_kernel, &softplus_kernel, &log_sigmoid_kernel,
    &squareplus_kernel, &gelu_kernel, &gelu_tanh_kernel, &silu_kernel, &mish_kernel, &softmax_kernel,
    &log_softmax_kernel,
};

#endif
