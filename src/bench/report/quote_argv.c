#include "bench/report/quote_argv.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Is the argument one word to every shell without quotes? */
static bool is_plain(const char *argument)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
    return argument[0] != '\0' && argument[strspn(argument, harmless)] == '\0';
}

/* Inside single quotes only they themselves mean anything. */
static void write_quoted(FILE *out, const char *argument)
{
    putc('\'', out);
    for (; *argument != '\0'; argument++) {
        if (*argument == '\'')
            fputs("'\\''", out);
        else
            putc(*argument, out);
    }
    putc('\'', out);
}

void quote_argv(int argc, char *const *argv, const char *more, char *text, size_t size)
{
    text[0] = '\0';
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL)
        return;
    fputs("pixmill bench", out);
    for (int i = 1; i < argc; i++) {
        putc(' ', out);
        if (is_plain(argv[i]))
            fputs(argv[i], out);
        else
            write_quoted(out, argv[i]);
    }
    if (more != NULL)
        fprintf(out, " %s", more);
    fclose(out);
    text[size - 1] = '\0';
}
