/* A file as a byte source, through a window smaller than the file. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "temp.h"

static uint8_t bytes[1000];

static int open_bytes(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    return open(temp_write("file", bytes, sizeof bytes), O_RDONLY | O_CLOEXEC);
}

Test(source, gives_every_part_of_the_file)
{
    uint8_t window[64], part[200];
    struct file_source file;
    int fd = open_bytes();
    file_source_init(&file, fd, sizeof bytes, window, sizeof window);
    for (uint64_t offset = 0; offset < 1010; offset += 13) {
        for (size_t size = 1; size <= sizeof part; size += 33) {
            long expected = offset >= 1000 ? 0 : (long)(offset + size > 1000 ? 1000 - offset : size);
            cr_assert_eq(file.source.read_at(&file.source, offset, part, size), expected);
            cr_assert_eq(memcmp(part, bytes + (expected > 0 ? offset : 0), (size_t)expected), 0);
        }
    }
    cr_assert_eq(file.source.read_at(&file.source, UINT64_MAX, part, 1), 0);
    close(fd);
}

Test(source, what_is_in_the_window_is_not_read_again)
{
    uint8_t window[64], part[64];
    struct file_source file;
    int fd = open_bytes();
    memcpy(window, bytes, sizeof window);
    file_source_init(&file, -1, sizeof bytes, window, sizeof window);
    file.filled = sizeof window;
    cr_assert_eq(file.source.read_at(&file.source, 0, part, 64), 64);
    cr_assert_arr_eq(part, bytes, 64);
    cr_assert_eq(file.source.read_at(&file.source, 10, part, 54), 54);
    cr_assert_eq(file.source.read_at(&file.source, 10, part, 55), -1, "beyond it the file is asked");
    close(fd);
}

Test(source, a_file_that_became_shorter_gives_what_is_left)
{
    uint8_t window[64], part[10];
    struct file_source file;
    int fd = open_bytes();
    cr_assert_eq(truncate(temp_path("file"), 5), 0);
    file_source_init(&file, fd, sizeof bytes, window, sizeof window);
    cr_assert_eq(file.source.read_at(&file.source, 0, part, 10), 5);
    cr_assert_eq(file.source.read_at(&file.source, 20, part, 10), 0);
    close(fd);
}
