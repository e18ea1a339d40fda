#include "base/preinit.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Static: nothing can be allocated before main. The mask is in the kernel's format, for 8192 processors. */
static unsigned long mask[8192 / (8 * sizeof(unsigned long))];
static long mask_bytes;
static int aside = -1, held = -1;
static char complaints[4096]; /* NUL-terminated lines, ending with an empty one */

/* Runs before the C library and sanitizers are set up: raw system calls, no instrumentation. */
#define BEFORE_MAIN __attribute__((no_sanitize("address", "thread", "undefined"), no_stack_protector))

BEFORE_MAIN static bool begins_with(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

BEFORE_MAIN static bool is_openmp(const char *variable)
{
    return begins_with(variable, "OMP_") || begins_with(variable, "GOMP_") || begins_with(variable, "ACC_") ||
           begins_with(variable, "GOACC_");
}

BEFORE_MAIN static bool has_variable(char **environment)
{
    for (char **variable = environment; *variable != NULL; variable++) {
        if (is_openmp(*variable))
            return true;
    }
    return false;
}

BEFORE_MAIN static void redirect_errors(char **environment)
{
    if (!has_variable(environment))
        return;
    aside = (int)syscall(SYS_fcntl, STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (aside < 0)
        return;
    held = (int)syscall(SYS_memfd_create, "early errors", MFD_CLOEXEC);
    if (held >= 0 && syscall(SYS_dup3, held, STDERR_FILENO, 0) < 0) {
        (void)syscall(SYS_close, held);
        held = -1;
    }
    if (held < 0)
        (void)syscall(SYS_close, aside);
}

BEFORE_MAIN void preinit_save(int argc, char **argv, char **environment)
{
    (void)argc, (void)argv;
    mask_bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    redirect_errors(environment);
}

/* Keeps the start of a libgomp message, which names the variable; passes any other line on. Empty lines
 * separate libgomp's messages. */
static void sort_line(char *line, size_t *used)
{
    enum { KEPT_MAX = 255 };
    const size_t length = strlen(line), kept = length < KEPT_MAX ? length : KEPT_MAX;
    if (strncmp(line, "libgomp: ", 9) == 0 && kept + 2 <= sizeof complaints - *used) {
        memcpy(complaints + *used, line, kept);
        *used += kept + 1;
        return;
    }
    line[length] = '\n';
    if (length > 0 && write(STDERR_FILENO, line, length + 1) < 0)
        return; /* no other way to report it */
}

/* Processes the complete lines of text[size], or all of it if it has no line end; text[size] must be
 * writable, for a NUL. Returns the bytes processed. */
static size_t sort_lines(char *text, size_t size, size_t *used)
{
    const char *last = memrchr(text, '\n', size);
    const size_t whole = last != NULL ? (size_t)(last - text) + 1 : size;
    for (char *line = text, *end = text + whole; line < end;) {
        char *after = memchr(line, '\n', (size_t)(end - line));
        after = after != NULL ? after : end;
        *after = '\0';
        sort_line(line, used);
        line = after + 1;
    }
    return whole;
}

static void restore_errors(void)
{
    static char text[8192];
    size_t used = 0;
    ssize_t size;
    if (held < 0)
        return;
    (void)dup2(aside, STDERR_FILENO);
    close(aside);
    for (off_t at = 0; (size = pread(held, text, sizeof text - 1, at)) > 0;)
        at += (off_t)sort_lines(text, (size_t)size, &used);
    close(held);
    held = -1;
}

void preinit_restore(void)
{
    restore_errors();
    if (mask_bytes > 0)
        (void)syscall(SYS_sched_setaffinity, 0, (size_t)mask_bytes, mask);
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool preinit_warned_of(const char *variable)
{
    const size_t length = strlen(variable);
    if (!is_openmp(variable))
        return false; /* a word of the message, or of the value it quotes */
    for (const char *line = complaints; *line != '\0'; line += strlen(line) + 1) {
        for (const char *at = line; (at = strstr(at, variable)) != NULL; at++) {
            if (!is_name(at[-1]) && !is_name(at[length]))
                return true;
        }
    }
    return false;
}
