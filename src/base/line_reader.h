/*
 * Reads a file line by line in bounded memory. Initialise a reader with a descriptor, which stays the
 * caller's, take lines until the end, free it. A file of any content may be read: a line longer than
 * LINE_BYTES_MAX is an error, as a file without line ends could otherwise fill the memory.
 */
#ifndef BASE_LINE_READER_H
#define BASE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_BYTES_MAX = 16 << 20 }; /* bytes */

struct line_reader {
    int fd;
    char separator;
    bool at_end; /* nothing is left in the file */
    char *text;
    size_t room, begin, end; /* text[begin] to text[end] was read and not yet taken */
};

/* `separator` ends a line. */
void line_reader_init(struct line_reader *reader, int fd, char separator);
void line_reader_free(struct line_reader *reader);

/* Takes the next line: *line has *length bytes, and a NUL after them in place of the separator; it may be
 * changed, and is valid until the next call. *ended tells whether the separator was there; only the last line
 * may lack it. Returns 1, 0 at the end of the file, or -1 with errno set: EMSGSIZE for a line that is too
 * long, ENOMEM, or what read reports. */
int line_reader_next(struct line_reader *reader, char **line, size_t *length, bool *ended);

#endif
