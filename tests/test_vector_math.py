"""Claims of `cbp_math.h`: error, special values, monotonicity, vectorisation, the same bits everywhere.

The header is compiled as a kernel author would, for every instruction set of this CPU.
`python -m benchmarks.exhaustive_math` repeats the float claims for all 2^32 floats.
"""

from __future__ import annotations

import ctypes
import functools
import math
import re
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import cbp

Array = np.ndarray[Any, np.dtype[Any]]

HEADER = Path(cbp.get_include()) / "cbp_math.h"
COMPILER = shlex.split(sysconfig.get_config_var("CC") or "cc")
# In -std=gnu11 (not c11) GCC contracts a * b + c where it can.
FLAGS = ["-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math"]

MONOTONE = ["exp", "expm1", "log", "log1p", "tanh", "logistic", "erf", "softplus"]
FUNCTIONS = [*MONOTONE, "sin", "cos"]
EXACT = ["abs", "sqrt"]
DTYPES = [np.float32, np.float64]
C_TYPE = {np.float32: "float", np.float64: "double"}
SUFFIX = {np.float32: "f32", np.float64: "f64"}

LOOPS = '#include <stddef.h>\n#include "cbp_math.h"\n' + "\n".join(
    [
        f"void {f}_{SUFFIX[t]}(const {C_TYPE[t]} *restrict x, {C_TYPE[t]} *restrict y, size_t n)"
        f" {{ for (size_t i = 0; i < n; i++) y[i] = cbp_{f}(x[i]); }}"
        for f in (*FUNCTIONS, *EXACT)
        for t in DTYPES
    ]
    + [
        f"void {f}_{SUFFIX[t]}(const {C_TYPE[t]} *restrict x, {C_TYPE[t]} *restrict y, size_t n)"
        f" {{ for (size_t i = 0; i < n; i++) y[i] = cbp_{f}(x[i], y[i]); }}"
        for f in ("max", "min")
        for t in DTYPES
    ]
)

CPU = set(Path("/proc/cpuinfo").read_text().split()) if Path("/proc/cpuinfo").exists() else set()
X86 = {"v2": "sse4_2", "v3": "avx2", "v4": "avx512vl"} if "sse2" in CPU else {}
HERE = ["base", *(isa for isa, flag in X86.items() if flag in CPU)]
MARCH = {"base": [], **{isa: [f"-march=x86-64-{isa}"] for isa in X86}}


class Loops:
    """The compiled loops of one instruction set: `loops("exp", x)`."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path))

    def __call__(self, function: str, x: Array, y: Array | None = None) -> Array:
        y = np.empty_like(x) if y is None else y.copy()
        loop = self.library[f"{function}_{SUFFIX[x.dtype.type]}"]
        loop(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data), ctypes.c_size_t(len(x)))
        return y


def compile_in(folder: Path, source: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a compiler command on a source text, with the folder of the header."""
    path = folder / ("source.cpp" if "-std=c++17" in command else "source.c")
    path.write_text(source)
    return subprocess.run(
        [*command, f"-I{HEADER.parent}", str(path)], cwd=folder, capture_output=True, text=True, check=False
    )


def build(folder: Path, *flags: str) -> Loops:
    done = compile_in(folder, LOOPS, [*COMPILER, *flags, "-shared", "-fPIC", "-o", "loops.so"])
    assert done.returncode == 0, done.stderr
    return Loops(folder / "loops.so")


