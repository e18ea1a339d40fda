/* The complete table of options, and the parser. Each command has its rows in its own file (run_options.c,
 * cmd_info.c). */
#include "cli/options.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/elsewhere.h"
#include "cli/hints.h"
#include "cli/recipe_file.h"
#include "cli/run_options.h"
#include "transform/recipe.h"

static int parse_help(const struct option *option, void *settings, const char *argument,
                      struct pm_error *error)
{
    (void)option, (void)settings, (void)argument, (void)error;
    return 1;
}

static const struct option help_option = {
    .name = "help", .letter = 'h', .help = "show this help", .parse = parse_help};

/* The row at *index of the backends' own options; or false, with their number subtracted from *index. */
static bool backend_row_at(size_t *index, size_t offset, struct option *option)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct option *row = (*backend)->options; row != NULL && row->name != NULL; row++) {
            if ((*index)-- > 0)
                continue;
            *option = *row;
            option->offset += offset;
            return true;
        }
    }
    return false;
}

/* The row at *index of a table; or false, with the number of its rows subtracted from *index. */
static bool row_at(const struct option_set *set, size_t *index, struct option *option)
{
    for (const struct option *row = set->own; row->name != NULL; row++) {
        if (row->kind == OPTION_BASE && row_at(set->base, index, option)) {
            option->of_base = true;
            return true;
        }
        if (row->kind == OPTION_BACKENDS && backend_row_at(index, row->offset, option)) {
            option->of_base = set->base != NULL;
            return true;
        }
        if ((row->kind == OPTION_OWN || row->kind == OPTION_SAME || row->kind == OPTION_LINES) &&
            (*index)-- == 0) {
            *option = *row;
            return true;
        }
    }
    return false;
}

/* Replaces *option by the row with its name in the table of the command that `set` is based on. */
static void find_same(const struct option_set *set, struct option *option)
{
    struct option row;
    for (size_t i = 0, at = 0; row_at(set->base, &at, &row); at = ++i) {
        if (strcmp(row.name, option->name) == 0) {
            *option = row;
            option->of_base = true;
            return;
        }
    }
    assert(!"a row is the same as one that is not there");
}

bool option_at(const struct option_set *set, size_t index, struct option *option)
{
    for (const struct filter *const *filter = filters; set->recipe && *filter != NULL; filter++) {
        if (index-- > 0)
            continue;
        *option = (struct option){.kind = OPTION_FILTER,
                                  .name = (*filter)->name,
                                  .argument = (*filter)->argument,
                                  .optional = (*filter)->omitted != NULL,
                                  .help = (*filter)->help,
                                  .example = (*filter)->example};
        return true;
    }
    struct recipe_setting setting;
    if (set->recipe && index < recipe_setting_count() && recipe_setting_at(index, &setting)) {
        *option = (struct option){.kind = setting.step ? OPTION_FILTER : OPTION_SETTING,
                                  .name = setting.name,
                                  .letter = setting.letter,
                                  .argument = setting.argument,
                                  .optional = setting.omitted != NULL,
                                  .choice = setting.choice,
                                  .help = setting.help,
                                  .example = setting.example};
        return true;
    }
    index -= set->recipe ? recipe_setting_count() : 0;
    if (row_at(set, &index, option)) {
        if (option->kind == OPTION_SAME)
            find_same(set, option);
        return true;
    }
    *option = help_option;
    return index == 0;
}

void option_title(const struct option *option, char *title, size_t size)
{
    char letter[] = {'-', option->letter, ',', ' ', '\0'};
    const char *before = option->optional ? "[=" : option->argument != NULL ? "=" : "";
    snprintf(title, size, "%s--%s%s%s%s", option->letter != 0 ? letter : "", option->name, before,
             option->argument != NULL ? option->argument : "", option->optional ? "]" : "");
}

const char *option_help(const struct option *option, char *text, size_t size)
{
    struct recipe_setting setting;
    if (option->kind == OPTION_SETTING && recipe_setting_find(option->name, &setting))
        return recipe_setting_help(&setting, text, size);
    snprintf(text, size, "%s", option->help);
    return text;
}

/* The option called name[length]. */
static bool find_name(const struct option_set *set, const char *name, size_t length, struct option *option)
{
    for (size_t i = 0; option_at(set, i, option); i++) {
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return true;
    }
    return false;
}

static bool find_letter(const struct option_set *set, char letter, struct option *option)
{
    for (size_t i = 0; option_at(set, i, option); i++) {
        if (option->letter == letter)
            return true;
    }
    return false;
}

