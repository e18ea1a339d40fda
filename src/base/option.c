#include "base/option.h"

#include <stdio.h>
#include <string.h>

#include "base/values.h"

/* Is text[length] a word as it is typed, not the name of a value, such as N or FILE? */
static bool is_word(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    return length > 0 && strspn(text, allowed) >= length;
}

/* "a|b|c" and "a,b,c" have three words, "a|b|N" two, "N" and "1..100" none. */
static bool argument_word(const char *argument, size_t index, char word[64])
{
    if (argument == NULL || strpbrk(argument, "|,") == NULL)
        return false;
    const size_t size = strcspn(argument, "[");
    for (size_t at = 0; at < size;) {
        const size_t length = strcspn(argument + at, "|,[");
        if (is_word(argument + at, length) && index-- == 0) {
            snprintf(word, 64, "%.*s", (int)length, argument + at);
            return true;
        }
        at += length + 1;
    }
    return false;
}

bool option_word(const struct option *option, size_t index, char word[64])
{
    if (option->choice == NULL)
        return argument_word(option->argument, index, word);
    const char *choice = option->choice(index);
    if (choice == NULL)
        return false;
    snprintf(word, 64, "%s", choice);
    return true;
}

/* "a,b,c" and "NAME[,NAME...]", but not "a|b[,c]". */
static bool argument_is_list(const char *argument)
{
    return strchr(argument, '|') == NULL && strchr(argument, ',') != NULL;
}

bool option_takes_list(const struct option *option)
{
    char word[64];
    return option_word(option, 0, word) &&
           (strcmp(option->argument, "LIST") == 0 || argument_is_list(option->argument));
}

int option_flag(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    (void)argument, (void)error;
    *(bool *)((char *)settings + option->offset) = true;
    return 0;
}

int option_path(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    if (argument[0] == '\0')
        return error_set(error, PM_ERROR_USAGE, "is empty (needs a path)");
    *(const char **)((char *)settings + option->offset) = argument;
    return 0;
}

int option_count(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    uint64_t count;
    if (value_count(argument, option->min, option->max, &count, error) != 0)
        return -1;
    *(unsigned *)(void *)((char *)settings + option->offset) = (unsigned)count;
    return 0;
}

int option_large_count(const struct option *option, void *settings, const char *argument,
                       struct pm_error *error)
{
    return value_count(argument, option->min, option->max,
                       (uint64_t *)(void *)((char *)settings + option->offset), error);
}

int option_size(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    return value_size(argument, (uint64_t *)(void *)((char *)settings + option->offset), error);
}

int option_seconds(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    return value_seconds(argument, (double *)(void *)((char *)settings + option->offset), error);
}

int option_milliseconds(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error)
{
    return value_milliseconds(argument, (double *)(void *)((char *)settings + option->offset), error);
}

int option_find_word(const struct option *option, const char *argument, struct pm_error *error)
{
    char word[64], known[160] = "";
    for (int index = 0; option_word(option, (size_t)index, word); index++) {
        if (strcmp(word, argument) == 0)
            return index;
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", word);
    }
    return error_set(error, PM_ERROR_USAGE, "is not known (one of: %s)", known);
}

int option_enum(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    *(unsigned *)((char *)settings + option->offset) = (unsigned)index;
    return 0;
}
