/* What the journal records is on disk: each result is synced, renamed and its folder synced before its line
 * is written; the journal's folder is synced before the first line. A preloaded library records the order
 * (tests/preload/order.c). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "forbid.h"
#include "temp.h"
#include "torture/torture.h"

enum { PICTURES = 150 };

/* State of the results so far. */
struct results {
    struct result {
        char temporary[64], name[64]; /* name: empty until it is renamed */
        bool lasting;
    } list[PICTURES];
    size_t count, lines; /* lines of the journal, its head included */
    bool named;          /* the journal's own entry is on disk */
    char *journal;       /* part of it was not written yet */
};

static struct result *find(struct results *results, const char *temporary, const char *name)
{
    for (size_t i = 0; i < results->count; i++) {
        struct result *result = &results->list[i];
        if (strcmp(temporary != NULL ? temporary : name,
                   temporary != NULL ? result->temporary : result->name) == 0)
            return result;
    }
    cr_assert_fail("%s is not known yet", temporary != NULL ? temporary : name);
    return NULL;
}

static void synced(struct results *results, const char *name)
{
    if (strcmp(name, "journal") == 0)
        return;
    if (strcmp(name, "notes") == 0) {
        results->named = true;
        return;
    }
    for (size_t i = 0; strcmp(name, "out") == 0 && i < results->count; i++)
        results->list[i].lasting = results->list[i].name[0] != '\0';
    if (strcmp(name, "out") == 0)
        return;
    cr_assert_lt(results->count, PICTURES);
    snprintf(results->list[results->count++].temporary, 64, "%s", name);
}

static void recorded(struct results *results, unsigned lines)
{
    for (; lines > 0; lines--, results->lines++) {
        char *line = strsep(&results->journal, "\n"), *end = strchr(line, '\t');
        if (results->lines == 0)
            continue;
        cr_assert_not_null(end, "%s", line);
        cr_assert(results->named, "%s was recorded before the journal's folder was synced", line);
        *end = '\0';
        const struct result *result = find(results, NULL, strrchr(line, '/') + 1);
        cr_assert(result->lasting, "%s was recorded before its folder was synced", line);
    }
}

static void check_order(char *order)
{
    static struct results results;
    results = (struct results){.journal = content_of("notes/journal", NULL)};
    for (char *line; (line = strsep(&order, "\n")) != NULL && line[0] != '\0';) {
        char from[64], to[64];
        unsigned lines;
        if (sscanf(line, "sync %63s", from) == 1)
            synced(&results, from);
        else if (sscanf(line, "rename %63s %63s", from, to) == 2)
            snprintf(find(&results, from, NULL)->name, 64, "%s", to); /* it was synced, or it is not found */
        else if (sscanf(line, "record %u", &lines) == 1)
            recorded(&results, lines);
        else
            cr_assert_fail("%s", line);
    }
    cr_assert_eq(results.lines, 1 + PICTURES);
}

static void expect_order(const char *engine)
{
    char option[32];
    const struct start start = {.environment = {torture_preload("order"), "PIXMILL_ORDER=order"}};
    temp_on_disk();
    run_begin();
    put_picture("picture.png", 20, 10);
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("notes", 0755), 0);
    for (int i = 0; i < PICTURES; i++)
        cr_assert_eq(link("picture.png", temp_path("in/%d.png", i)), 0);
    snprintf(option, sizeof option, "--io=%s", engine);
    struct run run =
        RUN_AS(&start, "run", "in", "-o", "out", "--flip", "--journal=notes/journal", "-j2", option);
    expect_summary(&run, "150 images: 150 ok, 0 skipped, 0 failed");
    check_order(content_of("order", NULL));
}

Test(order, a_line_follows_a_lasting_result_threads)
{
    expect_order("threads");
}

Test(order, a_line_follows_a_lasting_result_sync)
{
    expect_order("sync");
}

/* io_uring operations are not seen by the library; they are the same operations. */
Test(order, a_line_follows_a_lasting_result_async)
{
    cr_assert_eq(forbid_uring(), 0);
    expect_order("async");
}
