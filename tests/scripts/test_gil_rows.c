/* scripts/gil-rows.py: what it decides of reports whose figures are known. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "temp.h"

static FILE *report;
static bool first_trial;

/* A report of one Python, DIR/PART-BATCH.json, without trials. */
static void begin(const char *part, int batch, const char *python, const char *lock)
{
    if (system("command -v python3 >/dev/null") != 0)
        cr_skip_test("python3 is not installed");
    char name[64];
    snprintf(name, sizeof name, "reports/%s-%d.json", part, batch);
    report = fopen(temp_write(name, "", 0), "w");
    cr_assert_not_null(report);
    fprintf(
        report,
        "{\"machine\": {\"processors\": 2}, \"models\": [{\"model\": \"gil-released\"}, {\"model\": \"python-threads@%s\", "
        "\"python\": \"%s\", \"lock\": \"%s\"}], \"trials\": [",
        python, python, lock);
    first_trial = true;
}

static void add(const char *model, int jobs, int number, double images_per_s, double others_s)
{
    fprintf(
        report,
        "%s{\"model\": \"%s\", \"jobs\": %d, \"trial\": %d, \"cold\": false, \"images\": 100, \"wall_s\": %g, "
        "\"startup_s\": 0, \"others_s\": %g, \"steal_s\": 0}",
        first_trial ? "" : ", ", model, jobs, number, 100 / images_per_s, others_s);
    first_trial = false;
}

static void end(void)
{
    fputs("]}", report);
    fclose(report);
}

/* Rounds in which the released threads of Python 3.11.2 have this speedup at 2 workers, and pixmill's
 * models 2. */
static void add_rounds(int rounds, double speedup, double others_s)
{
    for (int i = 0; i < rounds; i++) {
        const double machine = 50 + 10 * i; /* drifts from round to round */
        add("python-threads@3.11.2", 1, i, machine, 0);
        add("python-threads@3.11.2", 2, i, machine * (speedup + 0.01 * (i % 3)), others_s);
        for (int own = 0; own < 2; own++) {
            add(own == 0 ? "gil-released" : "threads", 1, i, 2 * machine, 0);
            add(own == 0 ? "gil-released" : "threads", 2, i, 4 * machine, 0);
        }
    }
}

static const char *run(const char *option, int status)
{
    static char *said;
    char command[1024];
    free(said);
    snprintf(command, sizeof command, "scripts/gil-rows.py %s %s >%s 2>&1", option, temp_path("reports"),
             temp_path("said"));
    const int got = system(command);
    said = temp_read(temp_path("said"), NULL);
    cr_assert_eq(got, status << 8, "%s", said);
    return said;
}

static void expect(const char *said, const char *wanted)
{
    cr_expect_not_null(strstr(said, wanted), "%s: %s", wanted, said);
}

Test(gil_rows, compares_speedups_of_the_same_round)
{
    begin("released", 1, "3.11.2", "released");
    add_rounds(7, 1.85, 0);
    end();
    const char *said = run("", 1); /* the other parts are missing */
    expect(
        said,
        "| 3.11.2 | CPU, the lock released | 2 | python-threads | 1.86 | gil | 2.00 | +0.14 (+0.13 to +0.15) | 7 | yes |");
    expect(said, "| 3.11.2 | CPU, processes | 2 | python-procs-fork |  | procs |  |  | 0 | undecided |");
    expect(said, "0 of 42 trials were disturbed");
}

Test(gil_rows, says_what_is_outside)
{
    begin("released", 1, "3.11.2", "released");
    add_rounds(4, 1.5, 0);
    end();
    begin("released", 2, "3.11.2", "released");
    add_rounds(4, 1.5, 0);
    end();
    expect(run("", 1), "| gil | 2.00 | +0.49 (+0.48 to +0.50) | 8 | NO |");
}

Test(gil_rows, decides_nothing_by_few_or_disturbed_rounds)
{
    begin("released", 1, "3.11.2", "released");
    add_rounds(6, 2, 0);
    end();
    begin("released", 2, "3.11.2", "released");
    add_rounds(6, 9, 0.5);
    end();
    const char *said = run("", 1);
    expect(said, "| gil | 2.00 | -0.01 | 6 | undecided |");
    expect(said, "6 of 72 trials were disturbed");
    expect(run("--priority", 1), "| 12 | undecided |"); /* half are far apart */
}

Test(gil_rows, asks_for_what_is_undecided_alone)
{
    temp_write("reports/none", "", 0);
    const char *said = run("--missing", 0);
    expect(said,
           "cpu gil,threads,procs,python-threads-kept,python-procs-fork,python-interpreters-kept 1,2,4\n");
    expect(said, "\nreleased gil,threads,python-threads 1,2,4\n");
    begin("released", 1, "3.11.2", "released");
    add_rounds(8, 2, 0);
    end();
    said = run("--missing", 0);
    expect(said, "cpu python-threads-kept,gil,python-procs-fork,procs 1,2,4\n");
    expect(said, "\nreleased python-threads,gil,threads 1,4\n");
    expect(said, "\nio python-threads-kept,gil,threads,python-asyncio,async,serial 1,2,4\n");
}

Test(gil_rows, compares_a_python_without_a_lock_with_threads)
{
    begin("released", 1, "3.14.0t", "none");
    end();
    const char *said = run("", 1);
    expect(said, "| 3.14.0t | CPU, the lock kept | 4 | python-threads-kept |  | threads |");
    expect(said, "| 3.14.0t | CPU, interpreters | 4 |");
    cr_expect_null(strstr(said, "released | 4 | python-threads |  | gil"));
}
