/* cbp_kernel.h -- the kernel ABI of cbp: what a compiled activation or cost is.
 *
 * A kernel is a constant struct of function pointers, one pointer per block of numbers, never per
 * number. It is plain C: neither Python.h nor NumPy is needed to write one. A plugin puts the address
 * of its struct into a capsule named CBP_CAPSULE and hands that to cbp.plugin.Activation(kernel=...)
 * or cbp.plugin.Cost(kernel=...). cbp's own activations and costs are called through these structs too.
 *
 * Blocks. Every matrix argument is a block of `rows` samples by `cols` units, rows `ld` numbers apart
 * (ld >= cols), all arguments of one call with the same rows, cols and ld; no alignment is promised.
 *
 * Rules. A function reads only what it names, writes only its output, allocates nothing, needs no GIL,
 * raises no signal, and returns CBP_OK or an error code of its own (> 0), which stops the pass.
 * The struct must outlive its capsule: make it static.
 *
 * Parameters. `ctx` points at the instance's parameters: doubles, in the order in which the plugin's
 * `params` declares them; NULL where it declares none.
 *
 * Instruction set. `isa` is "v2", "v3" or "v4" (x86-64-v2, ...), or "base": any processor of the kind. A kernel
 * that this processor cannot run is never called: the plugin's NumPy functions are, after a warning. CBP_ISA is
 * what the compiler was told; who compiles single functions for more than that says so in its place.
 *
 * Versions. The layout is append-only: a new minor adds fields at the end, gated by struct_size; a new
 * major is refused by name. Bits of `required` that this cbp does not know are refused; `hints` are not.
 */
#ifndef CBP_KERNEL_H
#define CBP_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CBP_CAPSULE "cbp.kernel.v1"
#define CBP_MAGIC 0x4b504243u /* "CBPK", little endian */
#define CBP_ABI_MAJOR 1
#define CBP_ABI_MINOR 0
#define CBP_OK 0

/* kind */
#define CBP_ACTIVATION 1u
#define CBP_COST 2u

/* hints of an activation */
#define CBP_BWD_READS_Z 1u      /* bwd looks at z */
#define CBP_BWD_READS_A 2u      /* bwd looks at a */
#define CBP_IN_PLACE 4u         /* fwd allows a == z, bwd allows out == g */
#define CBP_ROWWISE 8u          /* a row's outputs depend on the whole row (softmax): blocks hold whole rows */
#define CBP_CHUNK_INVARIANT 16u /* each number's bits depend on its inputs, not on the block it came in */

typedef struct cbp_head {
    uint32_t magic;       /* CBP_MAGIC */
    uint16_t abi_major;   /* CBP_ABI_MAJOR */
    uint16_t abi_minor;   /* CBP_ABI_MINOR */
    uint32_t struct_size; /* sizeof the whole struct, as its author compiled it */
    uint32_t kind;        /* CBP_ACTIVATION or CBP_COST */
    uint32_t hints;       /* may be ignored */
    uint32_t required;    /* must be understood; 0 today */
    const char *name;     /* "snake" */
    const char *provider; /* the distribution, "cbp-snake" */
    const char *build;    /* free text: compiler, flags */
    const char *isa;      /* what its code needs of the processor: CBP_ISA */
} cbp_head;

/* a = σ(z) */
typedef int (*cbp_fwd_f32)(const float *z, float *a,
                           ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_fwd_f64)(const double *z, double *a,
                           ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);

/* out = g·[δa/δz], the vector-Jacobian product of each row; elementwise: out = g·σ′(z) */
typedef int (*cbp_bwd_f32)(const float *z, const float *a, const float *g, float *out,
                           ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_bwd_f64)(const double *z, const double *a, const double *g, double *out,
                           ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);

typedef struct cbp_activation {
    cbp_head head;
    cbp_fwd_f32 fwd_f32;
    cbp_bwd_f32 bwd_f32;
    cbp_fwd_f64 fwd_f64;
    cbp_bwd_f64 bwd_f64;
} cbp_activation;

