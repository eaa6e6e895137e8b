"""Where the threads of a team run: each begins on another core than its maker, and may then go anywhere."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest
from compiling import built

CORE = Path(__file__).parents[1] / "cbp" / "core"
SOURCE = """
#define _GNU_SOURCE
#include "team.h"
#define SEEN __attribute__((visibility("default")))

static void count(void *counts, int thread) {
    cpu_set_t may;
    sched_getaffinity(0, sizeof may, &may);
    ((int *)counts)[thread] = CPU_COUNT(&may);
}

/* How many threads ran, and of each, how many cores it may use. */
SEEN int cores_of_threads(int threads, int *counts) {
    team t;
    team_run(&t, threads, count, counts);
    return t.threads;
}

/* How many cores a thread may begin on, or 0 for any. */
SEEN int cores_to_begin_on(void) {
    team_cores cores;
    cpu_set_t elsewhere;
    int count = 0;
    team_find_cores(&cores);
    if (cores.known && !pthread_attr_getaffinity_np(&cores.elsewhere, sizeof elsewhere, &elsewhere))
        count = CPU_COUNT(&elsewhere);
    pthread_attr_destroy(&cores.elsewhere);
    return count;
}
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems are not told where threads begin")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("team")
    (folder / "team_cores.c").write_text(SOURCE)
    return ctypes.CDLL(str(built(folder / "team_cores.c", folder / "team_cores.so", "-pthread", include=CORE)))


def allowed(team: ctypes.CDLL, cores: set[int]) -> tuple[int, int, list[int]]:
    """With only these cores: how many a thread may begin on, how many threads of three ran, and the cores of each."""
    before = os.sched_getaffinity(0)
    counts = (ctypes.c_int * 3)()
    os.sched_setaffinity(0, cores)
    try:
        return team.cores_to_begin_on(), team.cores_of_threads(3, counts), list(counts)
    finally:
        os.sched_setaffinity(0, before)


def test_a_thread_begins_on_another_core_and_may_go_anywhere(team: ctypes.CDLL) -> None:
    cores = os.sched_getaffinity(0)
    assert allowed(team, cores) == (len(cores) - 1, 3, [len(cores)] * 3)


def test_a_single_core_is_shared(team: ctypes.CDLL) -> None:
    assert allowed(team, {min(os.sched_getaffinity(0))}) == (0, 3, [1, 1, 1])
