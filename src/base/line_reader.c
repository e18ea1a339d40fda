#include "base/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AT_ONCE = 64 << 10 };

void line_reader_init(struct line_reader *reader, int fd, char separator)
{
    *reader = (struct line_reader){.fd = fd, .separator = separator};
}

void line_reader_free(struct line_reader *reader)
{
    free(reader->text);
    *reader = (struct line_reader){.fd = -1};
}

/* Makes room for AT_ONCE bytes and a NUL behind what is left. */
static int make_room(struct line_reader *reader)
{
    const size_t left = reader->end - reader->begin;
    if (left > 0 && reader->begin > 0)
        memmove(reader->text, reader->text + reader->begin, left);
    reader->begin = 0;
    reader->end = left;
    if (reader->room >= left + AT_ONCE + 1)
        return 0;
    const size_t room = 2 * left + AT_ONCE + 1;
    char *text = realloc(reader->text, room);
    if (text == NULL)
        return -1;
    reader->text = text;
    reader->room = room;
    return 0;
}

static int read_more(struct line_reader *reader)
{
    if (make_room(reader) != 0)
        return -1;
    ssize_t got;
    do
        got = read(reader->fd, reader->text + reader->end, AT_ONCE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    reader->end += (size_t)got;
    reader->at_end = got == 0;
    return 0;
}

int line_reader_next(struct line_reader *reader, char **line, size_t *length, bool *ended)
{
    size_t searched = 0; /* bytes behind `begin` without a separator */
    char *separator = NULL;
    for (;;) {
        const size_t left = reader->end - reader->begin;
        if (left > searched)
            separator = memchr(reader->text + reader->begin + searched, reader->separator, left - searched);
        if (separator != NULL || reader->at_end || left > LINE_BYTES_MAX)
            break;
        searched = left;
        if (read_more(reader) != 0)
            return -1;
    }
    *ended = separator != NULL;
    if (!*ended && reader->begin == reader->end)
        return 0;
    *line = reader->text + reader->begin;
    *length = (size_t)((*ended ? separator : reader->text + reader->end) - *line);
    if (*length > LINE_BYTES_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    (*line)[*length] = '\0';
    reader->begin += *length + *ended;
    return 1;
}
