/* tile.h -- the one primitive under every matrix product: a register tile.
 *
 *     C[i, j] = start[i, j] + Σ_k A[i, k]·B[k, j]              A row by row: activations and deltas
 *     C[i, j] = start[i, j] + alpha·Σ_k A[i, k]·B[k, j]        A column by column: gradients and updates
 *
 * for i < mr, j < (nv-1)·VL + last; start is the bias, C itself, or NULL for zeros.
 *
 * An mr x nv block of accumulators, each one vector register wide, stays in registers while k runs: A is
 * broadcast one number at a time, B is loaded nv vectors at a time. The sum over k is sequential in every
 * lane, so an element's bits depend on K alone, not on the tile it fell in. (A result of one column has no use for
 * lanes side by side and sums in all of them: `dots`.)
 *
 * Where the columns do not fill two vectors, the second begins `last` columns after the first and overlaps it: some
 * numbers come out twice, with the same bits, and whole registers are stored.
 *
 * Written with the vector extension of GCC and Clang because plain loops over acc[MR][NR] reach only
 * four fifths of its speed (the compiler splits the inner loop before it unrolls the outer one).
 *
 * Loads may run past a row's end by up to one vector: B, start and C lie in buffers that cbp allocates with
 * one vector of slack behind them. Stores never do.
 */
#ifndef CBP_TILE_H
#define CBP_TILE_H

#include <stddef.h>
#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#define TILE_ROWS 12 /* 12 x 2 accumulators of 32 registers */
enum { TERMS = 1 }; /* of the sum in one go round the loop; as a macro, the pragma would not take it */
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#define TILE_ROWS 6 /* 6 x 2 accumulators of 16 registers */
enum { TERMS = 4 }; /* so few multiplications a term would not hide what the loop itself takes */
#else
#define VECTOR_BYTES 16
#define TILE_ROWS 6
enum { TERMS = 4 };
#endif
#define TILE_VECTORS 2
#define FAR (1 << 18) /* bytes: a larger result is called into the cache tile by tile, larger rows are read in strips */

/* How many rows the next tile takes of those that remain: the last two share, for a tile of a row or two has
 * too few sums in flight to keep the multipliers busy. */
static inline ptrdiff_t tile_rows(ptrdiff_t remain) {
    return remain >= 2 * TILE_ROWS || remain == TILE_ROWS ? TILE_ROWS : remain > TILE_ROWS ? (remain + 1) / 2 : remain;
}

/* What the tiles of a product have in common; numbers of whichever type. */
typedef struct {
    ptrdiff_t K;               /* terms of the sum */
    ptrdiff_t a_i, a_k;        /* A[i, k] = A[i·a_i + k·a_k]; with alpha a_i is 1, without a_k is */
    const void *B;             /* B[k, j] = B[k·ldb + j] */
    ptrdiff_t ldb;
    void *panel;               /* where a tile of TILE_ROWS rows packs B as it reads it, or NULL */
    ptrdiff_t ld_start, ldc;
    const void *alpha;         /* or NULL */
    int calls;                 /* whether there is anything in: */
    const void *soon[2];       /* what will be needed, or NULL: this tile's part of C, and the B that is packed next */
    ptrdiff_t step[2];         /* bytes from row to row of these */
} Tile;

/* Call a row of what will be needed into the cache. A tile does so from time to time while it sums: all rows at once
 * would take every line fill buffer, and the sums would wait for them, as they would for what was not called. */
static inline void tile_call(const Tile *tile, ptrdiff_t row) {
    for (int s = 0; s < 2; s++)
        for (int j = 0; tile->soon[s] && j < TILE_VECTORS; j++)
            __builtin_prefetch((const char *)tile->soon[s] + row * tile->step[s] + j * VECTOR_BYTES);
}

#define T float
#if defined(__AVX512F__)
#define WIDTH (VECTOR_BYTES / 2)
#define TILE(name) name##_f32_half
#include "tile_of.h"
#endif
#define WIDTH VECTOR_BYTES
#define TILE(name) name##_f32
#define HALF(name) name##_f32_half
#include "tile_of.h"
#undef T

#define T double
#if defined(__AVX512F__)
#define WIDTH (VECTOR_BYTES / 2)
#define TILE(name) name##_f64_half
#include "tile_of.h"
#endif
#define WIDTH VECTOR_BYTES
#define TILE(name) name##_f64
#define HALF(name) name##_f64_half
#include "tile_of.h"
#undef T

#endif
