#include "bench/report/read_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_read.h"
#include "bench/measure/models.h"
#include "io/file.h"

#define COPY(field, object, key)                                                                             \
    snprintf((field), sizeof(field), "%.*s", (int)sizeof(field) - 1, json_member_string(object, key))

/* Max plausible values: seconds of a trial, jobs, and any other number. */
static const double MIN_SECONDS = 1e-9, MAX_JOBS = 1e6, MAX_NUMBER = 1e15;

/* NAN for what is missing or too large. */
static double number_of(const struct json_value *object, const char *key)
{
    const double number = json_member_number(object, key);
    return fabs(number) < MAX_NUMBER ? number : NAN;
}

/* 0 for what is missing, negative or too large. */
static uint64_t count_of(const struct json_value *object, const char *key)
{
    const double number = number_of(object, key);
    return number > 0 ? (uint64_t)llround(number) : 0;
}

static unsigned small_count_of(const struct json_value *object, const char *key)
{
    const uint64_t count = count_of(object, key);
    return count < UINT32_MAX ? (unsigned)count : 0;
}

static void read_machine(const struct json_value *from, struct machine *machine)
{
    COPY(machine->cpu, from, "cpu");
    COPY(machine->topology, from, "topology");
    COPY(machine->processors_source, from, "processors_source");
    COPY(machine->os, from, "os");
    COPY(machine->compiler, from, "compiler");
    COPY(machine->version, from, "version");
    COPY(machine->date, from, "date");
    machine->processors = small_count_of(from, "processors");
    machine->memory_bytes = count_of(from, "memory_bytes");
    machine->frequency_scaling = json_member_bool(from, "frequency_scaling");
    machine->load = number_of(from, "load");
}

static void read_settings(const struct json_value *from, struct sweep_settings *settings)
{
    COPY(settings->command, from, "command");
    COPY(settings->recipe, from, "recipe");
    settings->sampling.repeat = small_count_of(from, "repeat");
    settings->sampling.min_time_s = number_of(from, "min_time_s");
    settings->io_delay_ms = number_of(from, "io_delay_ms");
    settings->sampling.pin = json_member_bool(from, "pin");
    settings->sampling.seed = count_of(from, "seed");
    settings->inputs = count_of(from, "inputs");
    settings->input_bytes = count_of(from, "input_bytes");
    settings->urls = count_of(from, "urls");
    settings->io_jobs = small_count_of(from, "io_jobs");
}

static void read_model(const struct json_value *from, struct model *model)
{
    COPY(model->name, from, "model");
    COPY(model->title, from, "title");
    COPY(model->backend, from, "backend");
    COPY(model->engine, from, "engine");
    COPY(model->about, from, "about");
    if (model->about[0] == '\0') /* an older report */
        snprintf(model->about, sizeof model->about, "%s", model_about(model->name));
    model->one_worker = json_member_bool(from, "one_worker");
    COPY(model->python, from, "python");
    COPY(model->lock, from, "lock");
}

/* Finds model and workload by their names. False when one is unknown. */
static bool read_point(const struct json_value *from, const struct results *results, struct trial *trial)
{
    const char *model = json_member_string(from, "model"), *workload = json_member_string(from, "workload");
    while (trial->model < results->nmodels && strcmp(results->models[trial->model].name, model) != 0)
        trial->model++;
    while (trial->workload < WORKLOADS && strcmp(workload_name(trial->workload), workload) != 0)
        trial->workload++;
    return trial->model < results->nmodels && trial->workload < WORKLOADS;
}

