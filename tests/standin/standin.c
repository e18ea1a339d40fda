/* Checks and the list of tests where Criterion is not packaged; main.c runs them. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "standin/standin.h"

struct standin_test *standin_tests;
bool standin_failed;
static struct standin_test **last = &standin_tests;

/* Constructors run in the order in which the files were linked, and within a file in source order. */
void standin_add(struct standin_test *test)
{
    *last = test;
    last = &test->next;
}

static void tell(const char *file, int line, const char *text, const char *format, va_list arguments)
{
    fprintf(stderr, "%s:%d: %s%s", file, line, text, format[0] != '\0' ? ": " : "");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void standin_expect(const char *file, int line, const char *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(file, line, text, format, arguments);
    va_end(arguments);
    standin_failed = true;
}

_Noreturn void standin_assert(const char *file, int line, const char *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(file, line, text, format, arguments);
    va_end(arguments);
    exit(STANDIN_FAILED);
}

_Noreturn void standin_skip(const char *format, ...)
{
    va_list arguments;
    fputs("SKIPPED: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(STANDIN_SKIPPED);
}
