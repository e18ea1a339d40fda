#include "base/option.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/values.h"

/* The part of an argument that is words, of lower-case letters and digits: all of "a|b|c" and of "a,b,c",
 * "a|b" of "a|b|NUMBER[,c]"; 0: none. */
static size_t words_length(const char *argument)
{
    size_t length = 0, end = 0;
    if (argument == NULL || strpbrk(argument, "|,") == NULL)
        return 0;
    while (islower((unsigned char)argument[end]) || isdigit((unsigned char)argument[end]) ||
           (argument[end] != '\0' && strchr("|,-", argument[end]) != NULL)) {
        length = argument[end] == '|' ? end : length;
        end++;
    }
    return argument[end] == '\0' ? end : length;
}

static bool argument_word(const char *argument, size_t index, char word[64])
{
    size_t rest = words_length(argument);
    for (; rest > 0 && index > 0; index--) {
        const size_t length = strcspn(argument, "|,");
        if (length >= rest)
            return false;
        argument += length + 1;
        rest -= length + 1;
    }
    if (rest == 0)
        return false;
    const size_t length = strcspn(argument, "|,");
    snprintf(word, 64, "%.*s", (int)(length < rest ? length : rest), argument);
    return true;
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

bool option_takes_list(const struct option *option)
{
    char word[64];
    return option_word(option, 0, word) &&
           (strcmp(option->argument, "LIST") == 0 ||
            memchr(option->argument, ',', words_length(option->argument)) != NULL);
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
