#include "cli/suggest_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/run_options.h"

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The option of run that `word` is: by its name, or by its first letter. */
static bool find_option(const char *word, struct option *option)
{
    const size_t length = strcspn(word, "=");
    for (size_t i = 0; is_option(word) && option_at(&run_option_set, i, option); i++) {
        if (word[1] != '-' && word[1] == option->letter)
            return true;
        if (word[1] == '-' && strlen(option->name) == length - 2 &&
            memcmp(option->name, word + 2, length - 2) == 0)
            return true;
    }
    return false;
}

bool suggest_belongs_to_run(const char *word)
{
    struct option option;
    if (is_option(word))
        return find_option(word, &option);
    return strcmp(word, "-") == 0 || access(word, F_OK) == 0;
}

/* Is the value of the option that `word` is the next word? */
static bool has_value_behind(const char *word, const struct option *option)
{
    if (option->argument == NULL || option->optional)
        return false;
    return word[1] == '-' ? strchr(word, '=') == NULL : word[2] == '\0';
}

/* What a run can't do without. */
struct parts {
    bool input, output;
};

static struct parts find_parts(int argc, char *const *argv)
{
    static const char *const places[] = {"output", "in-place", "help"};
    struct parts parts = {false, false};
    for (int i = 1; i < argc; i++) {
        struct option option;
        if (!is_option(argv[i]))
            parts.input = true;
        else if (find_option(argv[i], &option)) {
            for (size_t k = 0; k < sizeof places / sizeof *places; k++)
                parts.output |= strcmp(option.name, places[k]) == 0;
            i += has_value_behind(argv[i], &option) ? 1 : 0;
        }
    }
    return parts;
}

/* Would a terminal show the word as it is? */
static bool is_shown(const char *word)
{
    char shown[128];
    return strcmp(text_shown(word, shown, sizeof shown), word) == 0;
}

bool suggest_run(int argc, char *const *argv, char *text, size_t size)
{
    const struct parts parts = find_parts(argc, argv);
    bool well = parts.input;
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL)
        return false;
    fputs("pixmill run", out);
    for (int i = 1; i < argc && well; i++) {
        well = is_shown(argv[i]);
        putc(' ', out);
        text_quote(out, argv[i]);
    }
    fputs(parts.output ? "" : " -o out/", out);
    well &= ftell(out) < (long)size;
    return fclose(out) == 0 && well;
}
