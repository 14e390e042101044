/* The clock: the time told, whole seconds as they pass, and a microsecond for each question; so a program that takes less
 * than a second prints the same time in every run. Clocks that only measure (CLOCK_MONOTONIC) stay the kernel's.
 */
#include "page.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/time.h>

#define SECOND 1000000000LL
#define A_LONG_UPTIME 315360000LL /* ten years, in seconds: a later deadline is one of the calendar's clock */
#define TOLD 1 /* another number: wanted, but no time was told yet */

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static int real_clock(clockid_t clock, struct timespec *result)
{
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    return real(clock, result);
}

static int64_t told_now(uint64_t question)
{
    struct timespec monotonic;
    real_clock(CLOCK_MONOTONIC, &monotonic);
    int64_t passed = nanoseconds(&monotonic) - GET(page->base);
    return GET(page->told) + (passed > 0 ? passed / SECOND * SECOND : 0) +
           (int64_t)(ADD(page->ticks, question) + question) * 1000;
}

static int clock_is_told(void)
{
    return page && GET(page->clock) == TOLD;
}

static void tell(struct timespec *result)
{
    int64_t now = told_now(1), second = now / SECOND, rest = now % SECOND;
    result->tv_sec = rest < 0 ? second - 1 : second;
    result->tv_nsec = rest < 0 ? rest + SECOND : rest;
}

PUBLIC int clock_gettime(clockid_t clock, struct timespec *result)
{
    int calendar = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
    if (!calendar || !clock_is_told()) return real_clock(clock, result);
    tell(result);
    return 0;
}

PUBLIC int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
    struct timespec now;
    REAL(int, "gettimeofday", struct timeval *, void *);
    if (!clock_is_told()) return real(result, zone);
    if (zone) memset(zone, 0, sizeof(struct timezone));
    tell(&now);
    result->tv_sec = now.tv_sec;
    result->tv_usec = now.tv_nsec / 1000;
    return 0;
}

PUBLIC time_t time(time_t *result)
{
    struct timespec now;
    if (clock_is_told()) tell(&now);
    else real_clock(CLOCK_REALTIME_COARSE, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

PUBLIC int timespec_get(struct timespec *result, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, result) == 0 ? base : 0;
}

/* A deadline computed from the told time, as the kernel's clock has it: waiting lasts as long as the program meant. */
static const struct timespec *deadline(const struct timespec *told, struct timespec *place)
{
    if (!told || !clock_is_told() || told->tv_sec < A_LONG_UPTIME) return told;
    struct timespec now;
    real_clock(CLOCK_REALTIME, &now);
    int64_t real = nanoseconds(told) - told_now(0) + nanoseconds(&now);
    place->tv_sec = real / SECOND;
    place->tv_nsec = real % SECOND;
    return place;
}

PUBLIC int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    struct timespec place;
    REAL(int, "sem_timedwait", sem_t *, const struct timespec *);
    return real(semaphore, deadline(until, &place));
}

PUBLIC int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until)
{
    struct timespec place;
    REAL(int, "sem_clockwait", sem_t *, clockid_t, const struct timespec *);
    return real(semaphore, clock, clock == CLOCK_REALTIME ? deadline(until, &place) : until);
}

PUBLIC int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    struct timespec place;
    REAL(int, "pthread_mutex_timedlock", pthread_mutex_t *, const struct timespec *);
    return real(mutex, deadline(until, &place));
}

PUBLIC int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                                  const struct timespec *restrict until)
{
    struct timespec place;
    REAL(int, "pthread_cond_timedwait", pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    return real(condition, mutex, deadline(until, &place));
}

PUBLIC int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
                                  const struct timespec *restrict until)
{
    struct timespec place;
    REAL(int, "pthread_cond_clockwait", pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    return real(condition, mutex, clock, clock == CLOCK_REALTIME ? deadline(until, &place) : until);
}

PUBLIC int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *rest)
{
    struct timespec place;
    REAL(int, "clock_nanosleep", clockid_t, int, const struct timespec *, struct timespec *);
    int calendar = clock == CLOCK_REALTIME && (flags & TIMER_ABSTIME);
    return real(clock, flags, calendar ? deadline(until, &place) : until, rest);
}
