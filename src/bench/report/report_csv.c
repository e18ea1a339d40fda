/*
 * --csv: one row per trial (RFC 4180), in the order in which they ran, cold ones included; for spreadsheets
 * and statistics programs, which make summaries themselves.
 */
#include <inttypes.h>
#include <string.h>

#include "bench/report/report.h"

static void write_field(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_trial(FILE *out, const struct results *results, const struct trial *trial)
{
    write_field(out, results->models[trial->model].name);
    fprintf(out, ",%s,%u,%u,%d,%.9g,%.9g,%.9g,%.9g,%.9g", workload_name(trial->workload), trial->jobs,
            trial->number, trial->cold, trial->wall_s, trial->startup_s, trial->user_s + trial->system_s,
            trial->user_s, trial->system_s);
    fprintf(out, ",%" PRIu64 ",%.9g,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
            trial->images, (double)trial->pixels / 1e6, trial->peak_pss_bytes, trial->peak_rss_bytes,
            trial->voluntary_switches, trial->involuntary_switches, trial->minor_faults, trial->major_faults);
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        fprintf(out, ",%.9g", trial->stage_s[stage]);
    fprintf(out, ",%.9g,%.9g,%.9g,%.9g,%u\r\n", trial->blocked_s, trial->steal_s, trial->load,
            trial->others_s, trial->workers);
}

void report_csv(FILE *out, const struct results *results)
{
    fputs("model,workload,jobs,trial,cold,wall_s,startup_s,cpu_s,user_s,system_s,images,megapixels,"
          "peak_pss_bytes,peak_rss_bytes,voluntary_switches,involuntary_switches,minor_faults,major_faults",
          out);
    for (size_t stage = 0; stage < PM_STAGES; stage++)
        fprintf(out, ",%s_s", pm_stage_name((enum pm_stage)stage));
    fputs(",blocked_s,steal_s,load,others_s,workers\r\n", out);
    for (size_t i = 0; i < results->ntrials; i++)
        write_trial(out, results, &results->trials[i]);
}
