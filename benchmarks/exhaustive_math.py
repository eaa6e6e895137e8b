"""Check the float functions of cbp_math.h on every one of the 2^32 floats.

    python benchmarks/exhaustive_math.py                    # all functions and instruction sets of this CPU
    python benchmarks/exhaustive_math.py exp tanh --isa v3  # some
    python benchmarks/exhaustive_math.py --every 64         # one block of 4096 floats in 64

It needs cbp, a C compiler and its math library, whose double functions are the oracle. The full run takes
about half a minute per function and instruction set on four cores. For each function it prints the largest
error in units in the last place (ULP) and where it is, the share of inputs with more than one ULP, how often
a monotone function steps back between neighbouring floats, and the number of wrong NaNs, infinities and signs
of zero. Sine and cosine are compared up to |x| = 1e6; beyond they must stay within [-1, 1].
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cbp

SOURCE = r"""
#include <math.h>
#include "cbp_math.h"

#define FUNCTIONS(X) \
    X(exp, exp(x), 1) X(expm1, expm1(x), 1) X(log, log(x), 1) X(log1p, log1p(x), 1) X(tanh, tanh(x), 1) \
    X(logistic, 1 / (1 + exp(-x)), 1) X(softplus, (x > 0 ? x : 0) + log1p(exp(-fabs(x))), 1) \
    X(erf, erf(x), 1) X(sin, sin(x), 0) X(cos, cos(x), 0)

#define DEFINE(f, formula, monotone) \
    static double real_##f(double x) { return formula; } \
    static void oracle_##f(const float *x, double *r) { for (int i = 0; i < N; i++) r[i] = real_##f(x[i]); } \
    static void loop_##f(const float *x, float *y) { for (int i = 0; i < N; i++) y[i] = cbp_##f(x[i]); }
#define ENTRY(f, formula, monotone) { loop_##f, oracle_##f, monotone },

enum { N = 4096 };
FUNCTIONS(DEFINE)
const struct { void (*loop)(const float *, float *); void (*oracle)(const float *, double *); int monotone; }
    functions[] = { FUNCTIONS(ENTRY) };

typedef struct { double worst; float at; long long inputs, above_one, back, wrong; } report;

/* The floats in increasing order are numbered from -0x7f800000 (-inf) by 0 (0) to 0x7f800000 (inf). */
static float nth(long long i) { return cbp_from_bits_f32(i < 0 ? 0x80000000u + (uint32_t)-i : (uint32_t)i); }

/* |y - r| in units in the last place of a float with the magnitude of r; infinity counts as 2^128. */
static double ulps(double y, double r)
{
    int e;
    y = y > 0x1p128 ? 0x1p128 : y < -0x1p128 ? -0x1p128 : y;
    r = r > 0x1p128 ? 0x1p128 : r < -0x1p128 ? -0x1p128 : r;
    e = (int)(cbp_bits_f64(r) >> 52 & 0x7ff) - 1023;
    e = e < -126 ? -126 : e > 127 ? 127 : e;
    return cbp_abs_f64(y - r) * cbp_from_bits_f64((uint64_t)(1023 + 23 - e) << 52);
}

/* Checks N floats from number `first`, and the step to them from the float before. */
void check(int f, long long first, report *out)
{
    float x[N], y[N], before = first > -0x7f800000ll ? nth(first - 1) : NAN;
    double r[N], error;
    for (int i = 0; i < N; i++) y[i] = before;
    functions[f].loop(y, y);
    before = y[0];
    for (int i = 0; i < N; i++) x[i] = first + i <= 0x7f800000ll ? nth(first + i) : NAN;
    functions[f].loop(x, y);
    functions[f].oracle(x, r);
    for (int i = 0; i < N; before = y[i++]) {
        int number = r[i] == r[i] && y[i] == y[i], far = !functions[f].monotone && cbp_abs_f32(x[i]) > 1e6f;
        if (functions[f].monotone && y[i] < before) out->back++;
        if (y[i] == (float)r[i] && r[i] != 0) continue;
        out->wrong += number ? far && cbp_abs_f32(y[i]) > 1 : isnan(r[i]) != isnan(y[i]);
        out->wrong += r[i] == 0 && signbit(r[i]) != signbit(y[i]);
        error = number && !far ? ulps(y[i], r[i]) : 0;
        out->above_one += error > 1;
        if (error > out->worst) out->worst = error, out->at = x[i];
    }
    out->inputs += N;
}
"""

NAMES = ["exp", "expm1", "log", "log1p", "tanh", "logistic", "softplus", "erf", "sin", "cos"]
FIRST, LAST, BLOCK = -0x7F800000, 0x7F800000, 4096
FLAG = {"v2": "sse4_2", "v3": "avx2", "v4": "avx512vl"}


class Report(ctypes.Structure):
    _fields_ = [
        ("worst", ctypes.c_double),
        ("at", ctypes.c_float),
        *((name, ctypes.c_longlong) for name in ("inputs", "above_one", "back", "wrong")),
    ]


def build(isa: str, folder: Path) -> ctypes.CDLL:
    """Compile the check for an instruction set, with the flags of cbp's own kernels."""
    source, library = folder / "check.c", folder / f"check_{isa}.so"
    source.write_text(SOURCE)
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    flags = [*cbp.get_compile_args(isa), "-shared", "-fPIC", f"-I{cbp.get_include()}"]
    subprocess.run([*compiler, *flags, str(source), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


def run(library: ctypes.CDLL, function: int, every: int, threads: int) -> Report:
    """Check one function; each thread takes every so many blocks."""

    def share(number: int) -> Report:
        report = Report()
        for first in range(FIRST + number * every * BLOCK, LAST + 1, threads * every * BLOCK):
            library.check(function, ctypes.c_longlong(first), ctypes.byref(report))
        return report

    with ThreadPoolExecutor(threads) as pool:
        reports = list(pool.map(share, range(threads)))
    total = max(reports, key=lambda report: report.worst)
    for report in reports:
        if report is not total:
            for name in ("inputs", "above_one", "back", "wrong"):
                setattr(total, name, getattr(total, name) + getattr(report, name))
    return total


def main() -> int:
    cpu = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    here = [isa for isa, flag in FLAG.items() if flag in cpu] or ["base"]
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help=" ".join(NAMES))
    parser.add_argument("--isa", nargs="+", default=here, help=f"default: {' '.join(here)}")
    parser.add_argument("--every", type=int, default=1, help="take one block of 4096 floats in EVERY")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if unknown := set(options.functions) - set(NAMES):
        parser.error(f"unknown functions {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    failed = False
    print("          ISA  max ULP              at   >1 ULP  monotone  wrong  seconds")
    with tempfile.TemporaryDirectory() as folder:
        libraries = {isa: build(isa, Path(folder)) for isa in options.isa}
        for name in options.functions or NAMES:
            for isa, library in libraries.items():
                start = time.perf_counter()
                r = run(library, NAMES.index(name), options.every, options.threads)
                monotone = "-" if name in ("sin", "cos") else f"{r.back} back" if r.back else "yes"
                seconds = time.perf_counter() - start
                print(
                    f"{name:9} {isa:4} {r.worst:7.3f} {r.at:15.8g} {r.above_one / r.inputs:8.1e}"
                    f" {monotone:>9} {r.wrong:6} {seconds:8.0f}",
                    flush=True,
                )
                failed |= r.worst > 2 or r.back > 0 or r.wrong > 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
