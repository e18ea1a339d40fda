#include "cli/recipe_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/find_part.h"
#include "io/file.h"

enum { SIZE_MAX_BYTES = 64 << 10 };

int recipe_file_open(const struct option *option, const char *argument, struct recipe_file *file,
                     struct pm_error *error)
{
    char path[PATH_MAX], name[64];
    *file = (struct recipe_file){0};
    if (strcmp(option->name, "preset") == 0) {
        if (option_find_word(option, argument, error) < 0)
            return -1;
        snprintf(name, sizeof name, "%s.recipe", argument);
        if (find_shared(name, path, error) != 0)
            return -1;
        argument = path;
    }
    int status = file_load(argument, SIZE_MAX_BYTES, &file->text, error);
    if (status == 0 && memchr(file->text.data, '\0', file->text.size) != NULL)
        status = error_set(error, PM_ERROR_USAGE, "is not a recipe (a text, one option a line)");
    if (status != 0)
        recipe_file_close(file);
    return status;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

char *recipe_file_next(struct recipe_file *file, struct names *names, struct pm_error *error)
{
    const char *text = (const char *)file->text.data;
    while (file->at < file->text.size) {
        const char *line = text + file->at, *end = memchr(line, '\n', file->text.size - file->at);
        size_t length = end != NULL ? (size_t)(end - line) : file->text.size - file->at;
        file->at += length + 1;
        file->number++;
        for (; length > 0 && is_blank(line[length - 1]); length--)
            ;
        for (; length > 0 && is_blank(*line); length--)
            line++;
        if (length == 0 || *line == '#')
            continue;
        if (length > 2 && line[0] == '-' && line[1] == '-') {
            line += 2;
            length -= 2;
        }
        char *argument = names_alloc(names, length + sizeof "--");
        if (argument == NULL) {
            error_memory(error, length);
            return NULL;
        }
        memcpy(argument, "--", 2);
        memcpy(argument + 2, line, length);
        argument[length + 2] = '\0';
        return argument;
    }
    return NULL;
}

void recipe_file_close(struct recipe_file *file)
{
    buffer_free(&file->text);
}
