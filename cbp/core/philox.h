/* philox.h -- Philox4x32-10: random numbers that can be drawn in any order.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011. Ten rounds of
 * multiplication mix a counter of four words with a key of two; each counter gives four words, and no two counters
 * the same four. Nothing is remembered from one number to the next.
 *
 * LANES counters are mixed side by side, for the compiler to put them into vectors; their words are stored plane by
 * plane, so that words[i] comes from the counter i % LANES.
 */
#ifndef CBP_PHILOX_H
#define CBP_PHILOX_H

#include <stdint.h>

#include "cbp_math.h"

enum { PHILOX_LANES = 16, PHILOX_WORDS = 4 * PHILOX_LANES };

/* Words of the counters (LANES·group + 0 .. LANES - 1, c1, c2, c3). */
static inline void philox(uint32_t *restrict words, uint32_t group, uint32_t c1, uint32_t c2, uint32_t c3, uint64_t key)
{
    for (uint32_t i = 0; i < PHILOX_LANES; i++) {
        uint32_t x0 = PHILOX_LANES * group + i, x1 = c1, x2 = c2, x3 = c3;
        uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
        for (int round = 0; round < 10; round++) {
            const uint64_t p = (uint64_t)0xD2511F53u * x0, q = (uint64_t)0xCD9E8D57u * x2;
            x0 = (uint32_t)(q >> 32) ^ x1 ^ k0;
            x2 = (uint32_t)(p >> 32) ^ x3 ^ k1;
            x1 = (uint32_t)q;
            x3 = (uint32_t)p;
            k0 += 0x9E3779B9u; /* the golden ratio, √3 - 1 */
            k1 += 0xBB67AE85u;
        }
        words[i] = x0;
        words[PHILOX_LANES + i] = x1;
        words[2 * PHILOX_LANES + i] = x2;
        words[3 * PHILOX_LANES + i] = x3;
    }
}

/* Normal numbers from uniform words, two from two (Box and Muller 1958): √(-2·ln u)·cos φ and √(-2·ln u)·sin φ,
   u in (0, 1) by its first 23 bits, φ in [-π, π). The largest is 5.8. */
static inline void normal(float *restrict out, const uint32_t *restrict words)
{
    for (int half = 0; half < PHILOX_WORDS; half += 2 * PHILOX_LANES)
        for (int i = half; i < half + PHILOX_LANES; i++) {
            const float u = ((float)(words[i] >> 9) + 0.5f) * 0x1p-23f;
            const float phi = (float)(int32_t)words[PHILOX_LANES + i] * (3.14159265f * 0x1p-31f);
            const float r = cbp_sqrt_f32(-2.0f * cbp_log_f32(u));
            out[i] = r * cbp_cos_f32(phi);
            out[PHILOX_LANES + i] = r * cbp_sin_f32(phi);
        }
}

#endif