/* C per sample, unscaled and unweighted: per_sample has `rows` numbers. y is the paper's λ. */
typedef int (*cbp_value_f32)(const float *a, const float *y, float *per_sample,
                             ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_value_f64)(const double *a, const double *y, double *per_sample,
                             ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);

/* da = δC/δa, per sample */
typedef int (*cbp_grad_f32)(const float *a, const float *y, float *da,
                            ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_grad_f64)(const double *a, const double *y, double *da,
                            ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);

/* The pair of a cost and its canonical output activation (softmax + cross-entropy), from z and a = σ(z):
 * C and dz = δC/δz, finite where the two taken apart would overflow. */
typedef int (*cbp_fused_value_f32)(const float *z, const float *a, const float *y, float *per_sample,
                                   ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_fused_value_f64)(const double *z, const double *a, const double *y, double *per_sample,
                                   ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_fused_grad_f32)(const float *z, const float *a, const float *y, float *dz,
                                  ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);
typedef int (*cbp_fused_grad_f64)(const double *z, const double *a, const double *y, double *dz,
                                  ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *ctx);

typedef struct cbp_cost {
    cbp_head head;
    cbp_value_f32 value_f32;
    cbp_grad_f32 grad_f32;
    cbp_value_f64 value_f64;
    cbp_grad_f64 grad_f64;
    /* NULL, or all four: used when the output activation is the cost's canonical one */
    cbp_fused_value_f32 fused_value_f32;
    cbp_fused_grad_f32 fused_grad_f32;
    cbp_fused_value_f64 fused_value_f64;
    cbp_fused_grad_f64 fused_grad_f64;
} cbp_cost;

/* The least of the levels that has every instruction this file is compiled to. */
#if defined(__x86_64__) && (defined(__AVX512F__) || defined(__AVX512BW__) || defined(__AVX512VL__))
#define CBP_ISA "v4"
#elif defined(__x86_64__) && (defined(__AVX__) || defined(__FMA__) || defined(__BMI__) || defined(__BMI2__) \
                              || defined(__LZCNT__) || defined(__MOVBE__))
#define CBP_ISA "v3"
#elif defined(__x86_64__) && (defined(__SSE3__) || defined(__POPCNT__))
#define CBP_ISA "v2"
#else
#define CBP_ISA "base"
#endif

/* The first member of a struct written by this header. */
#define CBP_HEAD(KIND, TYPE, NAME, PROVIDER, HINTS)                                       \
    { CBP_MAGIC, CBP_ABI_MAJOR, CBP_ABI_MINOR, (uint32_t)sizeof(TYPE), KIND, HINTS, 0u,   \
      NAME, PROVIDER, __VERSION__, CBP_ISA }

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && UINTPTR_MAX == 0xffffffffffffffffu
_Static_assert(sizeof(cbp_head) == 56, "cbp_head: the frozen head has 56 bytes");
_Static_assert(offsetof(cbp_head, struct_size) == 8, "cbp_head.struct_size is frozen at 8");
_Static_assert(offsetof(cbp_head, name) == 24, "cbp_head.name is frozen at 24");
_Static_assert(offsetof(cbp_head, isa) == 48, "cbp_head.isa is frozen at 48");
_Static_assert(offsetof(cbp_activation, fwd_f32) == 56, "cbp_activation.fwd_f32 is frozen at 56");
_Static_assert(offsetof(cbp_activation, bwd_f64) == 80, "cbp_activation.bwd_f64 is frozen at 80");
_Static_assert(offsetof(cbp_cost, fused_value_f32) == 88, "cbp_cost.fused_value_f32 is frozen at 88");
_Static_assert(sizeof(cbp_cost) == 120, "cbp_cost has 120 bytes in ABI 1.0");
#endif

#ifdef __cplusplus
}
#endif
#endif
