/* Programs that the preload does not get into (static, setuid, without its variable) are noted in the page before they
 * start; whoever is reached takes its own note out again (was_reached in page.c).
 */
#include "page.h"

static int announce(const char *name)
{
    if (!page || !name) return -1;
    const char *last = strrchr(name, '/');
    for (int i = 0; i < 32; i++) {
        struct waiting *slot = &page->waiting[i];
        uint64_t none = 0, pid = (uint64_t)getpid();
        if (GET(slot->pid) == pid || __atomic_compare_exchange_n(&slot->pid, &none, pid, 0, __ATOMIC_RELAXED,
                                                                 __ATOMIC_RELAXED)) {
            strncpy(slot->name, last ? last + 1 : name, sizeof slot->name - 1);
            slot->path = path_of_next_program();
            return i;
        }
    }
    return -1;
}

static int not_started(int slot, int result)
{
    if (slot >= 0) __atomic_store_n(&page->waiting[slot].pid, 0, __ATOMIC_RELAXED);
    return result;
}

PUBLIC int execve(const char *file, char *const words[], char *const environment[])
{
    REAL(int, "execve", const char *, char *const *, char *const *);
    int slot = announce(file);
    return not_started(slot, real(file, words, environment));
}

PUBLIC int execv(const char *file, char *const words[])
{
    REAL(int, "execv", const char *, char *const *);
    int slot = announce(file);
    return not_started(slot, real(file, words));
}

PUBLIC int execvp(const char *file, char *const words[])
{
    REAL(int, "execvp", const char *, char *const *);
    int slot = announce(file);
    return not_started(slot, real(file, words));
}

PUBLIC int execvpe(const char *file, char *const words[], char *const environment[])
{
    REAL(int, "execvpe", const char *, char *const *, char *const *);
    int slot = announce(file);
    return not_started(slot, real(file, words, environment));
}
