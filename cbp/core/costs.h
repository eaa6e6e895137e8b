/* costs.h -- cbp's costs: each that sums a term over the outputs is its formulas, value and gradient.
 *
 * C is the sum over a sample's outputs, never the mean. At a kink the gradient is 0, the middle of the two sides'.
 * Away from the canonical activation a logarithm may meet a = 0: a is then taken as TINY, the smallest normal number,
 * which keeps ∞ · 0 out. cbp/builtins/costs.py holds the same definitions for readers, in NumPy.
 */
#ifndef CBP_CORE_COSTS_H
#define CBP_CORE_COSTS_H

#include "activations.h"

#define TINY _Generic((T)0, float: FLT_MIN, double: DBL_MIN)
#define LOG(x) cbp_log(cbp_max(x, TINY))
#define SIGN(d, left, right) ((d) < 0 ? (left) : ((d) > 0 ? (right) : 0 * (d)))

CBP_SUM_COST(squared_error, "cbp", 0, (a - y) * (a - y), 2 * (a - y))
CBP_SUM_COST(quadratic, "cbp", 0, (T)0.5 * (a - y) * (a - y), a - y)
CBP_SUM_COST(absolute_error, "cbp", 0, cbp_abs(a - y), SIGN(a - y, -1, 1))
CBP_SUM_COST(quantile, "cbp", 1, a < y ? p[0] * (y - a) : (1 - p[0]) * (a - y), SIGN(a - y, -p[0], 1 - p[0]))
CBP_SUM_COST(huber, "cbp", 1,
             cbp_abs(a - y) <= p[0] ? (T)0.5 * (a - y) * (a - y) : p[0] * (cbp_abs(a - y) - (T)0.5 * p[0]),
             CLIP(a - y, -p[0], p[0]))

/* With u = e^-|d| - 1: cosh d - 1 = u² / (2 + 2u) keeps its digits near 0, where u does; beyond 1, log cosh d is
 * |d| - log 2 + log(1 + e^-2|d|). */
#define LOG_COSH_U(d) cbp_expm1(-cbp_min(cbp_abs(d), 20))
#define LOG_COSH(d, u) ((cbp_abs(d) > 1 ? cbp_abs(d) - (T)0.69314718055994530942 : 0) \
                        + cbp_log1p(cbp_abs(d) > 1 ? (1 + u) * (1 + u) : u * u / (2 + 2 * u)))
CBP_SUM_COST(log_cosh, "cbp", 0, LOG_COSH(a - y, LOG_COSH_U(a - y)), cbp_tanh(a - y))

CBP_SUM_COST(hinge, "cbp", 0, cbp_max(1 - y * a, 0), 1 - y * a > 0 ? -y : 0)
CBP_SUM_COST(squared_hinge, "cbp", 0, cbp_max(1 - y * a, 0) * cbp_max(1 - y * a, 0), -2 * y * cbp_max(1 - y * a, 0))

/* with exponential: C = a - λz */
CBP_SUM_COST_FUSED(poisson, "cbp", 0, a - y * LOG(a), 1 - y / cbp_max(a, TINY), y == 0 ? a : a - y * z, a - y)

/* with logistic: -log a = log(1 + e^-z) and -log(1 - a) = log(1 + e^z), both |z| or 0 plus log(1 + e^-|z|) */
#define BCE_WEIGHT (z > 0 ? 1 - y : y)
CBP_SUM_COST_FUSED(binary_cross_entropy, "cbp", 0, -(y * LOG(a) + (1 - y) * LOG(1 - a)),
                   (1 - y) / cbp_max(1 - a, TINY) - y / cbp_max(a, TINY),
                   (BCE_WEIGHT == 0 ? 0 : BCE_WEIGHT * cbp_abs(z)) + cbp_softplus(-cbp_abs(z)), a - y)

/* ---- costs of softmax ---- */

#define real float
#define KERNEL(name) name##_f32
#include "softmax_costs_of.h"
#undef real
#undef KERNEL

#define real double
#define KERNEL(name) name##_f64
#include "softmax_costs_of.h"
#undef real
#undef KERNEL

#define SOFTMAX_COST(NAME)                                                                        \
    static const cbp_cost NAME##_kernel = {                                                       \
        CBP_HEAD(CBP_COST, cbp_cost, #NAME, "cbp", 0u),                                           \
        NAME##_value_f32, NAME##_grad_f32, NAME##_value_f64, NAME##_grad_f64,                     \
        NAME##_fused_value_f32, NAME##_fused_grad_f32, NAME##_fused_value_f64, NAME##_fused_grad_f64};
SOFTMAX_COST(cross_entropy)
SOFTMAX_COST(kl_divergence)
SOFTMAX_COST(focal)

/* The compiler warns of a kernel that is missing here: it is then unused. */
static const cbp_cost *const cbp_costs[] = {
    &squared_error_kernel, &quadratic_kernel, &absolute_error_kernel, &quantile_kernel, &huber_kernel,
    &log_cosh_kernel, &hinge_kernel, &squared_hinge_kernel, &poisson_kernel, &binary_cross_entropy_kernel,
    &cross_entropy_kernel, &kl_divergence_kernel, &focal_kernel,
};

#endif
