#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/joblog.h"

static char folder[] = "/tmp/pixmill-joblog-XXXXXX";

static void enter_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    unlink("log");
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(rmdir(folder), 0, "something was left in %s", folder);
}

TestSuite(joblog, .init = enter_folder, .fini = leave_folder);

static void expect_log(const char *expected)
{
    char text[4096] = "";
    int fd = open("log", O_RDONLY);
    cr_assert_geq(fd, 0);
    cr_assert_geq(read(fd, text, sizeof text - 1), 0);
    close(fd);
    cr_assert_str_eq(text, expected);
}

static void put(const char *text)
{
    FILE *out = fopen("log", "w");
    fputs(text, out);
    fclose(out);
}

static const struct job_result good = {.width = 800,
                                       .height = 600,
                                       .seconds = {0.5, 0.25, 1, 2, 3, 4},
                                       .notes = "made so\n",
                                       .warnings = "odd \"thing\"\nother\n"};

Test(joblog, writes_one_object_a_job)
{
    struct joblog log;
    struct pm_error error = {0};
    struct job_result bad = {.error = {.kind = PM_ERROR_LIMIT,
                                       .stage = PM_STAGE_DECODE,
                                       .hint = PM_HINT_MAX_PIXELS,
                                       .limit = 10,
                                       .value = 12,
                                       .message = "too large"}};
    cr_assert_eq(joblog_open(&log, "log", &error), 0);
    joblog_event(
        &log, &(struct batch_event){OUTCOME_OK, "a", "out/a", &good, 100, 20, 0, KIND_NONE, NULL, 0, false});
    joblog_event(&log, &(struct batch_event){OUTCOME_OTHER, "notes", "out/notes", NULL, 0, 0, 0, KIND_NONE,
                                             NULL, 0, false});
    joblog_event(&log, &(struct batch_event){OUTCOME_FAILED, "b\xff", "out/b\xff", &bad, 7, 0, 0, KIND_NONE,
                                             NULL, 0, false});
    joblog_event(
        &log, &(struct batch_event){OUTCOME_SKIPPED, "c", "out/c", NULL, 0, 0, 0, KIND_NONE, NULL, 0, false});
    joblog_event(&log,
                 &(struct batch_event){OUTCOME_OK, "d", "out/d", NULL, 0, 0, 0, KIND_NONE, NULL, 0, false});
    cr_assert_eq(joblog_close(&log, &error), 0);
    expect_log(
        "{\"input\": \"a\", \"output\": \"out/a\", \"status\": \"ok\", \"error\": null, \"bytes_in\": 100, "
        "\"bytes_out\": 20, \"width\": 800, \"height\": 600, \"seconds\": {\"read\": 0.500000, \"wait\": "
        "0.250000, \"decode\": 1.000000, \"filter\": 2.000000, \"encode\": 3.000000, \"write\": 4.000000}, \"notes\": [\"made so\"], \"warnings\": "
        "[\"odd \\\"thing\\\"\", \"other\"]}\n"
        "{\"input\": \"b\\udcff\", \"output\": \"out/b\\udcff\", \"status\": \"failed\", \"error\": "
        "{\"kind\": "
        "\"limit\", \"stage\": \"decode\", \"message\": \"too large\", \"limit\": 10, \"value\": 12, \"hint\": \"raise --max-pixels\"}, "
        "\"bytes_in\": 7, "
        "\"bytes_out\": 0, \"width\": 0, \"height\": 0, \"seconds\": {\"read\": 0.000000, \"wait\": "
        "0.000000, \"decode\": 0.000000, \"filter\": 0.000000, \"encode\": 0.000000, \"write\": 0.000000}, \"notes\": [], \"warnings\": []}\n"
        "{\"input\": \"c\", \"output\": \"out/c\", \"status\": \"skipped\", \"error\": null, \"bytes_in\": "
        "0, \"bytes_out\": 0, \"width\": null, \"height\": null, \"seconds\": null, \"notes\": [], \"warnings\": []}\n"
        "{\"input\": \"d\", \"output\": \"out/d\", \"status\": \"planned\", \"error\": null, \"bytes_in\": "
        "0, \"bytes_out\": 0, \"width\": null, \"height\": null, \"seconds\": null, \"notes\": [], \"warnings\": []}\n");
}

