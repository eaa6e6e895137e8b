"""Watches foreign code: the floating-point mode it must not change, and the GIL it must not need.

The mode is a thread's: whether subnormal numbers are flushed to zero, how results are rounded, what traps. A
library linked with ``-ffast-math`` changes it for whoever loads it.
"""

cdef extern from *:
    """
    #include <fenv.h>
    #include <pthread.h>
    #include <stddef.h>
    #include <stdint.h>
    #include <time.h>
    #if defined(__x86_64__)
    #include <xmmintrin.h>
    #endif

    /* The control bits without the status flags. */
    static uint64_t cbp_mode(void) {
    #if defined(__x86_64__)
        uint16_t x87;
        __asm__ volatile("fnstcw %0" : "=m"(x87));
        return (_mm_getcsr() & 0xFFC0u) | (uint64_t)x87 << 32;
    #elif defined(__aarch64__)
        uint64_t fpcr;
        __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
        return fpcr;
    #else
        return (uint64_t)fegetround();
    #endif
    }

    static void cbp_set_mode(uint64_t mode) {
    #if defined(__x86_64__)
        uint16_t x87 = (uint16_t)(mode >> 32);
        _mm_setcsr((_mm_getcsr() & ~0xFFC0u) | (uint32_t)mode);
        __asm__ volatile("fldcw %0" : : "m"(x87));
    #elif defined(__aarch64__)
        __asm__ volatile("msr fpcr, %0" : : "r"(mode));
    #else
        fesetround((int)mode);
    #endif
    }

    #if defined(__x86_64__)
    enum { TO_ZERO = 1 << 15, FROM_ZERO = 1 << 6, ROUNDING = 3 << 13 };
    #elif defined(__aarch64__)
    enum { TO_ZERO = 1 << 24, FROM_ZERO = 1 << 24, ROUNDING = 3 << 22 };
    #else
    enum { TO_ZERO = 0, FROM_ZERO = 0, ROUNDING = -1 };
    #endif

    /* A kernel's function, its arguments, and what became of the call. */
    typedef struct {
        void *function, *block[4];
        int n_blocks, status, done;
        ptrdiff_t rows, cols, ld;
        const void *ctx;
        uint64_t before, after;
    } cbp_call;

    #define SIZES ptrdiff_t, ptrdiff_t, ptrdiff_t, const void *
    #define GIVEN call->rows, call->cols, call->ld, call->ctx
    typedef int (*cbp_of_two)(void *, void *, SIZES);
    typedef int (*cbp_of_three)(void *, void *, void *, SIZES);
    typedef int (*cbp_of_four)(void *, void *, void *, void *, SIZES);

    static void *cbp_run(void *argument) {
        cbp_call *call = argument;
        void **p = call->block;
        call->before = cbp_mode();
        if (call->n_blocks == 2) call->status = ((cbp_of_two)call->function)(p[0], p[1], GIVEN);
        else if (call->n_blocks == 3) call->status = ((cbp_of_three)call->function)(p[0], p[1], p[2], GIVEN);
        else call->status = ((cbp_of_four)call->function)(p[0], p[1], p[2], p[3], GIVEN);
        call->after = cbp_mode();
        __atomic_store_n(&call->done, 1, __ATOMIC_RELEASE);
        return NULL;
    }

    static int cbp_done(cbp_call *call) { return __atomic_load_n(&call->done, __ATOMIC_ACQUIRE); }

    /* Waits, at most so long, without giving up the GIL. */
    static int cbp_done_within(cbp_call *call, double seconds) {
        const struct timespec moment = {0, 200000};
        for (double waited = 0; !cbp_done(call) && waited < seconds; waited += 2e-4) nanosleep(&moment, NULL);
        return cbp_done(call);
    }
    """
    ctypedef unsigned long long uint64_t
    ctypedef unsigned long pthread_t
    unsigned long long cbp_mode() nogil
    void cbp_set_mode(unsigned long long mode) nogil
    unsigned long long TO_ZERO, FROM_ZERO, ROUNDING

    ctypedef struct cbp_call:
        void *function
        void *block[4]
        int n_blocks, status, done
        Py_ssize_t rows, cols, ld
        const void *ctx
        unsigned long long before, after

    void *cbp_run(void *call) noexcept nogil
    int cbp_done_within(cbp_call *call, double seconds) nogil
    int pthread_create(pthread_t *thread, const void *attributes, void *(*run)(void *) noexcept nogil, void *call) nogil
    int pthread_join(pthread_t thread, void **answer) nogil


def floating_point_mode():
    """This thread's floating-point mode, a number to compare and to give to `set_floating_point_mode`."""
    return cbp_mode()


def set_floating_point_mode(unsigned long long mode):
    """Put this thread back into a mode that `floating_point_mode` named."""
    cbp_set_mode(mode)


def difference(unsigned long long before, unsigned long long after):
    """What of the mode has changed, in words; "" if nothing has."""
    cdef unsigned long long changed = before ^ after
    words = []
    if changed & TO_ZERO:
        words.append(f"flushing subnormal results to zero is {'on' if after & TO_ZERO else 'off'}")
    if changed & FROM_ZERO:
        words.append(f"taking subnormal numbers as zero is {'on' if after & FROM_ZERO else 'off'}")
    if changed & ROUNDING:
        words.append("the direction of rounding is another")
    if changed and not words:
        words.append("the precision of rounding or the traps are others")
    return ", ".join(words)


def call_apart(size_t function, list blocks, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t ld, size_t ctx,
               double seconds):
    """Call a kernel's function in a new thread that Python knows nothing of, keeping the GIL meanwhile.

    Parameters
    ----------
    function : int
        The function's address.
    blocks : list of int
        The addresses of its blocks, two to four.
    rows, cols, ld : int
    ctx : int
        The address of the parameters, or 0.
    seconds : float
        How long the GIL is kept. Then it is given up, and the function may take it and end.

    Returns
    -------
    status : int
    free : bool
        Whether it ended without the GIL.
    before, after : int
        The thread's floating-point mode.
    """
    cdef cbp_call call
    cdef pthread_t thread
    cdef bint free
    call.function, call.n_blocks, call.done = <void *>function, len(blocks), 0
    if not 2 <= call.n_blocks <= 4:
        raise ValueError(f"expected two to four blocks, got {call.n_blocks}")
    for i, block in enumerate(blocks):
        call.block[i] = <void *><size_t>block
    call.rows, call.cols, call.ld, call.ctx = rows, cols, ld, <const void *>ctx
    if pthread_create(&thread, NULL, cbp_run, &call):
        raise RuntimeError("no new thread could be started")
    free = cbp_done_within(&call, seconds)
    with nogil:
        pthread_join(thread, NULL)
    return call.status, bool(free), call.before, call.after
