#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch/journal.h"
#include "temp.h"

static void begin(void)
{
    cr_assert_eq(chdir(temp_folder()), 0);
}

static struct journal *open_journal(const char *path, enum journal_use use, struct pm_error *error)
{
    return journal_open(&(struct journal_options){.path = path, .use = use, .settings = "settings"}, error);
}

static struct journal *opened(enum journal_use use, const char *settings)
{
    struct pm_error error = {0};
    struct journal *journal =
        journal_open(&(struct journal_options){.path = "journal", .use = use, .settings = settings}, &error);
    cr_assert_not_null(journal, "%s", error.message);
    return journal;
}

static void closed(struct journal *journal)
{
    struct pm_error error = {0};
    cr_assert_eq(journal_close(journal, &error), 0, "%s", error.message);
}

static struct stat status_of(const char *path)
{
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    return status;
}

static void add(struct journal *journal, const char *input, const char *output)
{
    struct pm_error error = {0};
    struct stat status = status_of(input);
    cr_assert_eq(
        journal_add(journal, input, &status, &(struct journal_results){.output = output}, NULL, &error), 0,
        "%s", error.message);
}

static bool done_from(const struct journal *journal, const char *input, const struct stat *status,
                      const char *output)
{
    struct journal_answer answer;
    const struct journal_results results = {.output = output};
    return journal_find(journal, input, status, &results, &answer) == JOURNAL_DONE;
}

static bool done(const struct journal *journal, const char *input, const char *output)
{
    struct stat status = status_of(input);
    return done_from(journal, input, &status, output);
}

/* A journal that records out.jpg as made from in.jpg. */
static void recorded(const char *input, const char *output)
{
    temp_text(input, "input");
    temp_text(output, "output");
    struct journal *journal = opened(JOURNAL_RECORD, "settings");
    add(journal, input, output);
    closed(journal);
}

Test(journal, what_was_recorded_is_done)
{
    begin();
    recorded("in.jpg", "out.jpg");
    struct journal *journal = opened(JOURNAL_RESUME, "settings");
    cr_assert(done(journal, "in.jpg", "out.jpg"));
    cr_assert_not(done(journal, "in.jpg", "other.jpg"));
    cr_assert_not(done(journal, "out.jpg", "out.jpg"));
    closed(journal);
}

Test(journal, a_changed_input_missing_result_or_other_recipe_is_not_done)
{
    begin();
    recorded("in.jpg", "out.jpg");
    struct journal *journal = opened(JOURNAL_RESUME, "other settings");
    cr_assert_not(done(journal, "in.jpg", "out.jpg"));
    closed(journal);

    journal = opened(JOURNAL_RESUME, "settings");
    struct stat status = status_of("in.jpg");
    cr_assert(done_from(journal, "in.jpg", &status, "out.jpg"));
    status.st_size++;
    cr_assert_not(done_from(journal, "in.jpg", &status, "out.jpg"));
    status.st_size--;
    status.st_mtim.tv_nsec ^= 1;
    cr_assert_not(done_from(journal, "in.jpg", &status, "out.jpg"));
    status.st_mtim.tv_nsec ^= 1;
    status.st_ctim.tv_nsec ^= 1;
    cr_assert_not(done_from(journal, "in.jpg", &status, "out.jpg"), "rewritten, its mtime restored");
    status.st_ctim.tv_nsec ^= 1;
    status.st_ino++;
    cr_assert_not(done_from(journal, "in.jpg", &status, "out.jpg"), "another file in its place");
    status.st_ino--;
    cr_assert(done_from(journal, "in.jpg", &status, "out.jpg"));
    cr_assert_eq(unlink("out.jpg"), 0);
    cr_assert_not(done_from(journal, "in.jpg", &status, "out.jpg"));
    closed(journal);
}