/* Of an option of run that another command lacks. */
static const char only_run_has_it[] = "it is one of 'pixmill run'; --help lists those of this command";

static int unknown_name(const struct option_set *set, const char *name, size_t length, const char *value,
                        struct pm_error *error)
{
    char wrong[64];
    const char *words = elsewhere_option(set, name, length, value);
    if (words != NULL)
        return error_set(error, PM_ERROR_USAGE, "unknown option (%s)", words);
    snprintf(wrong, sizeof wrong, "%.*s", (int)length, name);
    struct suggestion suggestion = {.wrong = wrong};
    struct option option;
    for (size_t i = 0; option_at(set, i, &option); i++)
        suggest_consider(&suggestion, option.name);
    const bool of_run = find_name(&run_option_set, name, length, &option);
    return suggest_error(&suggestion, "option", "--", of_run ? only_run_has_it : "--help lists them", error);
}

static int apply_lines(const struct option_set *set, const struct option *option, const char *argument,
                       struct command_line *line, struct pm_error *error);

static int apply(const struct option_set *set, const struct option *option, const char *argument,
                 struct command_line *line, struct pm_error *error)
{
    if (option->kind == OPTION_LINES)
        return apply_lines(set, option, argument, line, error);
    int end = option->kind == OPTION_OWN ? option->parse(option, line->settings, argument, error)
                                         : recipe_add(line->recipe, option->name, argument, error);
    if (end == 0 && line->seen != NULL)
        line->seen(line->listener, option, argument);
    return end;
}

static int missing_argument(const struct option *option, struct pm_error *error)
{
    if (option->example != NULL)
        return error_set(error, PM_ERROR_USAGE, "needs an argument (%s; such as --%s=%s)", option->argument,
                         option->name, option->example);
    return error_set(error, PM_ERROR_USAGE, "needs an argument (%s)", option->argument);
}

/* Takes the next argument as the value of `option`; NULL with `error` filled if there is none. An option of
 * the command is no value: --journal --resize=50% would write a journal of that name, and resize nothing. */
static const char *next_value(const struct option_set *set, const struct option *option, int count,
                              char *const *arguments, int *at, struct pm_error *error)
{
    struct option other;
    const char *value = *at + 1 < count ? arguments[*at + 1] : NULL;
    if (value != NULL && strncmp(value, "--", 2) == 0 &&
        find_name(set, value + 2, strcspn(value + 2, "="), &other))
        value = NULL;
    if (value == NULL)
        missing_argument(option, error);
    *at += value != NULL;
    return value;
}

/* Notes the argument being parsed, for error messages; `value` is NULL when `argument` contains the value. */
static void blame(struct command_line *line, const char *argument, const char *value)
{
    snprintf(line->culprit, sizeof line->culprit, "%s%s%s", argument, value != NULL ? " " : "",
             value != NULL ? value : "");
}

/* arguments[*at] is "--name" or "--name=value"; *at is incremented when the value is the next argument. */
static int parse_long(const struct option_set *set, int count, char *const *arguments, int *at,
                      struct command_line *line, struct pm_error *error)
{
    const char *argument = arguments[*at], *name = argument + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    struct option option;
    blame(line, argument, NULL);
    if (!find_name(set, name, length, &option))
        return unknown_name(set, name, length, value == NULL && *at + 1 < count ? arguments[*at + 1] : value,
                            error);
    if (option.argument == NULL && value != NULL)
        return error_set(error, PM_ERROR_USAGE, "takes no argument (--%s)", option.name);
    if (option.argument != NULL && value == NULL && !option.optional) {
        value = next_value(set, &option, count, arguments, at, error);
        if (value == NULL)
            return -1;
        blame(line, argument, value);
    }
    return apply(set, &option, value, line, error);
}

/* Does a line of a file that was refused hold several steps, as a recipe's text does? Then says so. */
static void explain_slash(const struct option_set *set, const char *text, struct pm_error *error)
{
    struct option option;
    for (const char *at = text; (at = strchr(at, '/')) != NULL;) {
        const size_t length = strcspn(++at, "=/");
        if (!find_name(set, at, length, &option))
            continue;
        *error = (struct pm_error){0};
        error_set(error, PM_ERROR_USAGE,
                  "in a file, each step has a line of its own, without '/' (put %.64s on "
                  "the next line)",
                  at);
        return;
    }
}

