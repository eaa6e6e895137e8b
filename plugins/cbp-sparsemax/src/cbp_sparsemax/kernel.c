/* kernel.c -- sparsemax and its loss as kernels of cbp: a shared library that needs cbp_kernel.h and no Python. */
#include <math.h>

#include "cbp_kernel.h"

enum { STRANDS = 8 };

#define real float
#define OF(name) name##_f32
#include "sparsemax_of.h"
#undef real
#undef OF

#define real double
#define OF(name) name##_f64
#include "sparsemax_of.h"
#undef real
#undef OF

CBP_EXPORT const cbp_activation sparsemax_kernel = {
    CBP_HEAD(CBP_ACTIVATION, cbp_activation, "sparsemax", "cbp-sparsemax",
             CBP_ROWWISE | CBP_BWD_READS_A | CBP_IN_PLACE | CBP_CHUNK_INVARIANT),
    fwd_f32, bwd_f32, fwd_f64, bwd_f64};

CBP_EXPORT const cbp_cost sparsemax_loss_kernel = {
    CBP_HEAD(CBP_COST, cbp_cost, "sparsemax_loss", "cbp-sparsemax", 0),
    value_f32, grad_f32, value_f64, grad_f64, NULL, NULL, NULL, NULL};