/* Nanoseconds of the year 2300 wrap in 64 bits. */
Test(journal, times_of_distant_years_count)
{
    begin();
    recorded("in.jpg", "out.jpg");
    struct pm_error error = {0};
    struct stat status = status_of("in.jpg");
    status.st_mtim.tv_sec = 10413792000;
    struct journal *journal = opened(JOURNAL_RECORD, "settings");
    cr_assert_eq(
        journal_add(journal, "in.jpg", &status, &(struct journal_results){.output = "out.jpg"}, NULL, &error),
        0);
    closed(journal);
    journal = opened(JOURNAL_RESUME, "settings");
    cr_assert(done_from(journal, "in.jpg", &status, "out.jpg"));
    status.st_mtim.tv_sec++;
    cr_assert_not(done_from(journal, "in.jpg", &status, "out.jpg"));
    closed(journal);
}

Test(journal, what_is_no_result_is_not_done)
{
    begin();
    recorded("in.jpg", "out.jpg");
    struct journal *journal = opened(JOURNAL_RESUME, "settings");
    temp_text("out.jpg", "");
    cr_assert_not(done(journal, "in.jpg", "out.jpg"), "an empty file");
    cr_assert_eq(unlink("out.jpg"), 0);
    cr_assert_eq(mkdir("out.jpg", 0755), 0);
    cr_assert_not(done(journal, "in.jpg", "out.jpg"), "a folder");
    closed(journal);
}

Test(journal, the_last_line_for_a_result_counts)
{
    begin();
    recorded("in.jpg", "out.jpg");
    struct journal *journal = opened(JOURNAL_RECORD, "sharper");
    add(journal, "in.jpg", "out.jpg");
    closed(journal);
    journal = opened(JOURNAL_RESUME, "settings");
    cr_assert_not(done(journal, "in.jpg", "out.jpg"));
    closed(journal);
    journal = opened(JOURNAL_RESUME, "sharper");
    cr_assert(done(journal, "in.jpg", "out.jpg"));
    closed(journal);
}

Test(journal, any_bytes_survive_as_a_name)
{
    begin();
    recorded("a\n\t%41 \xff\xc3\xbc.jpg", "b\n\t%41 \xff\xc3\xbc.jpg");
    struct journal *journal = opened(JOURNAL_RESUME, "settings");
    cr_assert(done(journal, "a\n\t%41 \xff\xc3\xbc.jpg", "b\n\t%41 \xff\xc3\xbc.jpg"));
    closed(journal);
    char *text = temp_read("journal", NULL);
    cr_assert_not_null(strstr(text, "\nb%0A%09%2541%20%FF%C3%BC.jpg\ta%0A%09%2541%20%FF%C3%BC.jpg\t5\t"));
    free(text);
}

Test(journal, a_torn_line_is_dropped_wherever_it_was_torn)
{
    begin();
    recorded("in.jpg", "out.jpg");
    size_t whole;
    char *before = temp_read("journal", &whole);
    struct journal *journal = opened(JOURNAL_RESUME, "settings");
    temp_text("in2.jpg", "input 2");
    temp_text("out2.jpg", "output");
    add(journal, "in2.jpg", "out2.jpg");
    closed(journal);
    size_t size;
    char *text = temp_read("journal", &size);
    cr_assert_gt(size, whole);
    for (size_t cut = whole; cut < size; cut++) {
        temp_write("journal", text, cut);
        journal = opened(JOURNAL_RESUME, "settings");
        cr_assert(done(journal, "in.jpg", "out.jpg"));
        cr_assert_not(done(journal, "in2.jpg", "out2.jpg"));
        closed(journal);
        size_t mended;
        char *after = temp_read("journal", &mended);
        cr_assert_eq(mended, whole);
        cr_assert_eq(memcmp(before, after, whole), 0);
        free(after);
    }
    free(text);
    free(before);
}

Test(journal, a_torn_header_is_begun_anew)
{
    begin();
    temp_text("journal", "pixmill jou");
    recorded("in.jpg", "out.jpg");
    struct journal *journal = opened(JOURNAL_RESUME, "settings");
    cr_assert(done(journal, "in.jpg", "out.jpg"));
    closed(journal);
}

Test(journal, a_line_with_one_wrong_byte_is_no_line)
{
    begin();
    recorded("in.jpg", "out.jpg");
    size_t size;
    char *text = temp_read("journal", &size);
    for (size_t i = strlen("pixmill journal 1\n"); i + 1 < size; i++) {
        char byte = text[i];
        text[i] ^= 1;
        temp_write("journal", text, size);
        text[i] = byte;
        struct journal *journal = opened(JOURNAL_LOOK, "settings");
        cr_assert_not(done(journal, "in.jpg", "out.jpg"), "byte %zu", i);
        closed(journal);
    }
    free(text);
}

