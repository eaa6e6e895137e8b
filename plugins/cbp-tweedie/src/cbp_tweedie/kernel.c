/* kernel.c -- tweedie as a kernel of cbp: a shared library that needs cbp's headers, and no Python.
 *
 * The macro writes everything from the term of C for one output and its derivative by a. In them T is float or
 * double, y is λ, the target, and p[0] is the power.
 */
#define CBP_LINKAGE CBP_EXPORT
#include "cbp_elementwise.h"

CBP_SUM_COST(tweedie, "cbp-tweedie", 1,
             cbp_exp((2 - p[0]) * a) / (2 - p[0]) + y * cbp_exp((1 - p[0]) * a) / (p[0] - 1),
             cbp_exp((2 - p[0]) * a) - y * cbp_exp((1 - p[0]) * a))
