/* requests.c -- tells callgrind, from inside the process it runs, what to count. */
#include <valgrind/callgrind.h>

void start(void) { CALLGRIND_START_INSTRUMENTATION; }

/* Stop counting and write what was counted since `start` into a file of its own, which says `name`. */
void stop(const char *name)
{
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS_AT(name);
}
