/* `pixmill plan INPUT... -o FOLDER --units=N`: cuts a batch into units with about the same number of bytes.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "batch/unit_plan.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "codec/codec.h"

struct plan_options {
    struct settings settings; /* first: some options are those of `run` */
    unsigned units;
    const struct codec *format;
};

static const char *format_choice(size_t index)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if (codec_writes(*codec) && index-- == 0)
            return (*codec)->name;
    }
    return NULL;
}

static int option_format(const struct option *option, void *settings, const char *argument,
                         struct pm_error *error)
{
    const int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct plan_options *)settings)->format = codec_of_suffix(argument);
    return 0;
}

static const struct option rows[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FOLDER",
     .help = "the folder for the plan, which must not exist yet",
     .parse = option_path,
     .offset = offsetof(struct plan_options, settings.output)},
    {.name = "units",
     .argument = "N",
     .help = "the number of units, which is the N of the runs' --shard",
     .parse = option_count,
     .min = 1,
     .max = SHARDS_MAX,
     .offset = offsetof(struct plan_options, units)},
    {.name = "format",
     .argument = "NAME",
     .choice = format_choice,
     .help = "the runs' --format: inputs that differ only in their suffix then have the same result",
     .parse = option_format},
    {.name = "base", .kind = OPTION_SAME},
    {.name = "null", .kind = OPTION_SAME},
    {.name = "exclude", .kind = OPTION_SAME},
    {.name = "include", .kind = OPTION_SAME},
    {.name = "hidden", .kind = OPTION_SAME},
    {.name = NULL},
};

const struct option_set plan_option_set = {.own = rows, .base = &run_option_set};

static int plan(const struct plan_options *options, const char *const *inputs, size_t ninputs)
{
    struct pm_error error = {0};
    struct unit_plan_report report = {0};
    const struct unit_plan_config config = {.settings = &options->settings,
                                            .inputs = inputs,
                                            .ninputs = ninputs,
                                            .units = options->units,
                                            .format = options->format};
    if (ninputs == 0)
        error_set(&error, PM_ERROR_USAGE, "no input (name files or folders, or - for a list of them)");
    else if (options->settings.output == NULL)
        error_set(&error, PM_ERROR_USAGE, "no folder for the plan (give -o FOLDER)");
    else if (options->units == 0)
        error_set(&error, PM_ERROR_USAGE, "no number of units (give --units=N)");
    else
        unit_plan_write(&config, &report, &error);
    if (error.kind != PM_OK)
        return report_refusal(NULL, &error);
    if (report.missing > 0)
        report_note("warning: %" PRIu64 " files are not there", report.missing);
    if (report.twice > 0)
        report_note("warning: %" PRIu64 " names are there twice", report.twice);
    report_note("%" PRIu64 " names, %.1f MB in %u units of %.1f to %.1f MB", report.names,
                (double)report.bytes / 1e6, options->units, (double)report.smallest / 1e6,
                (double)report.largest / 1e6);
    return EXIT_WELL;
}

int cmd_plan(int argc, char **argv)
{
    struct plan_options options = {0};
    settings_init(&options.settings);
    struct command_line line = {.settings = &options};
    int status;
    if (arguments_parse(&line, "plan", &plan_option_set, argc - 2, argv + 2, &status))
        status = plan(&options, line.operands, line.noperands);
    free(line.operands);
    return report_output(status);
}