/* False for values that can't have been measured. */
static bool read_trial(const struct json_value *from, const struct results *results, struct trial *trial)
{
    const struct json_value *stages = json_member(from, "stages");
    *trial = (struct trial){
        .jobs = small_count_of(from, "jobs"),
        .workers = small_count_of(from, "workers"),
        .number = small_count_of(from, "trial"),
        .cold = json_member_bool(from, "cold"),
        .wall_s = number_of(from, "wall_s"),
        .startup_s = number_of(from, "startup_s"),
        .user_s = number_of(from, "user_s"),
        .system_s = number_of(from, "system_s"),
        .images = count_of(from, "images"),
        .pixels = (uint64_t)llround(1e6 * fmax(0, number_of(from, "megapixels"))),
        .peak_pss_bytes = count_of(from, "peak_pss_bytes"),
        .peak_rss_bytes = count_of(from, "peak_rss_bytes"),
        .voluntary_switches = count_of(from, "voluntary_switches"),
        .involuntary_switches = count_of(from, "involuntary_switches"),
        .minor_faults = count_of(from, "minor_faults"),
        .major_faults = count_of(from, "major_faults"),
        .blocked_s = number_of(from, "blocked_s"),
        .steal_s = number_of(from, "steal_s"),
        .load = number_of(from, "load"),
        .others_s = number_of(from, "others_s"),
    };
    if (json_member(from, "workers") == NULL) /* an older report: as many as asked for */
        trial->workers = trial->jobs;
    for (enum pm_stage stage = 0; stage < PM_STAGES; stage++)
        trial->stage_s[stage] = number_of(stages, pm_stage_name(stage));
    return read_point(from, results, trial) && trial->jobs > 0 && trial->jobs <= MAX_JOBS &&
           trial->images > 0 && trial->wall_s >= MIN_SECONDS;
}

static size_t length_of(const struct json_value *array)
{
    size_t length = 0;
    for (const struct json_value *item = array->first; item != NULL; item = item->next)
        length++;
    return length;
}

/* Reads the notes that the analysis does not make again. Older reports do not say which these are, so their
 * notes are left out. */
static int read_notes(const struct json_value *notes, struct results *results)
{
    for (const struct json_value *note = notes != NULL ? notes->first : NULL; note != NULL;
         note = note->next) {
        const struct json_value *derived = json_member(note, "derived");
        if (derived != NULL && !derived->truth &&
            results_note(results, json_member_string(note, "remedy"), "%s",
                         json_member_string(note, "text")) != 0)
            return -1;
    }
    return 0;
}

static int read_report(const struct json_value *report, struct results *results, struct pm_error *error)
{
    const struct json_value *models = json_member(report, "models"), *trials = json_member(report, "trials");
    const struct json_value *machine = json_member(report, "machine");
    if (models == NULL || trials == NULL || trials->first == NULL ||
        small_count_of(machine, "processors") == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is not a report of pixmill bench --json");
    results->models = calloc(length_of(models) + 1, sizeof *results->models);
    results->trials = calloc(length_of(trials), sizeof *results->trials);
    if (results->models == NULL || results->trials == NULL ||
        read_notes(json_member(report, "notes"), results) != 0)
        return error_memory(error, 0);
    read_machine(machine, &results->machine);
    read_settings(json_member(report, "settings"), &results->settings);
    results->interrupted = json_member_bool(report, "interrupted");
    for (const struct json_value *model = models->first; model != NULL; model = model->next)
        read_model(model, &results->models[results->nmodels++]);
    for (const struct json_value *trial = trials->first; trial != NULL; trial = trial->next) {
        if (!read_trial(trial, results, &results->trials[results->ntrials++]))
            return error_set(error, PM_ERROR_CORRUPT, "trial %zu is not a valid measurement",
                             results->ntrials);
    }
    return 0;
}

int report_read_json(const char *path, struct results *results, struct pm_error *error)
{
    uint64_t size;
    mode_t mode;
    struct buffer bytes = {0};
    struct json_document document;
    int status = -1;
    const int fd = file_open(path, &size, &mode, error);
    if (fd < 0)
        return -1;
    if (file_read(fd, size, &bytes, error) == 0) {
        const struct json_value *report = json_read(&document, (const char *)bytes.data, bytes.size, error);
        if (report != NULL) {
            status = read_report(report, results, error);
            json_close(&document);
        }
    }
    close(fd);
    buffer_free(&bytes);
    return status;
}