@pytest.fixture(scope="module", params=HERE)
def isa(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def loops(isa: str, tmp_path_factory: pytest.TempPathFactory) -> Loops:
    return build(tmp_path_factory.mktemp(isa), *FLAGS, *MARCH[isa])


# ---- oracles ---------------------------------------------------------------------------------------------

ORACLE_F32: dict[str, Callable[[Array], Array]] = {
    **{f: getattr(np, f) for f in ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos")},
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "erf": lambda x: np.fromiter(map(math.erf, x.tolist()), float, len(x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
}
ORACLE_F64: dict[str, Callable[[Any], Any]] = {
    **{f: getattr(mpmath, f) for f in ("exp", "expm1", "log", "log1p", "tanh", "erf", "sin", "cos")},
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}
PERIODIC_LIMIT = {np.float32: 1e6, np.float64: 1e5}
RANGE_F64 = {
    **dict.fromkeys(FUNCTIONS, (-746.0, 710.0)),
    "log": (0.0, 1e3),
    "log1p": (-1.0, 1e3),
    "tanh": (-21.0, 21.0),
    "erf": (-6.1, 6.1),
    "logistic": (-746.0, 45.0),
    "sin": (-1e5, 1e5),
    "cos": (-1e5, 1e5),
}


def stated_bound(function: str, dtype: type) -> float:
    """The bound in the comment above the function's definition."""
    definition = f"static inline float cbp_{'sin' if function == 'cos' else function}_f32"
    before = HEADER.read_text().split(definition)[0]
    match = re.search(r"At most ([\d.]+) ULP \(double ([\d.]+)\)", before[before.rindex("/*") :])
    assert match, f"the header states no bound for {function}"
    return float(match[1 if dtype is np.float32 else 2])


def ulps(y: Array, exact: Array, rest: Array | float = 0.0) -> Array:
    """|y - (exact + rest)| in units in the last place of y's type; a float infinity counts as 2^128."""
    digits, lowest, limit = (23, -126, 2.0**128) if y.dtype == np.float32 else (52, -1022, math.inf)
    exact = np.clip(exact, -limit, limit)
    exponent = np.maximum(np.frexp(exact)[1] - 1, lowest)
    with np.errstate(invalid="ignore"):
        error = np.abs((np.clip(y.astype(np.float64), -limit, limit) - exact) - rest)
    result: Array = np.ldexp(error, digits - exponent)
    return result


@functools.cache
def floats_and_oracle(function: str) -> tuple[Array, Array]:
    """Every 1009th float, with the function of them in double precision."""
    x = np.arange(0, 2**32, 1009, dtype=np.uint64).astype(np.uint32).view(np.float32)
    x = x[np.abs(x) <= PERIODIC_LIMIT[np.float32]] if function in ("sin", "cos") else x
    with np.errstate(all="ignore"):
        return x, ORACLE_F32[function](x.astype(np.float64))


@functools.cache
def doubles_and_oracle(function: str) -> tuple[Array, Array, Array]:
    """Doubles where a result is finite, with the function of them as a sum of two doubles."""
    random, (low, high) = np.random.default_rng(1), RANGE_F64[function]
    n = np.arange(-40.0, 41.0)
    switches = np.concatenate([n * math.log(2) / 2, [1, -1, 0.5**0.5, 2**0.5, 1e-9, 1e-18, 5e-324, 2.3e-308]])
    x = np.concatenate(
        [
            random.uniform(low, high, 1500),
            random.uniform(-3, 3, 1500),
            random.choice([-1, 1], 500) * 2 ** random.uniform(-1074, 4, 500),
            *(np.nextafter(switches, s * math.inf) for s in (-1, 1)),
            random.integers(-63000, 63000, 500) * (math.pi / 2) if high == 1e5 else switches,
        ]
    )
    x = x[(x > low) & (x < high)]
    with mpmath.workprec(1200 if function == "softplus" else 200):
        exact = [ORACLE_F64[function](mpmath.mpf(v)) for v in x.tolist()]
        first = [float(v) for v in exact]
        return x, np.array(first), np.array([float(v - f) for v, f in zip(exact, first, strict=True)])


# ---- error -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
def test_float_error_is_within_the_stated_bound_of_at_most_two_ulp(loops: Loops, function: str) -> None:
    bound = stated_bound(function, np.float32)
    assert bound <= 2
    x, exact = floats_and_oracle(function)
    y = loops(function, x)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(exact))
    error = ulps(y, exact)[~np.isnan(exact)]
    assert error.max() <= bound, f"at {x[~np.isnan(exact)][error.argmax()]!r}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_double_error_is_within_the_stated_bound_of_little_over_two_ulp(loops: Loops, function: str) -> None:
    bound = stated_bound(function, np.float64)
    assert bound <= 2.2
    x, exact, rest = doubles_and_oracle(function)
    error = ulps(loops(function, x), exact, rest)
    assert error.max() <= bound, f"at {x[error.argmax()]!r}"


@pytest.mark.parametrize("dtype", DTYPES)
def test_square_root_and_absolute_value_are_exact(loops: Loops, dtype: type) -> None:
    x: Array = (2.0 ** np.random.default_rng(2).uniform(-120, 120, 10_000)).astype(dtype)
    np.testing.assert_array_equal(loops("sqrt", x), np.sqrt(x))
    np.testing.assert_array_equal(loops("abs", -x), x)


# ---- special values --------------------------------------------------------------------------------------

INF, NAN = math.inf, math.nan
SPECIAL: dict[str, tuple[list[float], list[float]]] = {
    "exp": ([0.0, -0.0, INF, -INF, NAN, 800, -800, 1e30, -1e30], [1, 1, INF, 0.0, NAN, INF, 0.0, INF, 0.0]),
    "expm1": ([0.0, -0.0, INF, -INF, NAN, 800, 1e30, -1e30], [0.0, -0.0, INF, -1, NAN, INF, INF, -1]),
    "log": ([0.0, -0.0, 1, INF, -INF, NAN, -1, -1e-40], [-INF, -INF, 0.0, INF, NAN, NAN, NAN, NAN]),
    "log1p": ([0.0, -0.0, -1, INF, -INF, NAN, -1.5], [0.0, -0.0, -INF, INF, NAN, NAN, NAN]),
    "tanh": ([0.0, -0.0, INF, -INF, NAN, 1e30, -1e30], [0.0, -0.0, 1, -1, NAN, 1, -1]),
    "logistic": ([0.0, -0.0, INF, -INF, NAN, 1e30, -1e30], [0.5, 0.5, 1, 0.0, NAN, 1, 0.0]),
    "erf": ([0.0, -0.0, INF, -INF, NAN, 1e30, -1e30], [0.0, -0.0, 1, -1, NAN, 1, -1]),
    "softplus": ([INF, -INF, NAN, 1e30, -1e30], [INF, 0.0, NAN, 1e30, 0.0]),
    "sin": ([0.0, -0.0, INF, -INF, NAN], [0.0, -0.0, NAN, NAN, NAN]),
    "cos": ([0.0, -0.0, INF, -INF, NAN], [1, 1, NAN, NAN, NAN]),
    "abs": ([-0.0, -INF, NAN, -2.5], [0.0, INF, NAN, 2.5]),
    "sqrt": ([0.0, -0.0, INF, -1, NAN], [0.0, -0.0, INF, NAN, NAN]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", SPECIAL)
def test_special_values_are_right_in_the_vector_body_and_in_the_remainder(
    loops: Loops, function: str, dtype: type
) -> None:
    for x, expected in zip(*SPECIAL[function], strict=True):
        y = loops(function, np.full(67, x, dtype))
        np.testing.assert_array_equal(y, np.full(67, expected, dtype), err_msg=f"{function}({x})")
        if expected == 0:
            assert (np.signbit(y) == np.signbit(expected)).all(), f"{function}({x})"


@pytest.mark.parametrize("function", [*FUNCTIONS, *EXACT])
def test_every_nan_stays_nan_whatever_its_bits(loops: Loops, function: str) -> None:
    payload = np.random.default_rng(3).integers(1, 2**23, 1000, dtype=np.uint32)
    for sign in (0x7F800000, 0xFF800000):
        assert np.isnan(loops(function, (payload | np.uint32(sign)).view(np.float32))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_tiny_numbers_keep_their_last_bit(loops: Loops, dtype: type) -> None:
    x = np.arange(1, 1000) * np.finfo(dtype).smallest_subnormal
    for function in ("expm1", "log1p", "tanh", "sin"):
        np.testing.assert_array_equal(loops(function, x), x, err_msg=function)
        np.testing.assert_array_equal(loops(function, -x), -x, err_msg=function)


@pytest.mark.parametrize("dtype", DTYPES)
def test_maximum_and_minimum_hand_on_nan_from_either_side(loops: Loops, dtype: type) -> None:
    values: Array = np.array([-INF, -2.0, 0.0, 3.0, INF, NAN], dtype)
    a, b = (v.ravel() for v in np.meshgrid(values, values))
    np.testing.assert_array_equal(loops("max", a, b), np.maximum(a, b))
    np.testing.assert_array_equal(loops("min", a, b), np.minimum(a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", ["sin", "cos"])
def test_sine_and_cosine_of_a_finite_number_are_within_one(loops: Loops, function: str, dtype: type) -> None:
    bits = np.random.default_rng(4).integers(0, 2**64, 200_000, dtype=np.uint64)
    x: Array = bits.view(dtype)
    x = np.concatenate([x[np.isfinite(x)], [np.finfo(dtype).max], np.linspace(0, 10, 10_000)]).astype(dtype)
    assert (np.abs(loops(function, x)) <= 1).all()


# ---- order and position ----------------------------------------------------------------------------------


def runs_of_neighbours(dtype: type) -> Array:
    """Rows of neighbouring numbers in increasing order, random and about the formulas' switches."""
    random, word = np.random.default_rng(5), np.dtype(f"u{np.dtype(dtype).itemsize}")
    starts: Array = np.concatenate(
        [
            random.uniform(-20, 20, 200),
            random.uniform(0.4, 1.1, 200),
            random.uniform(1.5, 2.1, 200),
            2 ** random.uniform(-60, 7, 100),
            np.arange(1, 60) * (math.log(2) / 4) * (1 - 1e-6),
            np.array([0.5, 1, 2, 4, 8, 16, 3.93, 5.92, 88.72, 89, 103, 104, 709.78]) * (1 - 1e-6),
        ]
    ).astype(dtype)
    up: Array = (np.abs(starts).view(word)[:, None] + np.arange(3000, dtype=word)).view(dtype)
    return np.concatenate([up, -up[:, ::-1]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", MONOTONE)
def test_a_larger_number_never_gives_a_smaller_result(loops: Loops, function: str, dtype: type) -> None:
    x = runs_of_neighbours(dtype)
    x = x[x.min(axis=1) > {"log": 0, "log1p": -1}.get(function, -INF)]
    y = loops(function, x.ravel()).reshape(x.shape)
    back = y[:, 1:] < y[:, :-1]
    assert not back.any(), f"at {x[:, 1:][back][0]!r} and {back.sum() - 1} more"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [*FUNCTIONS, *EXACT])
def test_a_result_has_the_same_bits_in_any_array(loops: Loops, function: str, dtype: type) -> None:
    x: Array = np.random.default_rng(6).uniform(-12, 12, 1024).astype(dtype)
    whole = loops(function, x)
    for length in range(1, 68):
        for offset in (0, 1, 3, 517):
            part = slice(offset, offset + length)
            assert loops(function, x[part]).tobytes() == whole[part].tobytes(), (length, offset)


def test_a_result_has_the_same_bits_at_any_optimisation_level(loops: Loops, isa: str, tmp_path: Path) -> None:
    plain = build(tmp_path, "-O1", "-ffp-contract=off", *MARCH[isa])
    for dtype in DTYPES:
        x = np.random.default_rng(7).uniform(-12, 12, 100_000).astype(dtype)
        for function in FUNCTIONS:
            np.testing.assert_array_equal(plain(function, x), loops(function, x), err_msg=function)


# ---- compilers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isa", MARCH)
def test_every_loop_vectorises(isa: str, tmp_path: Path) -> None:
    version = subprocess.run([*COMPILER, "--version"], capture_output=True, text=True, check=True).stdout
    report = "-Rpass=loop-vectorize" if "clang" in version else "-fopt-info-vec-optimized"
    done = compile_in(tmp_path, LOOPS, [*COMPILER, *FLAGS, *MARCH[isa], report, "-c", "-o", "loops.o"])
    vectorised = {int(n) for n in re.findall(r"source\.c:(\d+):\d+: .*vectorized", done.stderr)}
    loops = {n: line for n, line in enumerate(LOOPS.splitlines(), 1) if "for (" in line}
    assert not [line.split("(")[0] for n, line in loops.items() if n not in vectorised]


@pytest.mark.parametrize("flag", ["-ffast-math", "-ffinite-math-only"])
def test_fast_math_is_refused(flag: str, tmp_path: Path) -> None:
    done = compile_in(tmp_path, LOOPS, [*COMPILER, flag, "-fsyntax-only"])
    assert done.returncode != 0
    assert "compile without -ffast-math" in done.stderr


STRICT = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror", "-fsyntax-only"]
TYPES_OF_RESULTS = "\n".join(
    [f"IS(float, cbp_{f}(1.0f)); IS(double, cbp_{f}(1.0));" for f in (*FUNCTIONS, *EXACT)]
    + ["IS(float, cbp_max(1.0f, 0.0f)); IS(double, cbp_min(1.0, 0.0));", ""]
)


def test_the_header_is_c11_without_warnings_and_generic_in_the_type(tmp_path: Path) -> None:
    check = "#define IS(type, x) _Static_assert(_Generic((x), type: 1, default: 0), #x)\n"
    source = '#include "cbp_math.h"\n' + check + TYPES_OF_RESULTS
    done = compile_in(tmp_path, source, [*COMPILER, "-std=c11", *STRICT])
    assert done.returncode == 0, done.stderr


def test_the_header_is_cpp17_without_warnings_and_overloaded_in_the_type(tmp_path: Path) -> None:
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler here")
    check = "#define IS(type, x) static_assert(std::is_same<type, decltype(x)>::value, #x)\n"
    source = '#include "cbp_math.h"\n#include <type_traits>\n' + check + TYPES_OF_RESULTS
    done = compile_in(tmp_path, source, [compiler, "-std=c++17", *STRICT])
    assert done.returncode == 0, done.stderr
