#include "cli/completion.h"

#include <string.h>

#include "cli/help.h"
#include "cli/run_options.h"
#include "color/css_color.h"
#include "filter/filter.h"

/* The text of an option's argument as --help shows it, "keep|srgb|FILE.icc[,none]", names what can't be
 * listed in capitals: FILE, DIR, FOLDER, COLOR. */
static bool is_placeholder(const char *text, const char *name)
{
    return strncmp(text, name, strlen(name)) == 0;
}

/* The alternative at `index` in an argument's text before its brackets; false past the last. */
static bool alternative_at(const char *argument, size_t index, char word[COMPLETION_WORD_MAX])
{
    const size_t size = strcspn(argument, "[");
    size_t at = 0;
    for (; index > 0 && at < size; index--)
        at += strcspn(argument + at, "|,[") + 1;
    if (at >= size)
        return false;
    snprintf(word, COMPLETION_WORD_MAX, "%.*s", (int)strcspn(argument + at, "|,["), argument + at);
    return true;
}

static bool has_placeholder(const char *argument, const char *name)
{
    char alternative[COMPLETION_WORD_MAX];
    for (size_t i = 0; alternative_at(argument, i, alternative); i++) {
        if (is_placeholder(alternative, name))
            return true;
    }
    return false;
}

/* The part at `index` of an argument's text, "[,none]": in lower case, and without a value. */
static bool bracket_at(const char *argument, size_t index, char part[COMPLETION_WORD_MAX])
{
    for (const char *at = argument; (at = strstr(at, "[,")) != NULL; at++) {
        const size_t length = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
        if (at[2 + length] != ']' || index-- > 0)
            continue;
        snprintf(part, COMPLETION_WORD_MAX, "%.*s", (int)length, at + 2);
        return true;
    }
    return false;
}

/* Are they equal but for hyphens? */
static bool is_spelling(const char *a, const char *b)
{
    for (; *a != '\0' || *b != '\0'; a++, b++) {
        while (*a == '-')
            a++;
        while (*b == '-')
            b++;
        if (*a != *b)
            return false;
    }
    return true;
}

/* The words of a parameter, each in the first of its spellings: "top-right", not "topright". */
static const char *param_word(const struct param *row, size_t index)
{
    for (const struct param_word *word = row->words; word->word != NULL; word++) {
        const struct param_word *first = row->words;
        while (!is_spelling(first->word, word->word))
            first++;
        if (first == word && index-- == 0)
            return word->word;
    }
    return NULL;
}

/* The rows of a filter's argument; NULL for other options. */
static const struct param *rows_of(const struct option *option)
{
    const struct filter *filter = option->kind == OPTION_FILTER ? filter_find(option->name) : NULL;
    return filter != NULL ? filter->params : NULL;
}

/* The words of a table; beyond its end, which `choice` is not asked for, the pairs "threads+async". */
static bool listed_word(const struct option *option, size_t index, char word[COMPLETION_WORD_MAX])
{
    size_t words = 0, joined = 0;
    if (option->joined == NULL)
        return option_word(option, index, word);
    while (option->choice(words) != NULL)
        words++;
    while (option->joined(joined) != NULL)
        joined++;
    if (index < words)
        return option_word(option, index, word);
    if (index - words >= words * joined)
        return false;
    snprintf(word, COMPLETION_WORD_MAX, "%s+%s", option->choice((index - words) / joined),
             option->joined((index - words) % joined));
    return true;
}

bool completion_word(const struct option *option, size_t index, char word[COMPLETION_WORD_MAX])
{
    const struct param *rows = rows_of(option);
    const char *found = NULL;
    if (option->argument == NULL)
        return false;
    if (has_placeholder(option->argument, "COLOR"))
        found = css_color_name(index);
    else if (rows != NULL && rows->kind == PARAM_WORD)
        found = param_word(rows, index);
    else
        return listed_word(option, index, word);
    if (found != NULL)
        snprintf(word, COMPLETION_WORD_MAX, "%s", found);
    return found != NULL;
}

/* Does the argument's text say that the parameter `name` is a colour? */
static bool is_color(const char *argument, const char *name)
{
    char text[COMPLETION_WORD_MAX];
    snprintf(text, sizeof text, ",%s=COLOR", name);
    return strstr(argument, text) != NULL;
}

/* The part at *index of one parameter; or false, with the number of its parts subtracted from *index. */
static bool parameter_at(const char *argument, const struct param *row, size_t *index,
                         char part[COMPLETION_WORD_MAX])
{
    const bool color = is_color(argument, row->name);
    const char *word;
    size_t i = 0;
    if (row->kind != PARAM_WORD && !color) {
        snprintf(part, COMPLETION_WORD_MAX, "%s%s", row->name, row->kind == PARAM_FLAG ? "" : "=");
        return (*index)-- == 0;
    }
    for (; (word = color ? css_color_name(i) : param_word(row, i)) != NULL; i++) {
        snprintf(part, COMPLETION_WORD_MAX, "%s=%s", row->name, word);
        if ((*index)-- == 0)
            return true;
    }
    return false;
}

bool completion_part(const struct option *option, size_t index, char part[COMPLETION_WORD_MAX])
{
    const struct param *rows = rows_of(option);
    if (option->argument == NULL)
        return false;
    if (option_takes_list(option))
        return completion_word(option, index, part);
    if (rows == NULL)
        return bracket_at(option->argument, index, part);
    for (const struct param *row = rows + 1; row->name != NULL; row++) {
        if (parameter_at(option->argument, row, &index, part))
            return true;
    }
    return false;
}

struct completion completion_of(const struct option *option)
{
    struct completion completion = {.takes = option->argument != NULL, .attached = option->optional};
    char word[COMPLETION_WORD_MAX];
    if (!completion.takes)
        return completion;
    if (has_placeholder(option->argument, "FILE"))
        completion.paths = COMPLETION_FILES;
    else if (has_placeholder(option->argument, "DIR") || has_placeholder(option->argument, "FOLDER"))
        completion.paths = COMPLETION_FOLDERS;
    completion.words = completion_word(option, 0, word);
    completion.parts = completion_part(option, 0, word);
    return completion;
}

void completion_write_words(FILE *out, const struct option *option)
{
    char word[COMPLETION_WORD_MAX];
    for (size_t i = 0; completion_word(option, i, word); i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", word);
}

void completion_write_parts(FILE *out, const struct option *option)
{
    char part[COMPLETION_WORD_MAX];
    for (size_t i = 0; completion_part(option, i, part); i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", part);
}

void completion_write_topics(FILE *out)
{
    const char *separator = "";
    for (const struct command *command = commands; command->name != NULL; command++, separator = " ")
        fprintf(out, "%s%s", separator, command->name);
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        fprintf(out, " %s", topic->name);
    struct option option;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind == OPTION_FILTER)
            fprintf(out, " %s", option.name);
    }
}

bool completion_takes_topics(const struct command *command)
{
    return command->options == &help_option_set;
}

bool completion_takes_inputs(const struct command *command)
{
    return strstr(command->synopsis, "INPUT") != NULL;
}

void completion_write_quoted(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}
