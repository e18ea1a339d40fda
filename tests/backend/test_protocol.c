#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "backend/protocol.h"

enum { NUMBER = 7, ROOM = 1000 };

Test(protocol, a_reply_answers_the_open_request)
{
    const struct child_reply good = {.number = NUMBER, .result_size = ROOM, .peak_bytes = 1 << 20};
    struct child_reply reply = good;
    cr_assert_eq(protocol_check_reply(&reply, NUMBER, ROOM), 0);
    reply.number = NUMBER + 1;
    cr_assert_eq(protocol_check_reply(&reply, NUMBER, ROOM), -1);
    reply.number = 0;
    cr_assert_eq(protocol_check_reply(&reply, NUMBER, ROOM), -1);
    reply = good;
    reply.result_size = ROOM + 1;
    cr_assert_eq(protocol_check_reply(&reply, NUMBER, ROOM), -1);
    reply = good;
    const uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    reply.peak_bytes = machine;
    cr_assert_eq(protocol_check_reply(&reply, NUMBER, ROOM), 0);
    reply.peak_bytes = machine + 1;
    cr_assert_eq(protocol_check_reply(&reply, NUMBER, ROOM), -1);
}

static struct region_head cancelled(const char *message)
{
    struct region_head head = {.result.error.kind = PM_ERROR_CANCELLED};
    strcpy(head.result.error.message, message);
    return head;
}

static void expect_refused(struct region_head head)
{
    cr_expect_eq(protocol_check_head(&head, true), -1);
    cr_expect_eq(protocol_check_head(&head, false), -1);
}

Test(protocol, each_field_of_the_head_is_checked)
{
    static const double senseless[] = {NAN, -NAN, INFINITY, -INFINITY, -1, 1e9};
    struct region_head head = {0};
    cr_assert_eq(protocol_check_head(&head, false), 0);
    expect_refused((struct region_head){.stage = PM_STAGES});
    expect_refused((struct region_head){.stage = (enum pm_stage) - 1});
    expect_refused(cancelled(""));
    expect_refused((struct region_head){.result.error.kind = PM_ERROR_INTERNAL + 1});
    expect_refused((struct region_head){.result.error.kind = (enum pm_error_kind) - 1});
    expect_refused((struct region_head){.result.error.hint = PM_HINTS});
    expect_refused((struct region_head){.result.error.stage = PM_STAGES});
    for (int stage = 0; stage < PM_STAGES; stage++) {
        for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++) {
            head = (struct region_head){0};
            head.result.seconds[stage] = senseless[i];
            expect_refused(head);
        }
    }
    head = (struct region_head){0};
    memset(head.result.error.message, 'x', sizeof head.result.error.message);
    expect_refused(head);
    head = (struct region_head){0};
    memset(head.result.warnings, 'x', sizeof head.result.warnings);
    expect_refused(head);
}

Test(protocol, only_the_job_that_was_cancelled_ends)
{
    const struct region_head head = cancelled("called back");
    cr_assert_eq(protocol_check_head(&head, true), 0);
    cr_assert_eq(protocol_check_head(&head, false), -1);
}

Test(protocol, parts_are_within_the_result)
{
    struct job_result result = {.nparts = 2,
                                .parts = {{.offset = 0, .size = 60}, {.offset = 60, .size = 40}}};
    cr_expect_eq(protocol_check_parts(&result, 100), 0);
    cr_expect_eq(protocol_check_parts(&result, 99), -1);
    result.parts[1] = (struct job_part){.offset = 100, .size = 0};
    cr_expect_eq(protocol_check_parts(&result, 100), 0);
    result.parts[1] = (struct job_part){.offset = 101, .size = 0};
    cr_expect_eq(protocol_check_parts(&result, 100), -1);
    result.parts[1] = (struct job_part){.offset = UINT64_MAX - 3, .size = 8};
    cr_expect_eq(protocol_check_parts(&result, 100), -1);
    result.parts[1] = (struct job_part){.offset = 8, .size = UINT64_MAX};
    cr_expect_eq(protocol_check_parts(&result, 100), -1);
    result.nparts = 1;
    cr_expect_eq(protocol_check_parts(&result, 100), 0, "what is beyond the count is not there");
}
