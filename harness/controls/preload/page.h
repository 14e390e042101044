/* What the parts of the preload share: the page that tells what is controlled, and who a process is.
 *
 * The page is one small file mapped by all processes of one side. It is written by page.py and read by inside.py too;
 * both hold the layout of `struct page`, which depends on nothing of the machine.
 */
#ifndef HARNESS_PAGE_H
#define HARNESS_PAGE_H
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define ADD(where, amount) __atomic_fetch_add(&(where), amount, __ATOMIC_RELAXED)
#define REPLACE(where, before, after)                                                                                 \
    __atomic_compare_exchange_n(&(where), &(before), after, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
#define GET(where) __atomic_load_n(&(where), __ATOMIC_RELAXED)

#define WAITING 32
#define CHILD_OF (1ULL << 32) /* in waiting.pid: a child of that process, whose own number is not known yet */

struct allowed { uint16_t family, port; uint8_t address[16]; uint32_t unused; };
struct refused { uint64_t count; char text[120]; };
struct waiting { uint64_t pid, path; char name[48]; };

struct page {
    char magic[8];
    uint64_t generation, clock;
    int64_t told, base;
    uint64_t ticks, random, seed, root, ordinal, network, isolated, processes, loopback, allowed_count, spare[9];
    struct allowed allowed[32];
    char names[1088];
    struct refused refused[32];
    struct waiting waiting[WAITING];
};

_Static_assert(offsetof(struct page, allowed) == 192, "the layout of inside.py");
_Static_assert(offsetof(struct page, names) == 960, "the layout of inside.py");
_Static_assert(offsetof(struct page, refused) == 2048, "the layout of inside.py");
_Static_assert(offsetof(struct page, waiting) == 6144, "the layout of inside.py");
_Static_assert(sizeof(struct page) == 8192, "the layout of inside.py");

#define REAL(type, name, ...)                                                                                         \
    static type (*real)(__VA_ARGS__);                                                                                 \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

extern struct page *page; /* NULL: nothing is controlled here */

uint64_t mixed(uint64_t x);
uint32_t counted(uint64_t *counter, uint32_t amount);
uint64_t own_path(void);
uint64_t path_of_next_program(int in_new_process);
int is_after_vfork(void);
extern uint64_t words_drawn;

#endif
