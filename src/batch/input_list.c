#include "batch/input_list.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

/* Reads standard input to its end. */
static int read_standard_input(struct buffer *text, struct pm_error *error)
{
    for (;;) {
        if (buffer_reserve(text, 65536) != 0)
            return error_memory(error, 0);
        ssize_t got = read(STDIN_FILENO, text->data + text->size, text->capacity - text->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, PM_ERROR_IO, "standard input can't be read: %s", strerror(errno));
        if (got == 0)
            return 0;
        text->size += (size_t)got;
    }
}

/* Windows programs end lines with CR LF. */
static void drop_carriage_return(char *line)
{
    const size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\r' && access(line, F_OK) != 0)
        line[length - 1] = '\0';
}

/* Moves *begin past a byte order mark. */
static int skip_mark(char **begin, size_t size, struct pm_error *error)
{
    static const char utf8[] = "\xef\xbb\xbf";
    const size_t length = sizeof utf8 - 1;
    if (size >= 2 && (memcmp(*begin, "\xff\xfe", 2) == 0 || memcmp(*begin, "\xfe\xff", 2) == 0))
        return error_set(error, PM_ERROR_USAGE, "the list on standard input is UTF-16 (save it as UTF-8)");
    if (size >= length && memcmp(*begin, utf8, length) == 0)
        *begin += length;
    return 0;
}

/* Visits the name in one line, which is terminated by its separator at `after`. */
static int take_line(char *name, const char *after, input_list_visitor *visit, void *self,
                     struct pm_error *error)
{
    if (strlen(name) < (size_t)(after - name))
        return error_set(error, PM_ERROR_USAGE,
                         "the list on standard input holds a NUL byte (give -0 for NUL-separated names)");
    drop_carriage_return(name);
    return name[0] != '\0' ? visit(self, name, true, error) : 0;
}

int input_list_read(bool nul_separated, input_list_visitor *visit, void *self, struct pm_error *error)
{
    struct buffer text = {0};
    const char separator = nul_separated ? '\0' : '\n';
    int status = read_standard_input(&text, error);
    const bool parted = text.size == 0 || memchr(text.data, separator, text.size) != NULL;
    if (status == 0 && buffer_append(&text, "", 1) != 0) /* terminates the last name */
        status = error_memory(error, 0);
    char *name = (char *)text.data, *end = name + text.size;
    if (status == 0)
        status = skip_mark(&name, text.size - 1, error);
    while (status == 0 && name < end) {
        char *after = memchr(name, separator, (size_t)(end - name));
        after = after != NULL ? after : end - 1;
        *after = '\0';
        if (!nul_separated)
            status = take_line(name, after, visit, self, error);
        else if (name[0] != '\0')
            status = visit(self, name, parted, error);
        name = after + 1;
    }
    buffer_free(&text);
    return status;
}
