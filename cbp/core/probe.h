/* probe.h -- what this processor can do at best: multiply-adds a second.
 *
 * Twelve independent chains x = x·a + b hide the latency of the multiply-add; they must stay in registers, so
 * each is a variable of its own. The chains run towards 1: no overflow, no subnormal numbers.
 */
#ifndef CBP_PROBE_H
#define CBP_PROBE_H

#include <string.h>

#if defined(__AVX512F__)
#define PROBE_BYTES 64
#elif defined(__AVX__)
#define PROBE_BYTES 32
#else
#define PROBE_BYTES 16
#endif

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define START(i) vec x##i = zero + (2 + i); /* not 1, where a chain stands still and the compiler drops it */
#define STEP(i) x##i = x##i * a + b;
#define SUM(i) + x##i

/* Runs `rounds` of twelve vector multiply-adds and returns how many additions and multiplications that was.
 * What they come to is used: it goes to `out`, room for a vector. */
#define DEFINE(name, T)                                                        \
    static __attribute__((noinline)) double name(long rounds, T *out)          \
    {                                                                          \
        typedef T vec __attribute__((vector_size(PROBE_BYTES)));               \
        const vec zero = {0}, a = zero + (T)0.75, b = zero + (T)0.25;          \
        EACH(START)                                                            \
        for (long k = 0; k < rounds; k++) { EACH(STEP) }                       \
        const vec sum = zero EACH(SUM);                                        \
        memcpy(out, &sum, sizeof sum);                                         \
        __asm__ volatile("" : : "r"(out) : "memory");                          \
        return 2.0 * 12 * (PROBE_BYTES / sizeof(T)) * rounds;                  \
    }

DEFINE(probe_f32, float)
DEFINE(probe_f64, double)

#undef EACH
#undef START
#undef STEP
#undef SUM
#undef DEFINE

#endif
