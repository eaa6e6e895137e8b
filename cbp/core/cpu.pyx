"""Which instruction sets this processor runs. Compiled for the baseline, imported before anything else."""

cdef extern from *:
    """
    #if defined(__x86_64__)
    static int cbp_runs(int level) {
        __builtin_cpu_init();
        int v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
        int v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                 && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
        int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                 && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                 && __builtin_cpu_supports("avx512cd");
        return level == 4 ? v4 : level == 3 ? v3 : v2;
    }
    #else
    static int cbp_runs(int level) { (void)level; return 0; }
    #endif
    """
    bint cbp_runs(int level)


def supported():
    """The names of the instruction sets this processor runs, best first."""
    levels = [f"v{level}" for level in (4, 3, 2) if cbp_runs(level)]
    return levels or ["base"]


def runs(str isa):
    """Whether this processor runs code compiled for an instruction set: one of `supported`, or "base"."""
    return isa == "base" or isa in supported()
