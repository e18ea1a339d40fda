/* Every engine writes all results of a job, or none. */
#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forbid.h"
#include "io/intake.h"
#include "io/recorder.h"
#include "io/ring.h"
#include "temp.h"

/* Gives each job three results: parts of its `out`, not in the order of their offsets. */
static void give_parts(struct recorder *recorder, const char *outputs[][3])
{
    static char names[8][3][80];
    cr_assert_leq(recorder->count, sizeof names / sizeof *names);
    for (size_t i = 0; i < recorder->count; i++) {
        struct job *job = &recorder->jobs[i];
        for (int part = 0; part < 3; part++) {
            snprintf(names[i][part], sizeof names[i][part], "%s-%d", recorder->outputs[i], part);
            outputs[i][part] = names[i][part];
        }
        job->outputs = outputs[i];
        job->output = outputs[i][0];
        job->result.nparts = 3;
        job->result.parts[0] = (struct job_part){.offset = 2, .size = 3};
        job->result.parts[1] = (struct job_part){.offset = 0, .size = 2};
        job->result.parts[2] = (struct job_part){.offset = 5, .size = 1};
    }
}

static size_t names_in_output(void)
{
    size_t count = 0;
    DIR *folder = opendir(temp_path("out"));
    for (const struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (folder != NULL)
        closedir(folder);
    return count;
}

ENGINE_TEST(all_results_of_a_job_are_written)
{
    struct recorder recorder;
    const char *outputs[6][3];
    recorder_init(&recorder, 6);
    give_parts(&recorder, outputs);
    struct engine_config config = recorder_config(&recorder, 3, 2);
    recorder_run(engine, &config, 2, -1);
    cr_assert_eq(recorder.failed, 0);
    for (size_t i = 0; i < 6; i++) {
        const char *const texts[] = {"ne ", "do", "i"};
        for (int part = 0; part < 3; part++) {
            char *text = temp_read(outputs[i][part], NULL);
            cr_assert_not_null(text);
            cr_expect_str_eq(text, texts[part]);
            free(text);
        }
    }
    cr_assert_eq(names_in_output(), 18);
    recorder_free(&recorder);
}

/* The third path is a folder; a rename can't replace it with a file. */
ENGINE_TEST(no_result_is_left_of_a_job_that_can_not_have_all)
{
    struct recorder recorder;
    const char *outputs[2][3];
    recorder_init(&recorder, 2);
    give_parts(&recorder, outputs);
    cr_assert_eq(mkdir(temp_path("out"), 0755), 0);
    cr_assert_eq(mkdir(outputs[0][2], 0755), 0);
    struct engine_config config = recorder_config(&recorder, 1, 1);
    recorder_run(engine, &config, 1, -1);
    cr_assert_eq(recorder.failed, 1);
    cr_assert_eq(recorder.jobs[0].result.error.stage, PM_STAGE_WRITE);
    cr_assert_neq(access(outputs[0][0], F_OK), 0);
    cr_assert_neq(access(outputs[0][1], F_OK), 0);
    cr_assert_eq(names_in_output(), 1 + 3);
    recorder_free(&recorder);
}

ENGINE_TEST(no_result_is_left_when_one_can_not_be_begun)
{
    struct recorder recorder;
    char name[5000];
    const char *outputs[1][3];
    recorder_init(&recorder, 1);
    give_parts(&recorder, outputs);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    outputs[0][1] = name;
    struct engine_config config = recorder_config(&recorder, 1, 1);
    recorder_run(engine, &config, 1, -1);
    cr_assert_eq(recorder.failed, 1);
    cr_assert_eq(names_in_output(), 0);
    recorder_free(&recorder);
}

ENGINE_TEST(a_name_too_long_for_a_temporary_fails)
{
    struct recorder recorder;
    char name[5000];
    recorder_init(&recorder, 3);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    recorder.jobs[1].output = name;
    struct engine_config config = recorder_config(&recorder, 2, 2);
    recorder_run(engine, &config, 1, -1);
    cr_assert_eq(recorder.failed, 1);
    cr_assert_eq(recorder.jobs[1].result.error.stage, PM_STAGE_WRITE);
    recorder_assert_written(&recorder, 2);
    recorder_free(&recorder);
}
