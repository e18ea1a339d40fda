/* A journal that is a folder, shared by many runs. */
#include <criterion/criterion.h>
#include <dirent.h>
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
    temp_text("in.jpg", "input");
    cr_assert_eq(mkdir("out", 0755), 0);
}

TestSuite(journal_folder, .init = begin);

static const struct shard whole;

static struct journal *opened(enum journal_use use, const char *settings, const struct shard *shard)
{
    struct pm_error error = {0};
    struct journal *journal = journal_open(
        &(struct journal_options){
            .path = "journal/", .use = use, .settings = settings, .output = "out/", .shard = shard},
        &error);
    cr_assert_not_null(journal, "%s", error.message);
    return journal;
}

static void closed(struct journal *journal)
{
    struct pm_error error = {0};
    cr_assert_eq(journal_close(journal, &error), 0, "%s", error.message);
}

static void add(struct journal *journal, const char *output, enum pm_error_kind kind)
{
    struct pm_error error = {0}, failure = {.kind = kind, .stage = PM_STAGE_DECODE};
    struct stat status;
    cr_assert_eq(stat("in.jpg", &status), 0);
    if (kind == PM_OK)
        temp_text(output, "output");
    cr_assert_eq(journal_add(journal, "in.jpg", &status, &(struct journal_results){.output = output},
                             kind != PM_OK ? &failure : NULL, &error),
                 0, "%s", error.message);
}

static enum journal_state state_in(const struct journal *journal, const char *output,
                                   struct journal_answer *answer)
{
    struct stat status;
    cr_assert_eq(stat("in.jpg", &status), 0);
    return journal_find(journal, "in.jpg", &status, &(struct journal_results){.output = output}, answer);
}

static enum journal_state state_of(const char *output, const struct shard *shard)
{
    struct journal_answer answer;
    struct journal *journal = opened(JOURNAL_LOOK, "settings", shard);
    const enum journal_state state = state_in(journal, output, &answer);
    closed(journal);
    return state;
}

