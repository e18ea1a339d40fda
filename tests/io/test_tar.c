/* Headers of archives, written and read. What tar itself packs: cli/test_archives.c. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/tar.h"
#include "temp.h"

static const uint8_t zeros[1024];

/* A reader of an archive with these bytes and its end. */
static struct tar_reader reader_of(struct buffer *bytes)
{
    cr_assert_eq(buffer_append(bytes, zeros, sizeof zeros), 0);
    struct tar_reader reader = {.size = bytes->size};
    reader.fd = open(temp_write("a.tar", bytes->data, bytes->size), O_RDONLY | O_CLOEXEC);
    cr_assert_geq(reader.fd, 0);
    return reader;
}

static void append_like(struct buffer *bytes, const struct tar_member *like, const char *name,
                        const char *content)
{
    const size_t size = strlen(content);
    cr_assert_eq(tar_append_header(bytes, like, name, size), 0);
    cr_assert_eq(buffer_append(bytes, content, size), 0);
    cr_assert_eq(buffer_append(bytes, zeros, tar_padding(size)), 0);
}

static void append(struct buffer *bytes, const char *name, const char *content)
{
    const struct tar_member like = {.header = "x"};
    append_like(bytes, &like, name, content);
}

Test(tar, names_of_any_length_are_read_as_they_were_written)
{
    char longest[3000];
    static const size_t lengths[] = {1, 99, 100, 101, 155, 200, 256, 257, 1000, 2999};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int folders = 0; folders < 2; folders++) {
            struct buffer bytes = {0};
            struct tar_member member = {0};
            struct pm_error error = {0};
            memset(longest, 'n', lengths[i]);
            longest[lengths[i]] = '\0';
            for (size_t at = 60; folders > 0 && at + 1 < lengths[i]; at += 60)
                longest[at] = '/';
            append(&bytes, longest, "content");
            append(&bytes, "next", "");
            struct tar_reader reader = reader_of(&bytes);
            cr_assert_eq(tar_next(&reader, &member, &error), 1, "%s", error.message);
            cr_assert_str_eq((char *)member.name.data, longest);
            cr_assert(member.is_file && member.size == 7 && member.begin == 0);
            cr_assert_eq(memcmp(bytes.data + member.data, "content", 7), 0);
            cr_assert_eq(tar_next(&reader, &member, &error), 1, "%s", error.message);
            cr_assert_str_eq((char *)member.name.data, "next");
            cr_assert_eq(tar_next(&reader, &member, &error), 0);
            tar_member_free(&member);
            buffer_free(&bytes);
            close(reader.fd);
        }
    }
}

Test(tar, a_large_size_needs_a_record)
{
    const struct tar_member like = {.header = "x"};
    struct buffer bytes = {0};
    cr_assert_eq(tar_append_header(&bytes, &like, "large", (uint64_t)1 << 33), 0);
    cr_assert_eq(bytes.size, 3 * TAR_BLOCK);
    cr_assert_str_eq((char *)bytes.data + TAR_BLOCK, "19 size=8589934592\n");
    bytes.size = 0;
    cr_assert_eq(tar_append_header(&bytes, &like, "large", ((uint64_t)1 << 33) - 1), 0);
    cr_assert_eq(bytes.size, TAR_BLOCK);
    cr_assert_str_eq((char *)bytes.data + 124, "77777777777");
    buffer_free(&bytes);
}

/* A size that programs read in different ways hides members from some of them. */
Test(tar, a_size_in_a_record_is_a_number)
{
    static const char *const sizes[] = {"1x", "-1", "+7", " 7", "0x7", "7 ", "99999999999999999999"};
    struct tar_member like = {.header = "x"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buffer bytes = {0};
        struct tar_member member = {0};
        struct pm_error error = {0};
        char record[64];
        const int length = snprintf(record, sizeof record, "%2zu size=%s\n", strlen(sizes[i]) + 9, sizes[i]);
        like.records = (struct buffer){.data = (uint8_t *)record, .size = (size_t)length};
        append_like(&bytes, &like, "a", "content");
        struct tar_reader reader = reader_of(&bytes);
        cr_assert_eq(tar_next(&reader, &member, &error), -1, "%s", sizes[i]);
        cr_assert_str_eq(error.message, "the archive is damaged at byte 0: no header of tar (copy it again)");
        tar_member_free(&member);
        buffer_free(&bytes);
        close(reader.fd);
    }
}

