#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/line_reader.h"
#include "temp.h"

static int opened(const char *text, size_t size)
{
    const int fd = open(temp_write("list", text, size), O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

static void expect(struct line_reader *reader, const char *text, bool ended)
{
    char *line;
    size_t length;
    bool was_ended;
    cr_assert_eq(line_reader_next(reader, &line, &length, &was_ended), 1);
    cr_assert_eq(length, strlen(text));
    cr_assert_str_eq(line, text);
    cr_assert_eq(was_ended, ended);
}

static void expect_end(struct line_reader *reader)
{
    char *line;
    size_t length;
    bool ended;
    cr_assert_eq(line_reader_next(reader, &line, &length, &ended), 0);
    cr_assert_eq(line_reader_next(reader, &line, &length, &ended), 0);
    close(reader->fd);
    line_reader_free(reader);
}

Test(line_reader, lines_end_with_the_separator_and_the_last_may_lack_it)
{
    struct line_reader reader;
    line_reader_init(&reader, opened("a\n\nbc", 5), '\n');
    expect(&reader, "a", true);
    expect(&reader, "", true);
    expect(&reader, "bc", false);
    expect_end(&reader);
    line_reader_init(&reader, opened("a\nb", 4), '\0');
    expect(&reader, "a\nb", true);
    expect_end(&reader);
    line_reader_init(&reader, opened("", 0), '\n');
    expect_end(&reader);
}

Test(line_reader, lines_go_on_from_one_read_to_the_next)
{
    enum { LINES = 40000 };
    char *text = malloc(LINES * 8);
    char number[16];
    size_t size = 0;
    for (int i = 0; i < LINES; i++)
        size += (size_t)sprintf(text + size, "%d\n", i);
    struct line_reader reader;
    line_reader_init(&reader, opened(text, size), '\n');
    for (int i = 0; i < LINES; i++) {
        sprintf(number, "%d", i);
        expect(&reader, number, true);
    }
    expect_end(&reader);
    free(text);
}

/* A line of `size` bytes, and its end. */
static void expect_long(size_t size, bool ended)
{
    char *text = malloc(size + 1), *line;
    size_t length;
    bool was_ended;
    cr_assert_not_null(text);
    memset(text, 'x', size);
    text[size] = '\n';
    struct line_reader reader;
    line_reader_init(&reader, opened(text, size + ended), '\n');
    errno = 0;
    if (size <= LINE_BYTES_MAX) {
        cr_assert_eq(line_reader_next(&reader, &line, &length, &was_ended), 1);
        cr_assert(was_ended == ended && length == size && line[size] == '\0');
        expect_end(&reader);
    } else {
        cr_assert_eq(line_reader_next(&reader, &line, &length, &was_ended), -1);
        cr_assert_eq(errno, EMSGSIZE);
        close(reader.fd);
        line_reader_free(&reader);
    }
    free(text);
}

Test(line_reader, a_line_may_be_as_long_as_the_limit)
{
    for (int ended = 0; ended < 2; ended++) {
        expect_long(LINE_BYTES_MAX, ended != 0);
        expect_long(LINE_BYTES_MAX + 1, ended != 0);
    }
}

Test(line_reader, a_file_without_lines_is_not_read_whole)
{
    char *line;
    size_t length;
    bool ended;
    struct line_reader reader;
    line_reader_init(&reader, open("/dev/zero", O_RDONLY | O_CLOEXEC), '\n');
    errno = 0;
    cr_assert_eq(line_reader_next(&reader, &line, &length, &ended), -1);
    cr_assert_eq(errno, EMSGSIZE);
    cr_assert_leq(reader.room, 3 * (size_t)LINE_BYTES_MAX);
    close(reader.fd);
    line_reader_free(&reader);
}

Test(line_reader, what_read_reports_is_told)
{
    char *line;
    size_t length;
    bool ended;
    struct line_reader reader;
    line_reader_init(&reader, open("/", O_RDONLY | O_CLOEXEC), '\n');
    cr_assert_eq(line_reader_next(&reader, &line, &length, &ended), -1);
    cr_assert_eq(errno, EISDIR);
    close(reader.fd);
    line_reader_free(&reader);
}
