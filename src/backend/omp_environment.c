#include "backend/omp_environment.h"

#include <ctype.h>
#include <errno.h>
#include <omp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "base/preinit.h"
#include "base/text.h"

enum { STACK_MIN = 1 << 20 }; /* bytes: what codecs and kernels need, with a margin */

/* Bytes of a value such as "64k" or "2 M"; without a unit it counts kilobytes. 0: not a size. */
static uint64_t stack_bytes(const char *value)
{
    char *end;
    value += strspn(value, " \t");
    const unsigned long long number = isdigit((unsigned char)*value) ? strtoull(value, &end, 10) : 0;
    if (number == 0)
        return 0;
    end += strspn(end, " \t");
    const char unit = *end == '\0' ? 'k' : (char)tolower((unsigned char)*end++);
    const char *const units = "bkmg", *found = strchr(units, unit);
    if (found == NULL || end[strspn(end, " \t")] != '\0')
        return 0;
    const int shift = (int)(found - units) * 10;
    return number <= UINT64_MAX >> shift ? (uint64_t)number << shift : 0;
}

/* The variable that sets the stack size of a team's threads, by priority (OpenMP 5.2, 21.2.2; GOMP_STACKSIZE
 * is libgomp's own), or NULL; *bytes is its value. */
static const char *stack_variable(uint64_t *bytes)
{
    static const char *const names[] = {"OMP_STACKSIZE", "OMP_STACKSIZE_ALL", "GOMP_STACKSIZE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        *bytes = value != NULL ? stack_bytes(value) : 0;
        if (*bytes > 0)
            return names[i];
    }
    return NULL;
}

/* With too small a stack, a thread crashes at the first picture, and with it the program. */
static bool raise_stack(char *note)
{
    uint64_t bytes;
    const char *name = stack_variable(&bytes);
    if (name == NULL || bytes >= STACK_MIN)
        return false;
    const size_t used = strlen(note);
    snprintf(note + used, BACKEND_NOTE_MAX - used, "%s%s=%.16s is too small for decoding images; using 1M",
             used > 0 ? "; " : "omp: ", name, getenv(name));
    return setenv("OMP_STACKSIZE", "1M", 1) == 0;
}

/* Removes variables that the runtime could not parse from the environment. Its defaults apply anyway, and
 * programs started from here do not warn again. Appends their names to the note. */
static bool remove_unreadable(char *note)
{
    bool any = false;
    for (char **variable = environ; *variable != NULL;) {
        char name[64], shown[48];
        const size_t length = strcspn(*variable, "="), used = strlen(note);
        snprintf(name, sizeof name, "%.*s", (int)length, *variable);
        if (length >= sizeof name || !preinit_warned_of(name)) {
            variable++;
            continue;
        }
        snprintf(note + used, BACKEND_NOTE_MAX - used, "%s%s=%s",
                 any ? ", " : "omp: not valid, so ignored: ", name,
                 text_shown(getenv(name), shown, sizeof shown));
        any = true;
        if (unsetenv(name) != 0)
            break;
    }
    return any;
}

bool omp_prepare(char *note)
{
    note[0] = '\0';
    const bool unreadable = remove_unreadable(note);
    const bool waiting = getenv("OMP_WAIT_POLICY") == NULL && setenv("OMP_WAIT_POLICY", "passive", 0) == 0;
    const bool stack = raise_stack(note);
    return unreadable || waiting || stack;
}

/* A thread that waits until all have been started. */
static void *wait_for_gate(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Tests how many of `wanted` threads, including the caller's, can be started, because the runtime ends the
 * program if one can't. */
static unsigned threads_granted(unsigned wanted)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    uint64_t stack;
    pthread_t *threads = calloc(wanted, sizeof *threads);
    unsigned granted = 0;
    if (threads == NULL || pthread_attr_init(&attributes) != 0) {
        free(threads);
        return 1;
    }
    if (stack_variable(&stack) != NULL)
        (void)pthread_attr_setstacksize(&attributes,
                                        stack); /* on failure the runtime keeps the default, too */
    pthread_mutex_lock(&gate);
    while (granted + 1 < wanted && pthread_create(&threads[granted], &attributes, wait_for_gate, &gate) == 0)
        granted++;
    pthread_mutex_unlock(&gate);
    for (unsigned i = 0; i < granted; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    free(threads);
    return granted + 1;
}

unsigned omp_members_granted(unsigned wanted, char *note)
{
    const unsigned limit = (unsigned)omp_get_thread_limit();
    const unsigned allowed = limit < wanted ? limit : wanted;
    omp_set_dynamic(0);
    if (omp_get_max_active_levels() < 1)
        omp_set_max_active_levels(1);
    const unsigned granted = threads_granted(allowed);
    if (note == NULL)
        return granted;
    note[0] = '\0';
    if (granted < allowed)
        snprintf(note, BACKEND_NOTE_MAX,
                 "omp: only %u of %u threads could be started (raise ulimit -u, or lower OMP_STACKSIZE)",
                 granted, wanted);
    else if (allowed < wanted)
        snprintf(note, BACKEND_NOTE_MAX, "omp: %u of %u threads (OMP_THREAD_LIMIT=%u)", granted, wanted,
                 limit);
    return granted;
}
