#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/region.h"

static uint64_t resident(int fd)
{
    struct stat status;
    cr_assert_eq(fstat(fd, &status), 0);
    return (uint64_t)status.st_blocks * 512;
}

Test(region, carries_an_input_there_and_a_result_back)
{
    int fd = region_create();
    uint8_t *region = region_map(fd, region_range());
    cr_assert_not_null(region);
    struct pm_error error = {0};
    cr_assert_eq(region_put(fd, (const uint8_t *)"input", 5, 1000, &error), 0);
    cr_assert_arr_eq(region + REGION_INPUT, "input", 5);
    memcpy(region + region_result_offset(5), "result", 6);
    struct buffer out = {0};
    cr_assert_eq(region_get(fd, 5, 6, &out, &error), 0);
    cr_assert_eq(out.size, 6);
    cr_assert_arr_eq(out.data, "result", 6);
    buffer_free(&out);
    close(fd);
}

Test(region, a_result_may_be_empty)
{
    int fd = region_create();
    struct pm_error error = {0};
    struct buffer out = {0};
    cr_assert_eq(region_put(fd, (const uint8_t *)"input", 5, 100, &error), 0);
    cr_assert_eq(region_get(fd, 5, 0, &out, &error), 0);
    cr_assert_eq(out.size, 0);
    close(fd);
}

Test(region, room_costs_nothing_until_it_is_written)
{
    int fd = region_create();
    struct pm_error error = {0};
    cr_assert_eq(region_put(fd, (const uint8_t *)"input", 5, (size_t)1 << 30, &error), 0);
    cr_assert_leq(resident(fd), 64 << 10);
    close(fd);
}

Test(region, trimming_gives_memory_back)
{
    enum { SIZE = 8 << 20 };
    int fd = region_create();
    uint8_t *region = region_map(fd, region_range());
    struct pm_error error = {0};
    cr_assert_eq(region_put(fd, (const uint8_t *)"input", 5, SIZE, &error), 0);
    memset(region + region_result_offset(5), 1, SIZE);
    cr_assert_geq(resident(fd), SIZE);
    region_trim(fd, 1 << 20);
    cr_assert_leq(resident(fd), 1 << 20);
    close(fd);
}

Test(region, a_claim_beyond_the_file_is_refused)
{
    int fd = region_create();
    struct pm_error error = {0};
    struct buffer out = {0};
    cr_assert_eq(region_put(fd, (const uint8_t *)"input", 5, 100, &error), 0);
    cr_assert_eq(region_get(fd, 5, 101, &out, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_WORKER);
    buffer_free(&out);
    close(fd);
}

Test(region, room_ends_where_addresses_do)
{
    size_t range = region_range();
    cr_assert_eq(region_room(range, 1000, 77), 77);
    cr_assert_gt(region_room(range, 1000, 0), SIZE_MAX > UINT32_MAX ? 1 << 30 : 200 << 20);
    cr_assert_lt(region_room(range, 1000, UINT64_MAX), SIZE_MAX / 2);
    cr_assert_eq(region_room(range, SIZE_MAX, 77), 0);
    cr_assert_eq(region_room(0, 0, 77), 0);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer itself needs more addresses than this test allows */
Test(region, few_addresses_are_shared)
{
    enum { LIMIT = 256 << 20 };
    cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){LIMIT, LIMIT}), 0);
    int fd = region_create();
    size_t range = region_range();
    cr_assert_eq(range, LIMIT / 4);
    cr_assert_not_null(region_map(fd, range));
    size_t room = region_room(range, 1000, 0);
    cr_assert_eq(region_result_offset(1000) + room, range);
    close(fd);
}
#endif

Test(region, a_senseless_head_is_refused)
{
    int fd = region_create();
    struct region_head *head = (struct region_head *)region_map(fd, region_range()), read;
    struct pm_error error = {0};
    cr_assert_eq(region_read_head(fd, false, &read), -1, "there is none yet");
    cr_assert_eq(region_put(fd, NULL, 0, 100, &error), 0);
    cr_assert_eq(region_read_head(fd, false, &read), 0);
    *head = (struct region_head){.stage = PM_STAGES};
    cr_assert_eq(region_read_head(fd, false, &read), -1);
    *head = (struct region_head){.result.error = {.kind = PM_ERROR_CANCELLED, .message = "called back"}};
    cr_assert_eq(region_read_head(fd, false, &read), -1);
    cr_assert_eq(region_read_head(fd, true, &read), 0);
    close(fd);
}