Test(journal, a_second_run_on_it_is_refused)
{
    begin();
    struct journal *journal = opened(JOURNAL_RECORD, "settings");
    struct pm_error error = {0};
    cr_assert_null(open_journal("journal", JOURNAL_RESUME, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    cr_assert_not_null(strstr(error.message, "journal: another run is using the journal"));
    closed(journal);
    closed(opened(JOURNAL_RESUME, "settings"));
}

/* Like --journal=/dev/fd/3 for a file that has been removed. */
Test(journal, a_descriptor_of_a_removed_file_is_not_opened_for_ever, .timeout = 20)
{
    begin();
    char path[64];
    struct pm_error error = {0};
    const int fd = open("journal", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    cr_assert_geq(fd, 0);
    cr_assert_eq(unlink("journal"), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct journal *journal = open_journal(path, JOURNAL_RECORD, &error);
    cr_assert_not_null(journal, "%s", error.message);
    closed(journal);
    close(fd);
}

Test(journal, a_file_that_is_none_is_not_touched)
{
    begin();
    struct pm_error error = {0};
    temp_text("journal", "\x89PNG precious");
    cr_assert_null(open_journal("journal", JOURNAL_RECORD, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    char *text = temp_read("journal", NULL);
    cr_assert_str_eq(text, "\x89PNG precious");
    free(text);
    error = (struct pm_error){0};
    cr_assert_null(open_journal("missing/journal", JOURNAL_RECORD, &error));
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_str_eq(
        error.message,
        "missing/journal: the journal can't be opened: No such file or directory (name another)");
    error = (struct pm_error){0};
    cr_assert_null(open_journal("/dev/null", JOURNAL_RECORD, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
}

Test(journal, looking_changes_nothing_and_a_missing_one_is_empty)
{
    begin();
    temp_text("in.jpg", "input");
    temp_text("out.jpg", "output");
    struct journal *journal = opened(JOURNAL_LOOK, "settings");
    cr_assert_not(done(journal, "in.jpg", "out.jpg"));
    closed(journal);
    cr_assert_eq(access("journal", F_OK), -1);
}

/* Lines are written long before the journal is closed: after a kill at any time, most of it is there. */
Test(journal, a_killed_run_loses_the_last_lines_only)
{
    begin();
    temp_text("in.jpg", "input");
    pid_t child = fork();
    if (child == 0) {
        struct journal *journal = opened(JOURNAL_RECORD, "settings");
        for (int i = 0; i < 200; i++)
            add(journal, "in.jpg", temp_path("out%d.jpg", i));
        kill(getpid(), SIGKILL);
    }
    cr_assert_eq(waitpid(child, NULL, 0), child);
    struct journal *journal = opened(JOURNAL_RESUME, "settings");
    for (int i = 0; i < 192; i++) {
        char name[32];
        snprintf(name, sizeof name, "out%d.jpg", i);
        cr_assert(done(journal, "in.jpg", temp_text(name, "output")));
    }
    closed(journal);
}

Test(journal, a_write_that_fails_is_reported_at_once_and_for_every_later_line)
{
    begin();
    struct pm_error error = {0};
    temp_text("in.jpg", "input");
    struct stat status = status_of("in.jpg");
    struct journal *journal = opened(JOURNAL_RECORD, "settings");
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, RLIM_INFINITY}), 0);
    int failed = 0;
    for (int i = 0; i < 64; i++)
        failed += journal_add(journal, "in.jpg", &status, &(struct journal_results){.output = "out.jpg"},
                              NULL, &error) != 0;
    cr_assert_geq(failed, 1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
    error = (struct pm_error){0};
    cr_assert_eq(
        journal_add(journal, "in.jpg", &status, &(struct journal_results){.output = "out.jpg"}, NULL, &error),
        -1);
    error = (struct pm_error){0};
    cr_assert_eq(journal_close(journal, &error), -1);
    closed(opened(JOURNAL_RESUME, "settings"));
}