/* Their records are kept in memory. */
Test(tar, headers_of_a_member_are_limited)
{
    enum { RECORD = 700 << 10 };
    struct buffer header = {0}, bytes = {0};
    struct tar_member member = {0};
    struct pm_error error = {0};
    char *record = malloc(RECORD + 1);
    cr_assert_not_null(record);
    memset(record, 'x', RECORD);
    memcpy(record, "716800 comment=", 15);
    memcpy(record + RECORD - 1, "\n", 2);
    struct tar_member like = {.header = "x"};
    like.records = (struct buffer){.data = (uint8_t *)record, .size = RECORD};
    append_like(&header, &like, "a", "content");
    const size_t extended = TAR_BLOCK + RECORD;
    for (int i = 0; i < 2; i++)
        cr_assert_eq(buffer_append(&bytes, header.data, extended), 0);
    cr_assert_eq(buffer_append(&bytes, header.data, header.size), 0);
    struct tar_reader reader = reader_of(&bytes);
    cr_assert_eq(tar_next(&reader, &member, &error), -1);
    cr_assert_str_eq(error.message, "the archive has a member with more than 1 MiB of headers");
    reader.at = extended; /* two of them */
    error = (struct pm_error){0};
    cr_assert_eq(tar_next(&reader, &member, &error), 1, "%s", error.message);
    cr_assert_eq(member.records.size, 2 * RECORD);
    tar_member_free(&member);
    buffer_free(&bytes);
    buffer_free(&header);
    free(record);
    close(reader.fd);
}

static bool is_safe(const char *name, size_t size)
{
    const struct tar_member member = {.name = {.data = (uint8_t *)name, .size = size}};
    return tar_is_safe(&member);
}

Test(tar, names_stay_below_the_folder)
{
    static const char *const good[] = {"a", "./a", "a/b", "a/..b/c", "...", "a//b", "a/./b"};
    static const char *const bad[] = {"", "/a", "..", "../a", "a/..", "a/../b", "./../a"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(is_safe(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(is_safe(bad[i], strlen(bad[i])), "%s", bad[i]);
    cr_assert_not(is_safe("a\0b", 3));
}

/* Every cut and every changed byte of the headers is noticed, or leaves the members as they are. */
Test(tar, a_damaged_archive_is_never_read_beyond_its_end)
{
    struct buffer bytes = {0};
    char name[300];
    memset(name, 'n', 299);
    name[299] = '\0';
    append(&bytes, name, "content");
    append(&bytes, "b", "more");
    struct tar_reader whole = reader_of(&bytes);
    close(whole.fd);
    for (size_t at = 0; at < 3 * TAR_BLOCK; at++) {
        struct tar_member member = {0};
        struct pm_error error = {0};
        uint8_t before = bytes.data[at];
        bytes.data[at] ^= 0x11;
        struct tar_reader reader = {.size = bytes.size};
        reader.fd = open(temp_write("b.tar", bytes.data, bytes.size), O_RDONLY | O_CLOEXEC);
        int found;
        while ((found = tar_next(&reader, &member, &error)) > 0)
            cr_assert_leq(member.end, bytes.size);
        cr_assert(found == 0 || error.kind != PM_OK);
        tar_member_free(&member);
        close(reader.fd);
        bytes.data[at] = before;
    }
    for (size_t size = 0; size < bytes.size - sizeof zeros; size += 100) {
        struct tar_member member = {0};
        struct pm_error error = {0};
        struct tar_reader reader = {.size = size};
        reader.fd = open(temp_write("c.tar", bytes.data, size), O_RDONLY | O_CLOEXEC);
        int found;
        while ((found = tar_next(&reader, &member, &error)) > 0)
            ;
        cr_assert_eq(found, -1, "%zu", size);
        cr_assert_eq(error.kind, PM_ERROR_TRUNCATED);
        tar_member_free(&member);
        close(reader.fd);
    }
    buffer_free(&bytes);
}