/* Calls visit with each segment's path; returns how many there are. */
static int each_segment(void (*visit)(const char *path))
{
    DIR *folder = opendir("journal");
    int count = 0;
    for (const struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder)) {
        char path[512];
        snprintf(path, sizeof path, "journal/%s", entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (visit != NULL)
            visit(path);
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

Test(journal_folder, two_attempts_at_the_same_time_have_a_segment_each)
{
    const struct shard shard = {.index = 0, .count = 1};
    struct journal *one = opened(JOURNAL_RECORD, "settings", &shard),
                   *two = opened(JOURNAL_RESUME, "settings", &shard);
    add(one, "out/1.jpg", PM_OK);
    add(two, "out/2.jpg", PM_OK);
    add(one, "out/both.jpg", PM_OK);
    add(two, "out/both.jpg", PM_OK);
    closed(one);
    closed(two);
    cr_assert_eq(each_segment(NULL), 2);
    cr_assert_eq(state_of("out/1.jpg", &shard), JOURNAL_DONE);
    cr_assert_eq(state_of("out/2.jpg", &shard), JOURNAL_DONE);
    cr_assert_eq(state_of("out/both.jpg", &shard), JOURNAL_DONE);
    cr_assert_eq(state_of("out/3.jpg", &shard), JOURNAL_UNKNOWN);
}

Test(journal_folder, the_number_of_shards_may_change)
{
    enum { RESULTS = 60 };
    for (uint32_t i = 0; i < 8; i++) {
        const struct shard shard = {.index = i, .count = 8};
        struct journal *journal = opened(JOURNAL_RECORD, "settings", &shard);
        for (int k = 0; k < RESULTS; k++) {
            char below[32], path[48];
            snprintf(below, sizeof below, "%d.jpg", k);
            snprintf(path, sizeof path, "out/%s", below);
            if (shard_has(&shard, below))
                add(journal, path, PM_OK);
        }
        closed(journal);
    }
    for (uint32_t count = 0; count <= 11; count++) {
        int found = 0;
        for (uint32_t i = 0; i < (count > 0 ? count : 1); i++) {
            const struct shard shard = {.index = i, .count = count};
            struct journal *journal = opened(JOURNAL_RESUME, "settings", &shard);
            for (int k = 0; k < RESULTS; k++) {
                struct journal_answer answer;
                char below[32], path[48];
                snprintf(below, sizeof below, "%d.jpg", k);
                snprintf(path, sizeof path, "out/%s", below);
                const bool mine = shard_has(&shard, below);
                cr_assert_eq(state_in(journal, path, &answer) == JOURNAL_DONE, mine, "%s, %u of %u", below, i,
                             count);
                found += mine;
            }
            closed(journal);
        }
        cr_assert_eq(found, RESULTS);
    }
}

static void append_to_merged(const char *path)
{
    char *text = temp_read(path, NULL);
    FILE *merged = fopen("merged", "a");
    cr_assert_not_null(merged);
    fputs(text, merged);
    fclose(merged);
    free(text);
    cr_assert_eq(unlink(path), 0);
}

static void tear(const char *path)
{
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(truncate(path, status.st_size - 3), 0);
}

/* The first segment's last line is incomplete, and the second's header follows it. */
Test(journal_folder, segments_may_be_concatenated)
{
    for (int i = 0; i < 3; i++) {
        struct journal *journal = opened(JOURNAL_RECORD, "settings", &whole);
        for (int k = 0; k < 3; k++) {
            char path[32];
            snprintf(path, sizeof path, "out/%d.jpg", 3 * i + k);
            add(journal, path, PM_OK);
        }
        closed(journal);
    }
    each_segment(tear);
    each_segment(append_to_merged);
    cr_assert_eq(rename("merged", "journal/merged"), 0);
    for (int i = 0; i < 9; i++) {
        char path[32];
        snprintf(path, sizeof path, "out/%d.jpg", i);
        cr_assert_eq(state_of(path, &whole), i % 3 < 2 ? JOURNAL_DONE : JOURNAL_UNKNOWN, "%s", path);
    }
}

Test(journal_folder, the_latest_line_counts_but_no_failure_of_what_another_attempt_has_done)
{
    struct journal_answer answer;
    struct journal *one = opened(JOURNAL_RECORD, "settings", &whole),
                   *two = opened(JOURNAL_RECORD, "sharper", &whole);
    add(one, "out/1.jpg", PM_OK);
    add(two, "out/1.jpg", PM_OK);
    add(two, "out/2.jpg", PM_OK);
    add(one, "out/2.jpg", PM_OK);
    add(one, "out/3.jpg", PM_OK);
    add(one, "out/3.jpg", PM_ERROR_MEMORY);
    add(one, "out/4.jpg", PM_ERROR_MEMORY);
    add(one, "out/4.jpg", PM_OK);
    add(one, "out/5.jpg", PM_OK);
    add(two, "out/5.jpg", PM_ERROR_CORRUPT);
    closed(one);
    closed(two);
    cr_expect_eq(state_of("out/1.jpg", &whole), JOURNAL_UNKNOWN, "made sharper later");
    cr_expect_eq(state_of("out/2.jpg", &whole), JOURNAL_DONE);
    cr_expect_eq(state_of("out/3.jpg", &whole), JOURNAL_DONE);
    cr_expect_eq(state_of("out/4.jpg", &whole), JOURNAL_DONE);
    cr_expect_eq(state_of("out/5.jpg", &whole), JOURNAL_UNKNOWN);
    struct journal *journal = opened(JOURNAL_RESUME, "sharper", &whole);
    cr_expect_eq(state_in(journal, "out/5.jpg", &answer), JOURNAL_FAILED);
    cr_expect(answer.kind == PM_ERROR_CORRUPT && answer.stage == PM_STAGE_DECODE);
    closed(journal);
}

Test(journal_folder, of_another_output_folder_nothing_is_kept)
{
    struct journal *journal = opened(JOURNAL_RECORD, "settings", &whole);
    cr_assert_eq(mkdir("outside", 0755), 0);
    add(journal, "outside/1.jpg", PM_OK);
    closed(journal);
    cr_assert_eq(state_of("outside/1.jpg", &whole), JOURNAL_UNKNOWN);
}

Test(journal_folder, of_a_run_without_lines_nothing_is_left)
{
    closed(opened(JOURNAL_RECORD, "settings", &whole));
    cr_assert_eq(each_segment(NULL), 0);
    cr_assert_eq(access("journal", F_OK), 0);
    cr_assert_eq(rmdir("journal"), 0);
    closed(opened(JOURNAL_LOOK, "settings", &whole));
    cr_assert_neq(access("journal", F_OK), 0);
    journal_discard(opened(JOURNAL_RESUME, "settings", &whole));
    cr_assert_neq(access("journal", F_OK), 0);
}

Test(journal_folder, a_file_that_is_no_journal_is_refused)
{
    struct pm_error error = {0};
    const struct journal_options options = {.path = "journal", .use = JOURNAL_RESUME, .settings = "settings"};
    cr_assert_eq(mkdir("journal", 0755), 0);
    temp_text("journal/photo", "no journal");
    cr_assert_null(journal_open(&options, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    cr_assert_not_null(strstr(error.message, "journal/photo: not a pixmill journal"), "%s", error.message);
    temp_text("journal/photo", ""); /* one that a run has just begun */
    error = (struct pm_error){0};
    struct journal *journal = journal_open(&options, &error);
    cr_assert_not_null(journal, "%s", error.message);
    closed(journal);
}

/* Limits this process to `more` bytes of addresses in addition to those in use. */
static void limit_addresses(rlim_t more)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert_not_null(statm);
    cr_assert_eq(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
#ifdef PIXMILL_SANITIZED /* which keeps freed memory for a while */
    more *= 8;
#endif
    const rlim_t limit = (rlim_t)pages * 4096 + more;
    cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}), 0);
}

Test(journal_folder, a_large_file_that_is_no_journal_is_refused_by_its_beginning)
{
    struct pm_error error = {0};
    cr_assert_eq(mkdir("journal", 0755), 0);
    temp_text("journal/film", "");
    cr_assert_eq(truncate("journal/film", (off_t)1 << 30), 0);
    limit_addresses(64 << 20);
    const struct journal_options options = {
        .path = "journal/", .use = JOURNAL_RESUME, .settings = "s", .output = "out/", .shard = &whole};
    cr_assert_null(journal_open(&options, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE, "%s", error.message);
    cr_assert_str_eq(
        error.message,
        "journal/film: not a pixmill journal (a journal's folder has no other files; remove it)");
}

Test(journal_folder, a_line_without_end_is_refused)
{
    struct pm_error error = {0};
    cr_assert_eq(mkdir("journal", 0755), 0);
    temp_text("journal/torn", JOURNAL_HEADER);
    cr_assert_eq(truncate("journal/torn", (off_t)1 << 30), 0);
    limit_addresses(64 << 20);
    const struct journal_options options = {
        .path = "journal", .use = JOURNAL_RESUME, .settings = "s", .output = "out/", .shard = &whole};
    cr_assert_null(journal_open(&options, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE, "%s", error.message);
    cr_assert_str_eq(error.message,
                     "journal/torn: a line of the journal has more than 16 MiB (remove the file)");
}
