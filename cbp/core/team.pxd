"""Threads that run one function together (team.h), and how work is divided between them."""

cdef extern from "team.h" nogil:
    int TEAM_LIMIT
    ctypedef void (*team_job)(void *what, int thread)
    ctypedef struct team:
        int threads
    void team_meet(team *t)
    void team_run(team *t, int threads, team_job job, void *what)


cdef enum:
    # Multiplications a thread must have, in one step or one call, to be worth waking: some tens of microseconds.
    WORTH_A_THREAD = 1000000


cdef inline int useful_threads(int threads, double multiplications) noexcept nogil:
    """How many of `threads` so much work keeps busy."""
    cdef double worth = multiplications / WORTH_A_THREAD
    return <int>max(1.0, min(<double>min(threads, TEAM_LIMIT), worth))


cdef inline Py_ssize_t begin_of(Py_ssize_t n, int thread, int threads) noexcept nogil:
    """Where the share of `thread` of n rows begins; it ends where the next one's begins."""
    return n * thread // threads
