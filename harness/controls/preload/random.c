/* Random numbers: one stream for each process and exchange, made of the exchange's seed.
 */
#include "page.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static uint8_t random_descriptors[1024];

static int random_is_told(void)
{
    return page && GET(page->random);
}

static void draw(void *buffer, size_t size)
{
    uint64_t key = mixed(GET(page->seed) ^ own_path() * 0x9e6c63d0876a9a69ULL);
    uint64_t number = counted(&words_drawn, (uint32_t)((size + 7) / 8));
    for (size_t done = 0; done < size; done += 8) {
        uint64_t word = mixed(key + ++number * 0x9e3779b97f4a7c15ULL);
        memcpy((char *)buffer + done, &word, size - done < 8 ? size - done : 8);
    }
}

PUBLIC ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    REAL(ssize_t, "getrandom", void *, size_t, unsigned);
    if (!random_is_told()) {
        if (real) return real(buffer, size, flags);
        errno = ENOSYS;
        return -1;
    }
    draw(buffer, size);
    return (ssize_t)size;
}

PUBLIC int getentropy(void *buffer, size_t size)
{
    REAL(int, "getentropy", void *, size_t);
    if (random_is_told() && size <= 256) {
        draw(buffer, size);
        return 0;
    }
    if (real) return real(buffer, size);
    errno = ENOSYS;
    return -1;
}

static void arbitrary(void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)buffer + done, size - done, 0);
        done += got > 0 ? (size_t)got : 0;
    }
}

PUBLIC void arc4random_buf(void *buffer, size_t size)
{
    arbitrary(buffer, size);
}

PUBLIC uint32_t arc4random(void)
{
    uint32_t result;
    arbitrary(&result, sizeof result);
    return result;
}

PUBLIC uint32_t arc4random_uniform(uint32_t bound)
{
    return bound < 2 ? 0 : (uint32_t)(((uint64_t)arc4random() * bound) >> 32);
}

