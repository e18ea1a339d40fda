/*
 * --json: everything, every trial included. Its members are a contract: more may come, none goes or changes.
 * Times are in seconds, memory in bytes; *_ci95 is a 95 % interval. null: not measured or not known; in
 * peak_jobs "never", and at the upper end of its interval "perhaps never".
 *
 * Added later: models[].about; summary[].superlinear, speedup_vs_serial_ci95, startup_ci95 and
 * peak_pss_ci95; verdict[].ranks {cpu, io, overhead: {standing, jobs, ratio, ratio_ci95}} against the fastest
 * model, disturbed, memory_ci95 and startup_ci95; notes[].busy and derived. speedup_vs_serial is the median
 * of the ratios of trials of the same round. With Python models: of these, models[].python (the version) and
 * lock (released, kept or none); statements[] {statement, findings[] {python, holds: bool or null, text}}.
 */
#include "base/json.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/statements.h"
#include "bench/report/report.h"

/* [low, high] */
static void json_interval(struct json *json, const char *key, struct interval interval)
{
    json_array(json, key);
    json_number(json, NULL, interval.low);
    json_number(json, NULL, interval.high);
    json_end_array(json);
}

static void write_machine(struct json *json, const struct machine *machine)
{
    json_object(json, "machine");
    json_string(json, "cpu", machine->cpu);
    json_string(json, "topology", machine->topology);
    json_integer(json, "processors", machine->processors);
    json_string(json, "processors_source", machine->processors_source);
    json_integer(json, "memory_bytes", machine->memory_bytes);
    json_string(json, "os", machine->os);
    json_string(json, "compiler", machine->compiler);
    json_string(json, "version", machine->version);
    json_string(json, "date", machine->date);
    json_bool(json, "frequency_scaling", machine->frequency_scaling);
    json_number(json, "load", machine->load);
    json_end_object(json);
}

static void write_settings(struct json *json, const struct sweep_settings *settings)
{
    json_object(json, "settings");
    json_string(json, "command", settings->command);
    json_string(json, "recipe", settings->recipe);
    json_integer(json, "repeat", settings->sampling.repeat);
    json_number(json, "min_time_s", settings->sampling.min_time_s);
    json_number(json, "io_delay_ms", settings->io_delay_ms);
    json_bool(json, "pin", settings->sampling.pin);
    json_integer(json, "seed", settings->sampling.seed);
    json_integer(json, "inputs", settings->inputs);
    json_integer(json, "input_bytes", settings->input_bytes);
    json_integer(json, "urls", settings->urls);
    json_integer(json, "io_jobs", settings->io_jobs);
    json_end_object(json);
}

