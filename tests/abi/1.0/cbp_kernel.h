/* cbp_kernel.h -- the kernel ABI of cbp: what a compiled activation or cost is.
 *
 * A kernel is a constant struct of function pointers, one pointer per block of numbers, never per
 * number. It is plain C: neither Python.h nor NumPy is needed to write one. A plugin names its struct in a shared
 * library, kernel=cbp.plugin.shared_library(path, "snake_kernel"), or an extension module puts its address into a
 * capsule named CBP_CAPSULE, kernel=capsule, of cbp.plugin.Activation or cbp.plugin.Cost. cbp's own activations and
 * costs are called through these structs too.
 *
 * Blocks. Every matrix argument is a block of `rows` samples by `cols` units, rows `ld` numbers apart
 * (ld >= cols), all arguments of one call with the same rows, cols and ld; no alignment is promised.
 *
 * Rules. A function reads only what it names, writes only its output, allocates nothing, needs no GIL,
 * raises no signal, and returns CBP_OK or an error code of its own (> 0), which stops the pass.
 * The struct is constant and outlives the network: a variable of the file, not of a function.
 *
 * Parameters. `ctx` points at the instance's parameters: doubles, in the order in which the plugin's
 * `params` declares them; NULL where it declares none.
 *
 * Instruction set. `isa` is "v2", "v3" or "v4" (x86-64-v2, ...), or "base": any processor of the kind. A kernel
 * that this processor cannot run is never called: the plugin's NumPy functions are, after a warning. CBP_ISA is
 * what the compiler was told; who compiles single functions for more than that says so in its place.
 *
 * Versions. The layout is append-only: a new minor adds fields at the end and reads them where struct_size covers
 * them, so a kernel built with any 1.x runs in every cbp that reads ABI 1. A new major, and bits of `required` that
 * this cbp does not know, are refused in words, and the NumPy functions run; unknown bits of `hints` are no matter.
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

/* The sizes in ABI 1.0: what struct_size is at least, whatever later minors append. */
#define CBP_ACTIVATION_LEAST (offsetof(cbp_activation, bwd_f64) + sizeof(cbp_bwd_f64))
#define CBP_COST_LEAST (offsetof(cbp_cost, fused_grad_f64) + sizeof(cbp_fused_grad_f64))

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

/* Before a struct that a shared library gives away: CBP_EXPORT const cbp_activation snake_kernel = {...}; */
#if defined(__cplusplus)
#define CBP_EXPORT_AS extern "C"
#else
#define CBP_EXPORT_AS
#endif
#if defined(_WIN32)
#define CBP_EXPORT CBP_EXPORT_AS __declspec(dllexport)
#else
#define CBP_EXPORT CBP_EXPORT_AS __attribute__((visibility("default")))
#endif

/* The first member of a struct written by this header. */
#define CBP_HEAD(KIND, TYPE, NAME, PROVIDER, HINTS)                                       \
    { CBP_MAGIC, CBP_ABI_MAJOR, CBP_ABI_MINOR, (uint32_t)sizeof(TYPE), KIND, HINTS, 0u,   \
      NAME, PROVIDER, __VERSION__, CBP_ISA }

/* Where everything is, for ever (on machines with 64-bit pointers). */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && UINTPTR_MAX == 0xffffffffffffffffu
#define CBP_FROZEN(TYPE, FIELD, AT) \
    _Static_assert(offsetof(TYPE, FIELD) == AT, #TYPE "." #FIELD " is frozen at " #AT)
CBP_FROZEN(cbp_head, magic, 0); CBP_FROZEN(cbp_head, abi_major, 4); CBP_FROZEN(cbp_head, abi_minor, 6);
CBP_FROZEN(cbp_head, struct_size, 8); CBP_FROZEN(cbp_head, kind, 12); CBP_FROZEN(cbp_head, hints, 16);
CBP_FROZEN(cbp_head, required, 20); CBP_FROZEN(cbp_head, name, 24); CBP_FROZEN(cbp_head, provider, 32);
CBP_FROZEN(cbp_head, build, 40); CBP_FROZEN(cbp_head, isa, 48);
CBP_FROZEN(cbp_activation, fwd_f32, 56); CBP_FROZEN(cbp_activation, bwd_f32, 64);
CBP_FROZEN(cbp_activation, fwd_f64, 72); CBP_FROZEN(cbp_activation, bwd_f64, 80);
CBP_FROZEN(cbp_cost, value_f32, 56); CBP_FROZEN(cbp_cost, grad_f32, 64); CBP_FROZEN(cbp_cost, value_f64, 72);
CBP_FROZEN(cbp_cost, grad_f64, 80); CBP_FROZEN(cbp_cost, fused_value_f32, 88);
CBP_FROZEN(cbp_cost, fused_grad_f32, 96); CBP_FROZEN(cbp_cost, fused_value_f64, 104);
CBP_FROZEN(cbp_cost, fused_grad_f64, 112);
_Static_assert(sizeof(cbp_head) == 56, "cbp_head is frozen at 56 bytes");
_Static_assert(CBP_ACTIVATION_LEAST == 88 && CBP_COST_LEAST == 120, "the sizes in ABI 1.0 are frozen");
#undef CBP_FROZEN
#endif

#ifdef __cplusplus
}
#endif
#endif
