/* floor.c -- what this processor can do at best: multiply-adds a second and bytes copied a second.
 *
 * Twelve independent chains x = x·a + b hide the latency of the multiply-add; they must stay in registers, so
 * each is a variable of its own. The chains run towards 1: no overflow, no subnormal numbers.
 */
#include <stddef.h>
#include <string.h>

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define START(i) vec x##i = zero + (2 + i); /* not 1, where a chain stands still and the compiler drops it */
#define STEP(i) x##i = x##i * a + b;
#define SUM(i) + x##i

/* Runs `n` rounds of twelve vector multiply-adds and returns how many additions and multiplications that was. */
#define DEFINE(name, T)                                                        \
    double name(long n, T *out)                                                \
    {                                                                          \
        typedef T vec __attribute__((vector_size(VECTOR_BYTES)));              \
        const vec zero = {0}, a = zero + (T)0.75, b = zero + (T)0.25;          \
        EACH(START)                                                            \
        for (long k = 0; k < n; k++) { EACH(STEP) }                            \
        const vec sum = zero EACH(SUM);                                        \
        memcpy(out, &sum, sizeof sum);                                         \
        return 2.0 * 12 * (VECTOR_BYTES / sizeof(T)) * n;                      \
    }

DEFINE(fma_float32, float)
DEFINE(fma_float64, double)

void copy(char *to, const char *from, size_t bytes) { memcpy(to, from, bytes); }
