/* `pixmill help [TOPIC]` and `pixmill version`; `make install` uses help's options --man and --completion. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/hints.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "transform/recipe.h"

struct help_options {
    bool manual;
    unsigned completion; /* index in `writers` + 1; 0: none */
};

static void (*const writers[])(FILE *) = {completion_bash, completion_zsh, completion_fish};

static int parse_completion(const struct option *option, void *settings, const char *argument,
                            struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    ((struct help_options *)settings)->completion = (unsigned)index + 1;
    return 0;
}

static const struct option rows[] = {
    {.name = "man",
     .help = "print the manual page, for man(1)",
     .parse = option_flag,
     .offset = offsetof(struct help_options, manual)},
    {.name = "completion",
     .argument = "bash|zsh|fish",
     .help = "print the completion script for that shell",
     .parse = parse_completion},
    {.name = NULL},
};

const struct option_set help_option_set = {.own = rows};

/* Prints the option of that name, of `run` and of commands where it means something else. False: no command
 * has it. */
static bool explain_option(struct page *page, const char *name)
{
    char first[OPTION_HELP_MAX] = "";
    for (const struct command *command = commands; command->name != NULL; command++) {
        struct option option;
        for (size_t i = 0; option_at(command->options, i, &option); i++) {
            char title[160], text[OPTION_HELP_MAX], head[64];
            if (strcmp(option.name, name) != 0 || strcmp(option_help(&option, text, sizeof text), first) == 0)
                continue;
            if (first[0] == '\0')
                snprintf(first, sizeof first, "%s", text);
            snprintf(head, sizeof head, "option of pixmill %s", command->name);
            page_subheading(page, head);
            option_title(&option, title, sizeof title);
            page_item(page, title, text);
        }
    }
    return first[0] != '\0';
}

static int explain(const char *name)
{
    if (command_find(name) != NULL)
        return help_command(name);
    struct page page = {.out = stdout, .style = PAGE_TERMINAL};
    struct suggestion suggestion = {.wrong = name};
    for (const struct topic *topic = topics; topic->name != NULL; topic++) {
        if (strcmp(topic->name, name) == 0) {
            topic->write(&page);
            return report_output(EXIT_WELL);
        }
        suggest_consider(&suggestion, topic->name);
    }
    if (recipe_is_step(name)) {
        help_write_filter(&page, name);
        return report_output(EXIT_WELL);
    }
    const bool is_format = codec_of_suffix(name) != NULL;
    if (!is_format && explain_option(&page, name))
        return report_output(EXIT_WELL);
    struct option option;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind == OPTION_FILTER)
            suggest_consider(&suggestion, option.name);
    }
    for (const struct command *command = commands; command->name != NULL; command++)
        suggest_consider(&suggestion, command->name);
    if (is_format)
        suggestion.best = "formats";
    struct pm_error error = {0};
    suggest_error(&suggestion, "topic", "", "'pixmill help' lists them", &error);
    report_error(name, &error);
    return EXIT_USAGE;
}

/* `pixmill help --keep` is about that option: drops the dashes, unless help itself has it. */
static void drop_dashes(int count, char **arguments)
{
    for (int i = 0; i < count; i++) {
        struct option option;
        const char *name = arguments[i] + 2;
        bool own = strncmp(arguments[i], "--", 2) != 0, known = false;
        for (size_t k = 0; !own && option_at(&help_option_set, k, &option); k++)
            own = strncmp(option.name, name, strcspn(name, "=")) == 0;
        for (const struct command *command = commands; !own && command->name != NULL; command++) {
            for (size_t k = 0; option_at(command->options, k, &option); k++)
                known = known || strcmp(option.name, name) == 0;
        }
        if (!own && known)
            arguments[i] += 2;
    }
}

int cmd_help(int argc, char **argv)
{
    struct help_options options = {0};
    struct command_line line = {.settings = &options};
    int status;
    drop_dashes(argc - 2, argv + 2);
    if (arguments_parse(&line, "help", &help_option_set, argc - 2, argv + 2, &status)) {
        status = EXIT_WELL;
        if (options.manual) {
            manpage_write(stdout);
            status = report_output(status);
        } else if (options.completion > 0) {
            writers[options.completion - 1](stdout);
            status = report_output(status);
        } else if (line.noperands == 0) {
            status = help_overview();
        }
        for (size_t i = 0; i < line.noperands && status == EXIT_WELL; i++)
            status = explain(line.operands[i]);
    }
    free(line.operands);
    return status;
}

static const struct option no_rows[] = {{.name = NULL}};

const struct option_set version_option_set = {.own = no_rows};

int cmd_version(int argc, char **argv)
{
    struct command_line line = {0};
    int status;
    if (arguments_parse(&line, "version", &version_option_set, argc - 2, argv + 2, &status)) {
        if (line.noperands == 0) {
            status = help_version();
        } else {
            report(line.operands[0], "unexpected argument (version takes none)");
            status = EXIT_USAGE;
        }
    }
    free(line.operands);
    return status;
}