static void write_models(struct json *json, const struct results *results)
{
    json_array(json, "models");
    for (size_t i = 0; i < results->nmodels; i++) {
        const struct model *model = &results->models[i];
        json_object(json, NULL);
        json_string(json, "model", model->name);
        json_string(json, "title", model->title);
        json_string(json, "backend", model->backend);
        json_string(json, "engine", model->engine);
        json_bool(json, "one_worker", model->one_worker);
        json_string(json, "about", model->about);
        if (model->python[0] != '\0') {
            json_string(json, "python", model->python);
            json_string(json, "lock", model->lock);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_stages(struct json *json, const double *stage_s)
{
    json_object(json, "stages");
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        json_number(json, pm_stage_name((enum pm_stage)stage), stage_s[stage]);
    json_end_object(json);
}

static void write_trial(struct json *json, const struct results *results, const struct trial *trial)
{
    json_object(json, NULL);
    json_string(json, "model", results->models[trial->model].name);
    json_integer(json, "jobs", trial->jobs);
    json_integer(json, "workers", trial->workers);
    json_string(json, "workload", workload_name(trial->workload));
    json_integer(json, "trial", trial->number);
    json_bool(json, "cold", trial->cold);
    json_number(json, "wall_s", trial->wall_s);
    json_number(json, "startup_s", trial->startup_s);
    json_number(json, "cpu_s", trial->user_s + trial->system_s);
    json_number(json, "user_s", trial->user_s);
    json_number(json, "system_s", trial->system_s);
    json_integer(json, "images", trial->images);
    json_number(json, "megapixels", (double)trial->pixels / 1e6);
    json_integer(json, "peak_pss_bytes", trial->peak_pss_bytes);
    json_integer(json, "peak_rss_bytes", trial->peak_rss_bytes);
    json_integer(json, "voluntary_switches", trial->voluntary_switches);
    json_integer(json, "involuntary_switches", trial->involuntary_switches);
    json_integer(json, "minor_faults", trial->minor_faults);
    json_integer(json, "major_faults", trial->major_faults);
    json_number(json, "blocked_s", trial->blocked_s);
    json_number(json, "steal_s", trial->steal_s);
    json_number(json, "load", trial->load);
    json_number(json, "others_s", trial->others_s);
    write_stages(json, trial->stage_s);
    json_end_object(json);
}

static void write_summary(struct json *json, const struct results *results, const struct summary *point)
{
    json_object(json, NULL);
    json_string(json, "model", results->models[point->model].name);
    json_integer(json, "jobs", point->jobs);
    json_string(json, "workload", workload_name(point->workload));
    json_integer(json, "trials", point->trials);
    json_number(json, "wall_s", point->wall_s);
    json_interval(json, "ci95", point->ci95);
    json_number(json, "images_per_s", point->images_per_s);
    json_interval(json, "images_per_s_ci95", point->images_per_s_ci95);
    json_number(json, "megapixels_per_s", point->megapixels_per_s);
    json_number(json, "speedup", point->speedup);
    json_interval(json, "speedup_ci95", point->speedup_ci95);
    json_number(json, "speedup_vs_serial", point->speedup_vs_serial);
    json_interval(json, "speedup_vs_serial_ci95", point->vs_serial_ci95);
    json_number(json, "efficiency", point->efficiency);
    json_interval(json, "efficiency_ci95", point->efficiency_ci95);
    json_number(json, "karp_flatt", point->karp_flatt);
    json_number(json, "peak_pss_bytes", point->peak_pss_bytes);
    json_bool(json, "oversubscribed", point->oversubscribed);
    json_bool(json, "superlinear", point->superlinear);
    json_interval(json, "peak_pss_ci95", point->peak_pss_ci95);
    json_number(json, "startup_s", point->startup_s);
    json_interval(json, "startup_ci95", point->startup_ci95);
    json_number(json, "cpu_s", point->cpu_s);
    json_number(json, "cpu_per_image_s", point->cpu_per_image_s);
    json_interval(json, "cpu_per_image_ci95", point->cpu_per_image_ci95);
    json_number(json, "cold_wall_s", point->cold_wall_s);
    json_number(json, "cold_images_per_s", point->cold_images_per_s);
    json_number(json, "voluntary_switches", point->voluntary_switches);
    json_number(json, "involuntary_switches", point->involuntary_switches);
    json_number(json, "blocked_s", point->blocked_s);
    json_number(json, "others", point->others);
    json_number(json, "spread", point->spread);
    json_integer(json, "outliers", point->outliers);
    write_stages(json, point->stage_s);
    json_object(json, "stages_ci95");
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        json_interval(json, pm_stage_name((enum pm_stage)stage), point->stage_ci95[stage]);
    json_end_object(json);
    json_number(json, "all_stages_s", point->stages_s);
    json_interval(json, "all_stages_ci95", point->stages_ci95);
    json_end_object(json);
}

static void write_amdahl(struct json *json, const struct fit *fit)
{
    if (!fit->has_amdahl) {
        json_null(json, "amdahl");
        return;
    }
    json_object(json, "amdahl");
    json_number(json, "serial_fraction", fit->amdahl.sigma);
    json_interval(json, "ci95", fit->amdahl.sigma_ci95);
    json_number(json, "lambda", fit->amdahl.lambda);
    json_interval(json, "lambda_ci95", fit->amdahl.lambda_ci95);
    json_number(json, "residual", fit->amdahl.residual);
    json_end_object(json);
}

static void write_usl(struct json *json, const struct fit *fit)
{
    if (!fit->has_usl) {
        json_null(json, "usl");
        return;
    }
    json_object(json, "usl");
    json_number(json, "sigma", fit->usl.sigma);
    json_interval(json, "sigma_ci95", fit->usl.sigma_ci95);
    json_number(json, "kappa", fit->usl.kappa);
    json_interval(json, "kappa_ci95", fit->usl.kappa_ci95);
    json_number(json, "lambda", fit->usl.lambda);
    json_interval(json, "lambda_ci95", fit->usl.lambda_ci95);
    json_number(json, "peak_jobs", fit->peak_jobs);
    json_interval(json, "peak_jobs_ci95", fit->peak_jobs_ci95);
    json_number(json, "residual", fit->usl.residual);
    json_end_object(json);
}

static void write_predictions(struct json *json, const struct results *results, const struct fit *fit)
{
    json_array(json, "predictions");
    for (unsigned jobs = 2; jobs <= SCALING_FARTHEST && fit_law(fit) != NULL; jobs *= 2) {
        struct interval interval;
        json_object(json, NULL);
        json_integer(json, "jobs", jobs);
        json_number(json, "speedup", fit_speedup(results, fit, jobs, &interval));
        json_interval(json, "speedup_ci95", interval);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_fit(struct json *json, const struct results *results, const struct fit *fit)
{
    json_object(json, NULL);
    json_string(json, "model", results->models[fit->model].name);
    json_string(json, "workload", workload_name(fit->workload));
    json_integer(json, "points", fit->points);
    write_amdahl(json, fit);
    write_usl(json, fit);
    if (fit->why_not[0] != '\0')
        json_string(json, "why_not", fit->why_not);
    else
        json_null(json, "why_not");
    write_predictions(json, results, fit);
    json_end_object(json);
}

static void write_answer(struct json *json, const char *key, enum answer answer)
{
    if (answer == ANSWER_UNKNOWN)
        json_null(json, key);
    else
        json_bool(json, key, answer == ANSWER_YES);
}

/* Against the fastest model of each workload that was measured. */
static void write_ranks(struct json *json, const struct verdict *verdict)
{
    static const char *const words[] = {[STANDING_FASTEST] = "fastest",
                                        [STANDING_NEAR] = "nearly equal",
                                        [STANDING_UNCLEAR] = "unclear",
                                        [STANDING_SLOWER] = "slower"};
    json_object(json, "ranks");
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        const struct rank *rank = &verdict->ranks[workload];
        if (rank->standing == STANDING_NONE)
            continue;
        json_object(json, workload_name(workload));
        json_string(json, "standing", words[rank->standing]);
        json_integer(json, "jobs", rank->jobs);
        json_number(json, "ratio", rank->ratio);
        json_interval(json, "ratio_ci95", rank->ratio_ci95);
        json_end_object(json);
    }
    json_end_object(json);
}

static void write_verdict(struct json *json, const struct results *results, const struct verdict *verdict)
{
    static const char *const keys[COLUMNS] = {
        [COLUMN_PARALLEL] = "parallel_cpu", [COLUMN_LOCK] = "held_by_lock",
        [COLUMN_OVERLAP] = "overlaps_io",   [COLUMN_MEMORY] = "memory_bytes_per_worker",
        [COLUMN_STARTUP] = "startup_s",     [COLUMN_HANDOVER] = "handover_s",
        [COLUMN_BEST] = "best_for",
    };
    json_object(json, NULL);
    json_string(json, "model", results->models[verdict->model].name);
    write_answer(json, keys[COLUMN_PARALLEL], verdict->parallel_cpu);
    write_answer(json, keys[COLUMN_OVERLAP], verdict->overlaps_io);
    write_answer(json, keys[COLUMN_LOCK], verdict->held_by_lock);
    json_number(json, keys[COLUMN_MEMORY], verdict->memory_bytes_per_worker);
    json_number(json, keys[COLUMN_STARTUP], verdict->startup_s);
    json_number(json, keys[COLUMN_HANDOVER], verdict->handover_s);
    json_interval(json, "handover_ci95", verdict->handover_ci95);
    json_interval(json, "memory_ci95", verdict->memory_ci95);
    json_interval(json, "startup_ci95", verdict->startup_ci95);
    json_string(json, keys[COLUMN_BEST], verdict->best_for);
    json_bool(json, "disturbed", verdict->disturbed);
    write_ranks(json, verdict);
    json_object(json, "why");
    for (size_t column = 0; column < COLUMNS; column++)
        json_string(json, keys[column], verdict->why[column]);
    json_end_object(json);
    json_end_object(json);
}

static void write_statements(struct json *json, const struct results *results)
{
    struct statement statement;
    if (!results_python(results))
        return;
    json_array(json, "statements");
    for (size_t i = 0; i < STATEMENTS; i++) {
        if (!statement_find(results, i, &statement))
            continue;
        json_object(json, NULL);
        json_string(json, "statement", statement.text);
        json_array(json, "findings");
        for (size_t k = 0; k < statement.nfindings; k++) {
            json_object(json, NULL);
            json_string(json, "python", statement.findings[k].python);
            write_answer(json, "holds", statement.findings[k].holds);
            json_string(json, "text", statement.findings[k].text);
            json_end_object(json);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_notes(struct json *json, const struct results *results)
{
    json_array(json, "notes");
    for (size_t i = 0; i < results->nnotes; i++) {
        json_object(json, NULL);
        json_string(json, "text", results->notes[i].text);
        json_string(json, "remedy", results->notes[i].remedy);
        json_bool(json, "busy", results->notes[i].busy);
        json_bool(json, "derived", results->notes[i].derived);
        json_end_object(json);
    }
    json_end_array(json);
}

void report_json(FILE *out, const struct results *results)
{
    struct json json = {.out = out, .lined = 2};
    json_object(&json, NULL);
    write_machine(&json, &results->machine);
    write_settings(&json, &results->settings);
    json_bool(&json, "interrupted", results->interrupted);
    write_models(&json, results);
    json_array(&json, "trials");
    for (size_t i = 0; i < results->ntrials; i++)
        write_trial(&json, results, &results->trials[i]);
    json_end_array(&json);
    json_array(&json, "summary");
    for (size_t i = 0; i < results->nsummaries; i++)
        write_summary(&json, results, &results->summaries[i]);
    json_end_array(&json);
    json_array(&json, "fits");
    for (size_t i = 0; i < results->nfits; i++)
        write_fit(&json, results, &results->fits[i]);
    json_end_array(&json);
    json_array(&json, "verdict");
    for (size_t i = 0; i < results->nverdicts; i++)
        write_verdict(&json, results, &results->verdicts[i]);
    json_end_array(&json);
    write_statements(&json, results);
    write_notes(&json, results);
    json_end_object(&json);
}