Test(joblog, replaces_an_older_log)
{
    struct joblog log;
    struct pm_error error = {0};
    put("{\"a log that is much longer than the one that follows\": 1}\n");
    cr_assert_eq(joblog_open(&log, "log", &error), 0);
    cr_assert_eq(joblog_close(&log, &error), 0);
    expect_log("");
}

Test(joblog, discard_leaves_everything_as_it_was)
{
    struct joblog log;
    struct pm_error error = {0};
    cr_assert_eq(joblog_open(&log, "log", &error), 0);
    joblog_discard(&log);
    cr_assert_eq(access("log", F_OK), -1);
    put("{\"old\": 1}\n");
    cr_assert_eq(joblog_open(&log, "log", &error), 0);
    joblog_discard(&log);
    expect_log("{\"old\": 1}\n");
}

Test(joblog, refuses_a_file_that_is_no_log)
{
    struct joblog log;
    struct pm_error error = {0};
    put("\x89PNG and so on");
    cr_assert_eq(joblog_open(&log, "log", &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    expect_log("\x89PNG and so on");
}

Test(joblog, a_second_run_on_it_is_refused_and_spoils_nothing)
{
    struct joblog log, second;
    struct pm_error error = {0};
    cr_assert_eq(joblog_open(&log, "log", &error), 0);
    for (int i = 0; i < 2; i++) {
        error = (struct pm_error){0};
        cr_assert_eq(joblog_open(&second, "./log", &error), -1);
        cr_assert_eq(error.kind, PM_ERROR_USAGE);
        cr_assert_str_eq(error.message, "another run is writing this log");
        if (i == 0)
            joblog_event(&log, &(struct batch_event){OUTCOME_OK, "a", "out/a", &good, 100, 20, 0, KIND_NONE,
                                                     NULL, 0, false});
    }
    error = (struct pm_error){0};
    cr_assert_eq(joblog_close(&log, &error), 0);
    struct stat status;
    cr_assert_eq(stat("log", &status), 0);
    cr_assert_gt(status.st_size, 0);
    cr_assert_eq(joblog_open(&second, "log", &error), 0);
    cr_assert_eq(joblog_close(&second, &error), 0);
}

/* A file without a name is identified by the name used to open it. */
Test(joblog, a_file_that_was_removed_is_written_through_its_descriptor, .timeout = 10)
{
    struct joblog log;
    struct pm_error error = {0};
    char path[64];
    put("");
    int fd = open("log", O_RDWR);
    cr_assert_geq(fd, 0);
    cr_assert_eq(unlink("log"), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    cr_assert_eq(joblog_open(&log, path, &error), 0, "%s", error.message);
    cr_assert_eq(joblog_close(&log, &error), 0);
    close(fd);
}

Test(joblog, names_what_the_system_refuses)
{
    struct joblog log;
    struct pm_error error = {0};
    cr_assert_eq(joblog_open(&log, "missing/log", &error), -1);
    cr_assert_not_null(strstr(error.message, "No such file"));
}

Test(joblog, a_full_disk_is_an_error)
{
    struct joblog log;
    struct pm_error error = {0};
    cr_assert_eq(joblog_open(&log, "/dev/full", &error), 0, "%s", error.message);
    joblog_event(
        &log, &(struct batch_event){OUTCOME_OK, "a", "out/a", &good, 100, 20, 0, KIND_NONE, NULL, 0, false});
    cr_assert_eq(joblog_close(&log, &error), -1);
    cr_assert_not_null(strstr(error.message, "No space left"), "%s", error.message);
}

Test(joblog, none_is_fine)
{
    struct joblog log;
    struct pm_error error = {0};
    cr_assert_eq(joblog_open(&log, NULL, &error), 0);
    cr_assert_null(log.out);
    cr_assert_eq(joblog_close(&log, &error), 0);
    joblog_discard(&log);
}
