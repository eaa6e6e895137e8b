"""The peak of multiply-adds, which `cbp.timing` compares with. Compiled once per instruction set."""

cdef extern from "probe.h" nogil:
    double probe_f32(long rounds, float *out)
    double probe_f64(long rounds, double *out)


def multiply_adds_f32(long rounds):
    """Do `rounds` of twelve vector multiply-adds, without the GIL.

    Returns how many additions and multiplications of single numbers that was."""
    cdef float[16] out
    cdef double done
    with nogil:
        done = probe_f32(rounds, out)
    return done


def multiply_adds_f64(long rounds):
    """As multiply_adds_f32, in double precision."""
    cdef double[8] out
    cdef double done
    with nogil:
        done = probe_f64(rounds, out)
    return done
