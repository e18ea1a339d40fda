#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static int error_fill(struct pm_error *error, const struct pm_error *what, const char *format,
                      va_list arguments)
{
    if (error->kind != PM_OK)
        return -1;
    error->kind = what->kind;
    error->hint = what->hint;
    error->limit = what->limit;
    error->value = what->value;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    return -1;
}

int error_set(struct pm_error *error, enum pm_error_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_fill(error, &(struct pm_error){.kind = kind}, format, arguments);
    va_end(arguments);
    return -1;
}

int error_set_hint(struct pm_error *error, enum pm_error_kind kind, enum pm_hint hint, const char *format,
                   ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_fill(error, &(struct pm_error){.kind = kind, .hint = hint}, format, arguments);
    va_end(arguments);
    return -1;
}

int error_limit(struct pm_error *error, uint64_t limit, uint64_t value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_fill(error, &(struct pm_error){.kind = PM_ERROR_LIMIT, .limit = limit, .value = value}, format,
               arguments);
    va_end(arguments);
    return -1;
}

int error_limit_hint(struct pm_error *error, uint64_t limit, uint64_t value, enum pm_hint hint,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_fill(error,
               &(struct pm_error){.kind = PM_ERROR_LIMIT, .hint = hint, .limit = limit, .value = value},
               format, arguments);
    va_end(arguments);
    return -1;
}

int error_copy(struct pm_error *error, const struct pm_error *other)
{
    if (error->kind == PM_OK)
        *error = *other;
    return -1;
}

int error_memory(struct pm_error *error, uint64_t bytes)
{
    if (bytes == 0)
        return error_set_hint(error, PM_ERROR_MEMORY, PM_HINT_LESS_AT_ONCE, "out of memory");
    return error_set_hint(error, PM_ERROR_MEMORY, PM_HINT_LESS_AT_ONCE,
                          "out of memory (%" PRIu64 " bytes needed)", bytes);
}

int error_changed(struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO,
                     "changed while it was read (try again when no other program writes to it)");
}

const char *pm_error_kind_name(enum pm_error_kind kind)
{
    static const char *const names[] = {
        [PM_OK] = "ok",
        [PM_ERROR_USAGE] = "usage",
        [PM_ERROR_UNSUPPORTED] = "unsupported",
        [PM_ERROR_CORRUPT] = "corrupt",
        [PM_ERROR_TRUNCATED] = "truncated",
        [PM_ERROR_LIMIT] = "limit",
        [PM_ERROR_MEMORY] = "memory",
        [PM_ERROR_IO] = "io",
        [PM_ERROR_KEY] = "key",
        [PM_ERROR_CHANGED] = "changed",
        [PM_ERROR_TIMEOUT] = "timeout",
        [PM_ERROR_CANCELLED] = "cancelled",
        [PM_ERROR_WORKER] = "worker",
        [PM_ERROR_INTERNAL] = "internal",
    };
    if ((size_t)kind >= sizeof names / sizeof *names)
        return "unknown";
    return names[kind];
}

const char *pm_stage_name(enum pm_stage stage)
{
    static const char *const names[] = {
        [PM_STAGE_READ] = "read",     [PM_STAGE_WAIT] = "wait",     [PM_STAGE_DECODE] = "decode",
        [PM_STAGE_FILTER] = "filter", [PM_STAGE_ENCODE] = "encode", [PM_STAGE_WRITE] = "write",
    };
    if ((size_t)stage >= sizeof names / sizeof *names)
        return "unknown";
    return names[stage];
}
