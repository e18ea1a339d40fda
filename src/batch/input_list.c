#include "batch/input_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Windows programs end lines with CR LF. */
static void drop_carriage_return(char *line)
{
    const size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\r' && access(line, F_OK) != 0)
        line[length - 1] = '\0';
}

/* Moves *name, the first of the list, past a byte order mark. */
static int skip_mark(char **name, size_t length, struct pm_error *error)
{
    static const char utf8[] = "\xef\xbb\xbf";
    if (length >= 2 && (memcmp(*name, "\xff\xfe", 2) == 0 || memcmp(*name, "\xfe\xff", 2) == 0))
        return error_set(error, PM_ERROR_USAGE, "the list on standard input is UTF-16 (save it as UTF-8)");
    if (strncmp(*name, utf8, sizeof utf8 - 1) == 0)
        *name += sizeof utf8 - 1;
    return 0;
}

/* Visits the name in one line of `length` bytes. */
static int take_line(char *name, size_t length, input_list_visitor *visit, void *self, struct pm_error *error)
{
    if (strlen(name) < length)
        return error_set(error, PM_ERROR_USAGE,
                         "the list on standard input holds a NUL byte (give -0 for NUL-separated names)");
    drop_carriage_return(name);
    return name[0] != '\0' ? visit(self, name, true, error) : 0;
}

static int read_list(FILE *list, bool nul_separated, input_list_visitor *visit, void *self,
                     struct pm_error *error)
{
    const int separator = nul_separated ? '\0' : '\n';
    char *text = NULL;
    size_t room = 0;
    ssize_t read = 0;
    int status = 0;
    bool first = true;
    while (status == 0 && (read = getdelim(&text, &room, separator, list)) >= 0) {
        char *name = text;
        size_t length = (size_t)read;
        const bool ended = length > 0 && name[length - 1] == separator;
        const bool parted = ended || !first;
        length -= ended;
        name[length] = '\0';
        if (first)
            status = skip_mark(&name, length, error);
        length -= (size_t)(name - text);
        if (status == 0 && !nul_separated)
            status = take_line(name, length, visit, self, error);
        else if (status == 0 && name[0] != '\0')
            status = visit(self, name, parted, error);
        first = false;
    }
    if (status == 0 && ferror(list))
        status = error_set(error, PM_ERROR_IO, "standard input can't be read: %s", strerror(errno));
    else if (status == 0 && !feof(list))
        status = error_memory(error, 0);
    free(text);
    return status;
}

int input_list_read(bool nul_separated, input_list_visitor *visit, void *self, struct pm_error *error)
{
    const int copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    FILE *list = copy >= 0 ? fdopen(copy, "r") : NULL;
    if (list == NULL) {
        error_set(error, PM_ERROR_IO, "standard input can't be read: %s", strerror(errno));
        if (copy >= 0)
            close(copy);
        return -1;
    }
    const int status = read_list(list, nul_separated, visit, self, error);
    fclose(list);
    return status;
}

int input_list_read_file(const char *path, input_list_visitor *visit, void *self, struct pm_error *error)
{
    FILE *list = fopen(path, "re");
    if (list == NULL)
        return error_set(error, PM_ERROR_IO, "%s", strerror(errno));
    const int status = read_list(list, true, visit, self, error);
    fclose(list);
    return status;
}
