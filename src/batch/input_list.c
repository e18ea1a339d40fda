#include "batch/input_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/line_reader.h"
#include "codec/codec.h"

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

/* Is the list's first line the beginning of an image, which a PNG's signature ends, and no file's name? */
static int refuse_image(const char *line, size_t length, struct pm_error *error)
{
    const bool image =
        codec_sniff((const uint8_t *)line, length) != NULL || strncmp(line, "\x89PNG\r", 5) == 0;
    if (image && access(line, F_OK) != 0)
        return error_set(error, PM_ERROR_USAGE,
                         "standard input is an image, not a list of names (give --image to process it)");
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

static int read_error(bool nul_separated, struct pm_error *error)
{
    if (errno == ENOMEM)
        return error_memory(error, 0);
    if (errno == EMSGSIZE)
        return error_set(error, PM_ERROR_USAGE, "the list holds a name of more than %d MiB (%s)",
                         LINE_BYTES_MAX >> 20,
                         nul_separated ? "if it has lines, omit -0" : "give one name per line");
    return error_set(error, PM_ERROR_IO, "the list can't be read: %s", strerror(errno));
}

static int read_list(int fd, bool nul_separated, input_list_visitor *visit, void *self,
                     struct pm_error *error)
{
    struct line_reader reader;
    char *name;
    size_t length;
    bool ended, first = true;
    int got = 0, status = 0;
    line_reader_init(&reader, fd, nul_separated ? '\0' : '\n');
    while (status == 0 && (got = line_reader_next(&reader, &name, &length, &ended)) > 0) {
        const char *line = name;
        if (first)
            status = skip_mark(&name, length, error);
        if (first && status == 0)
            status = refuse_image(line, length, error);
        length -= (size_t)(name - line);
        if (status == 0 && !nul_separated)
            status = take_line(name, length, visit, self, error);
        else if (status == 0 && name[0] != '\0')
            status = visit(self, name, ended || !first, error);
        first = false;
    }
    if (got < 0)
        status = read_error(nul_separated, error);
    line_reader_free(&reader);
    return status;
}

int input_list_read(bool nul_separated, input_list_visitor *visit, void *self, struct pm_error *error)
{
    return read_list(STDIN_FILENO, nul_separated, visit, self, error);
}

int input_list_read_file(const char *path, input_list_visitor *visit, void *self, struct pm_error *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, PM_ERROR_IO, "%s", strerror(errno));
    const int status = read_list(fd, true, visit, self, error);
    close(fd);
    return status;
}
