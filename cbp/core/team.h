/* team.h -- threads that run one function together and meet at barriers.
 *
 * A team lives as long as one call: its threads are started, run the job beside the caller and are joined. So
 * no thread is left to a fork, nothing is shared between two callers, and an idle process has no threads.
 * Starting costs some ten microseconds each, which the caller weighs against the work (see `useful_threads`).
 *
 * At a barrier a thread spins for a while, for the others are nearly there, and then sleeps, so that more
 * threads than cores are slow but no disaster.
 */
#ifndef CBP_TEAM_H
#define CBP_TEAM_H

#include <pthread.h>
#include <signal.h>
#if defined(__linux__)
#include <sched.h>
#endif

#define TEAM_LIMIT 64
#define TEAM_SPINS 20000

typedef void (*team_job)(void *what, int thread);

/* Where a thread begins, and where it may run. Linux begins some on their maker's core, one in about twenty, where both
 * wait for each other while another core is idle. */
typedef struct {
    pthread_attr_t elsewhere;
    int known;
#if defined(__linux__)
    cpu_set_t anywhere;
#endif
} team_cores;

typedef struct {
    int threads;            /* that run the job: index 0 is the caller */
    int arrived;            /* at the next barrier */
    unsigned round;         /* barriers passed */
    pthread_mutex_t lock;
    pthread_cond_t passed;
    team_job job;
    void *what;
    team_cores cores;
} team;

typedef struct {
    team *of;
    int thread;
} team_member;

static inline void team_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Wait until `round` is no longer `now`. */
static void team_wait(team *t, unsigned now) {
    for (int i = 0; i < TEAM_SPINS; i++) {
        if (__atomic_load_n(&t->round, __ATOMIC_ACQUIRE) != now) return;
        team_pause();
    }
    pthread_mutex_lock(&t->lock);
    while (__atomic_load_n(&t->round, __ATOMIC_ACQUIRE) == now) pthread_cond_wait(&t->passed, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

static void team_go(team *t) {
    pthread_mutex_lock(&t->lock);
    __atomic_store_n(&t->arrived, 0, __ATOMIC_RELAXED);
    __atomic_add_fetch(&t->round, 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&t->passed);
    pthread_mutex_unlock(&t->lock);
}

/* No thread of the team goes on before all are here. */
static inline void team_meet(team *t) {
    if (t->threads == 1) return;
    const unsigned now = __atomic_load_n(&t->round, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&t->arrived, 1, __ATOMIC_ACQ_REL) == t->threads) team_go(t);
    else team_wait(t, now);
}

/* A thread is to begin on any core but this one, where there is another. */
static void team_find_cores(team_cores *cores) {
    cores->known = 0;
    pthread_attr_init(&cores->elsewhere);
#if defined(__linux__)
    cpu_set_t others;
    const int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(0, sizeof cores->anywhere, &cores->anywhere)) return;
    others = cores->anywhere;
    CPU_CLR(here, &others);
    cores->known = CPU_COUNT(&others) && !pthread_attr_setaffinity_np(&cores->elsewhere, sizeof others, &others);
#endif
}

/* Once it runs, a thread may go where the system likes. */
static void team_free_cores(const team_cores *cores) {
#if defined(__linux__)
    if (cores->known) sched_setaffinity(0, sizeof cores->anywhere, &cores->anywhere);
#else
    (void)cores;
#endif
}

static void *team_thread(void *argument) {
    const team_member member = *(team_member *)argument;
    team_free_cores(&member.of->cores);
    team_wait(member.of, 0); /* until it is known how many could be started */
    member.of->job(member.of->what, member.thread);
    return NULL;
}

/* Run job(what, 0 .. threads-1) at once and return when all have; fewer threads where no more can be had. */
static void team_run(team *t, int threads, team_job job, void *what) {
    pthread_t started[TEAM_LIMIT];
    team_member member[TEAM_LIMIT];
    sigset_t every, before;
    t->arrived = 0;
    t->round = 0;
    t->job = job;
    t->what = what;
    t->threads = 1;
    if (threads > 1) {
        pthread_mutex_init(&t->lock, NULL);
        pthread_cond_init(&t->passed, NULL);
        team_find_cores(&t->cores);
        sigfillset(&every); /* signals are for the thread that Python runs in */
        pthread_sigmask(SIG_SETMASK, &every, &before);
        while (t->threads < threads && t->threads < TEAM_LIMIT) {
            const int i = t->threads;
            member[i] = (team_member){t, i};
            if (pthread_create(&started[i], &t->cores.elsewhere, team_thread, &member[i])) break;
            t->threads++;
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        team_go(t);
    }
    job(what, 0);
    for (int i = 1; i < t->threads; i++) pthread_join(started[i], NULL);
    if (threads > 1) {
        pthread_attr_destroy(&t->cores.elsewhere);
        pthread_cond_destroy(&t->passed);
        pthread_mutex_destroy(&t->lock);
    }
}

#endif