/* --recipe with the name of a preset in place of a file's. */
static int missing_file(const struct option_set *set, const char *argument, struct pm_error *error)
{
    struct option preset;
    char word[64];
    const bool found = find_name(set, "preset", strlen("preset"), &preset);
    for (size_t i = 0; found && error->kind == PM_ERROR_IO && option_word(&preset, i, word); i++) {
        if (strcmp(word, argument) != 0)
            continue;
        *error = (struct pm_error){0};
        return error_set(error, PM_ERROR_USAGE,
                         "no such file (the recipe that comes with pixmill is --preset=%s)", word);
    }
    return -1;
}

/* The options of a file, in place of the option that names it. */
static int apply_lines(const struct option_set *set, const struct option *option, const char *argument,
                       struct command_line *line, struct pm_error *error)
{
    struct recipe_file file;
    char *text;
    int end = 0;
    if (line->in_file)
        return error_set(error, PM_ERROR_USAGE, "a recipe file can't name another");
    if (recipe_file_open(option, argument, &file, error) != 0)
        return missing_file(set, argument, error);
    line->in_file = true;
    while (end == 0 && (text = recipe_file_next(&file, &line->texts, error)) != NULL) {
        char *const arguments[] = {text};
        int at = 0;
        end = parse_long(set, 1, arguments, &at, line, error);
        if (end < 0) {
            explain_slash(set, text, error);
            snprintf(line->culprit, sizeof line->culprit, "--%s=%.64s, line %u: %.64s", option->name,
                     argument, file.number, text + 2);
        }
    }
    line->in_file = false;
    recipe_file_close(&file);
    return error->kind != PM_OK ? -1 : end;
}

/* The error for an unknown letter in `argument`, which may be a word (as in ImageMagick's -resize) or a
 * file's name. */
static int unknown_letter(const struct option_set *set, const char *argument, const char *value, char letter,
                          struct command_line *line, struct pm_error *error)
{
    const char *name = argument + 1;
    size_t length = strcspn(name, "=");
    struct option option;
    if (length > 1 && find_name(set, name, length, &option))
        return error_set(error, PM_ERROR_USAGE, "unknown option (did you mean --%s?)", option.name);
    const char *words = elsewhere_option(set, name, length, name[length] == '=' ? name + length + 1 : value);
    if (words == NULL && letter == *name)
        words = elsewhere_option(set, name, 1, NULL);
    if (words != NULL)
        return error_set(error, PM_ERROR_USAGE, "unknown option (%s)", words);
    if (access(argument, F_OK) == 0)
        return error_set(error, PM_ERROR_USAGE, "unknown option (the file of that name is ./%s)", argument);
    blame(line, (const char[]){'-', letter, '\0'}, NULL);
    return error_set(error, PM_ERROR_USAGE, "unknown option (%s)",
                     find_letter(&run_option_set, letter, &option) ? only_run_has_it : "--help lists them");
}

/* arguments[*at] is "-abc": letters; one that takes a value has the rest, or the next argument, as its value.
 */
static int parse_letters(const struct option_set *set, int count, char *const *arguments, int *at,
                         struct command_line *line, struct pm_error *error)
{
    const char *argument = arguments[*at];
    for (const char *letter = argument + 1; *letter != '\0'; letter++) {
        struct option option;
        blame(line, argument, NULL);
        if (!find_letter(set, *letter, &option))
            return unknown_letter(set, argument, *at + 1 < count ? arguments[*at + 1] : NULL, *letter, line,
                                  error);
        if (option.argument == NULL) {
            int end = apply(set, &option, NULL, line, error);
            if (end != 0)
                return end;
            continue;
        }
        const char *value = letter + 1;
        if (*value == '\0') {
            value = next_value(set, &option, count, arguments, at, error);
            if (value == NULL)
                return -1;
            blame(line, argument, value);
        }
        return apply(set, &option, value, line, error);
    }
    return 0;
}

enum parse_end options_parse(const struct option_set *set, int count, char *const *arguments,
                             struct command_line *line, struct pm_error *error)
{
    bool options_ended = false;
    for (int at = 0; at < count; at++) {
        const char *argument = arguments[at];
        int end = 0;
        if (options_ended || argument[0] != '-' || argument[1] == '\0')
            line->operands[line->noperands++] = argument;
        else if (strcmp(argument, "--") == 0)
            options_ended = true;
        else if (argument[1] == '-')
            end = parse_long(set, count, arguments, &at, line, error);
        else
            end = parse_letters(set, count, arguments, &at, line, error);
        if (end != 0)
            return end > 0 ? PARSE_HELP : PARSE_WRONG;
    }
    return PARSE_OK;
}