/* libcrypto's generator takes in process numbers and cycles as well: it is answered here instead. */
#define CRYPTO(name)                                                                                                  \
    PUBLIC int name(unsigned char *buffer, int size)                                                                  \
    {                                                                                                                 \
        REAL(int, #name, unsigned char *, int);                                                                       \
        if (!random_is_told()) return real ? real(buffer, size) : 0;                                                  \
        draw(buffer, size > 0 ? (size_t)size : 0);                                                                    \
        return 1;                                                                                                     \
    }
CRYPTO(RAND_bytes)
CRYPTO(RAND_priv_bytes)
CRYPTO(RAND_pseudo_bytes)

/* libuuid mixes process numbers in. Version and variant are those of RFC 9562 section 4. */
static void make_uuid(unsigned char *uuid)
{
    draw(uuid, 16);
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static void make_timed_uuid(unsigned char *uuid)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ticks = 0x01b21dd213814000ULL + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
    draw(uuid + 8, 8);
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
    uuid[10] |= 1; /* the address of no real machine (section 6.10) */
    for (int i = 0; i < 4; i++) uuid[i] = (unsigned char)(ticks >> (24 - 8 * i));
    uuid[4] = (unsigned char)(ticks >> 40), uuid[5] = (unsigned char)(ticks >> 32);
    uuid[6] = (unsigned char)((ticks >> 56 & 0x0f) | 0x10), uuid[7] = (unsigned char)(ticks >> 48);
}

#define UUID(name, make)                                                                                              \
    PUBLIC int name(unsigned char *uuid)                                                                              \
    {                                                                                                                 \
        REAL(int, #name, unsigned char *);                                                                            \
        if (!random_is_told()) return real ? real(uuid) : -1;                                                         \
        make(uuid);                                                                                                   \
        return 0;                                                                                                     \
    }
UUID(uuid_generate, make_uuid)
UUID(uuid_generate_random, make_uuid)
UUID(uuid_generate_time, make_timed_uuid)
UUID(uuid_generate_time_safe, make_timed_uuid)

PUBLIC long syscall(long number, ...)
{
    va_list list;
    long a[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_getrandom && random_is_told()) return getrandom((void *)a[0], (size_t)a[1], (unsigned)a[2]);
    if (number == SYS_clock_gettime) return clock_gettime((clockid_t)a[0], (struct timespec *)a[1]);
    REAL(long, "syscall", long, ...);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The devices are really opened, so that the descriptor is what it seems; reading from it is answered here. */
static int names_random(const char *name)
{
    return random_is_told() && name && (strcmp(name, "/dev/urandom") == 0 || strcmp(name, "/dev/random") == 0);
}

/* libuuid keeps its last time on disk, for all programs of the machine: without that file it draws instead. */
static int is_hidden(const char *name)
{
    return random_is_told() && name && strcmp(name, "/var/lib/libuuid/clock.txt") == 0;
}

static int opened(const char *name, int descriptor)
{
    if (descriptor >= 0 && descriptor < (int)sizeof random_descriptors && names_random(name))
        random_descriptors[descriptor] = 1;
    return descriptor;
}

#define OPEN(name)                                                                                                    \
    PUBLIC int name(const char *file, int flags, ...)                                                                 \
    {                                                                                                                 \
        REAL(int, #name, const char *, int, ...);                                                                     \
        va_list list;                                                                                                 \
        va_start(list, flags);                                                                                        \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, int) : 0;                                             \
        va_end(list);                                                                                                 \
        if (is_hidden(file)) return errno = ENOENT, -1;                                                               \
        return opened(file, real(file, flags, mode));                                                                 \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                  \
    PUBLIC int name(int folder, const char *file, int flags, ...)                                                     \
    {                                                                                                                 \
        REAL(int, #name, int, const char *, int, ...);                                                                \
        va_list list;                                                                                                 \
        va_start(list, flags);                                                                                        \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, int) : 0;                                             \
        va_end(list);                                                                                                 \
        return opened(file, real(folder, file, flags, mode));                                                         \
    }
OPENAT(openat)
OPENAT(openat64)

PUBLIC int __open_2(const char *file, int flags)
{
    return open(file, flags);
}

PUBLIC int __open64_2(const char *file, int flags)
{
    return open64(file, flags);
}

/* Streams read by themselves, past `read` below: they get a file of 64 KiB instead of the device. */
static FILE *random_stream(const char *mode)
{
    char block[4096];
    REAL(ssize_t, "write", int, const void *, size_t);
    int descriptor = memfd_create("random", MFD_CLOEXEC);
    if (descriptor < 0) return NULL;
    for (int i = 0; i < 16; i++) {
        draw(block, sizeof block);
        if (real(descriptor, block, sizeof block) != sizeof block) break;
    }
    lseek(descriptor, 0, SEEK_SET);
    return fdopen(descriptor, mode);
}

#define FOPEN(name)                                                                                                   \
    PUBLIC FILE *name(const char *restrict file, const char *restrict mode)                                           \
    {                                                                                                                 \
        REAL(FILE *, #name, const char *, const char *);                                                              \
        if (is_hidden(file)) return errno = ENOENT, NULL;                                                             \
        FILE *stream = names_random(file) && mode && mode[0] == 'r' ? random_stream(mode) : NULL;                     \
        return stream ? stream : real(file, mode);                                                                    \
    }
FOPEN(fopen)
FOPEN(fopen64)

static int is_random(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) == 1 &&
           (minor(status.st_rdev) == 8 || minor(status.st_rdev) == 9);
}

static int to_answer(int descriptor)
{
    if (descriptor < 0 || descriptor >= (int)sizeof random_descriptors || !random_descriptors[descriptor]) return 0;
    if (is_random(descriptor)) return random_is_told();
    random_descriptors[descriptor] = 0; /* closed in a way not seen here, and opened again as something else */
    return 0;
}

PUBLIC ssize_t read(int descriptor, void *buffer, size_t size)
{
    REAL(ssize_t, "read", int, void *, size_t);
    if (!to_answer(descriptor)) return real(descriptor, buffer, size);
    draw(buffer, size);
    return (ssize_t)size;
}

PUBLIC ssize_t __read_chk(int descriptor, void *buffer, size_t size, size_t room)
{
    if (size > room) abort();
    return read(descriptor, buffer, size);
}

/* A shell may have opened the device as our standard input. */
__attribute__((constructor)) static void begin(void)
{
    random_descriptors[0] = is_random(0);
}
