/* Programs that the preload does not get into (static, setuid, without its variable) are noted in the page before they
 * start; whoever is reached takes its own note out again (was_reached in page.c).
 */
#include "page.h"

#include <spawn.h>

/* Note that `pid` is about to become the program `name`; return the note. */
static struct waiting *announce(const char *name, uint64_t pid, uint64_t path)
{
    if (!page || !name) return NULL;
    const char *last = strrchr(name, '/');
    for (int i = 0; i < WAITING; i++) {
        struct waiting *note = &page->waiting[i];
        uint64_t none = 0;
        if (GET(note->pid) != pid && !REPLACE(note->pid, none, pid)) continue;
        strncpy(note->name, last ? last + 1 : name, sizeof note->name - 1);
        note->path = path;
        return note;
    }
    return NULL;
}

static struct waiting *announce_self(const char *name)
{
    return page ? announce(name, (uint64_t)getpid(), path_of_next_program(is_after_vfork())) : NULL;
}

static int not_started(struct waiting *note, int result)
{
    if (note) __atomic_store_n(&note->pid, 0, __ATOMIC_RELAXED);
    return result;
}

PUBLIC int execve(const char *file, char *const words[], char *const environment[])
{
    REAL(int, "execve", const char *, char *const *, char *const *);
    struct waiting *note = announce_self(file);
    return not_started(note, real(file, words, environment));
}

PUBLIC int execv(const char *file, char *const words[])
{
    REAL(int, "execv", const char *, char *const *);
    struct waiting *note = announce_self(file);
    return not_started(note, real(file, words));
}

PUBLIC int execvp(const char *file, char *const words[])
{
    REAL(int, "execvp", const char *, char *const *);
    struct waiting *note = announce_self(file);
    return not_started(note, real(file, words));
}

PUBLIC int execvpe(const char *file, char *const words[], char *const environment[])
{
    REAL(int, "execvpe", const char *, char *const *, char *const *);
    struct waiting *note = announce_self(file);
    return not_started(note, real(file, words, environment));
}

/* A spawned program has no number before it runs: until then the note bears its parent's. */
#define SPAWN(function)                                                                                               \
    PUBLIC int function(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,                      \
                        const posix_spawnattr_t *attributes, char *const words[], char *const environment[])          \
    {                                                                                                                 \
        REAL(int, #function, pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,    \
             char *const *, char *const *);                                                                           \
        pid_t child = 0;                                                                                              \
        uint64_t mark = CHILD_OF | (uint64_t)getpid();                                                                \
        struct waiting *note = page ? announce(file, mark, path_of_next_program(1)) : NULL;                           \
        int result = real(&child, file, actions, attributes, words, environment);                                     \
        if (note) REPLACE(note->pid, mark, result == 0 ? (uint64_t)child : 0);                                        \
        if (pid && result == 0) *pid = child;                                                                         \
        return result;                                                                                                \
    }
SPAWN(posix_spawn)
SPAWN(posix_spawnp)
