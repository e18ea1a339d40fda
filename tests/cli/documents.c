#include "cli/documents.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/run.h"
#include "temp.h"

char documents_source[PATH_MAX];

int documents_shell(const char *format, ...)
{
    char command[4 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void documents_each(void (*look)(const char *document))
{
    char document[PATH_MAX];
    size_t size;
    cr_assert_eq(
        documents_shell("cd '%s' && find . -name '*.md' ! -path './build*' ! -path './.git/*' > '%s'",
                        documents_source, temp_path("list")),
        0);
    char *names = content_of("list", &size), *name;
    unsigned documents = 0;
    while ((name = strsep(&names, "\n")) != NULL && name[0] != '\0') {
        snprintf(document, sizeof document, "%s", name + strlen("./"));
        look(document);
        documents++;
    }
    cr_expect_geq(documents, 8);
}
