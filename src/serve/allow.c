#include "serve/allow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/names.h"
#include "base/set.h"
#include "transform/recipe.h"

/* What is compared: a letter that says who chooses the format, and the canonical text. */
enum { KEY_MAX = RECIPE_TEXT_MAX + 1 };

struct allow {
    struct set set;
    struct names names;
    struct buffer written; /* the recipes as written, each with its NUL */
};

static void make_key(const char *canonical, bool auto_format, char key[KEY_MAX])
{
    snprintf(key, KEY_MAX, "%c%s", auto_format ? 'a' : '-', canonical);
}

/* Removes "format=auto" from a recipe's text: it is not a recipe's setting. True when it was there. */
static bool take_auto(char *text)
{
    static const char step[] = "format=auto";
    for (char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "/");
        char *next = at + length + (at[length] == '/');
        if (length == sizeof step - 1 && memcmp(at, step, length) == 0) {
            if (*next == '\0' && at > text)
                at[-1] = '\0';
            else
                memmove(at, next, strlen(next) + 1);
            return true;
        }
        at = next;
    }
    return false;
}

/* Removes a comment, and white space at both ends. A comment begins with a "#" at the beginning or after
 * white space, so background=#ffffff contains none. */
static char *bare(char *line)
{
    for (char *at = line; (at = strchr(at, '#')) != NULL; at++) {
        if (at == line || at[-1] == ' ' || at[-1] == '\t') {
            *at = '\0';
            break;
        }
    }
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
        line[--length] = '\0';
    return line + (*line == '/');
}

static int add(struct allow *allow, char *text, struct pm_error *error)
{
    char canonical[RECIPE_TEXT_MAX], key[KEY_MAX];
    if (buffer_append(&allow->written, text, strlen(text) + 1) != 0)
        return error_memory(error, 0);
    bool auto_format = take_auto(text);
    struct pm_recipe *recipe = pm_recipe_parse(strcmp(text, "-") == 0 ? "" : text, error);
    if (recipe == NULL)
        return -1;
    int length = pm_recipe_text(recipe, canonical, sizeof canonical);
    pm_recipe_free(recipe);
    if (length < 0)
        return error_set(error, PM_ERROR_USAGE, "the recipe is too long");
    make_key(canonical, auto_format, key);
    const char *name = names_add(&allow->names, key, strlen(key));
    return name != NULL && set_put(&allow->set, name) == 0 ? 0 : error_memory(error, 0);
}

static int read_lines(struct allow *allow, FILE *file, struct pm_error *error)
{
    char *line = NULL;
    size_t room = 0, number = 0;
    int status = 0;
    while (status == 0 && getline(&line, &room, file) >= 0) {
        struct pm_error why = {0};
        char *text = bare(line);
        number++;
        if (*text != '\0' && add(allow, text, &why) != 0)
            status = error_set(error, why.kind, "line %zu: %s", number, why.message);
    }
    if (status == 0 && ferror(file))
        status = error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    free(line);
    return status;
}

struct allow *allow_open(const char *path, struct pm_error *error)
{
    struct allow *allow = calloc(1, sizeof *allow);
    FILE *file = allow != NULL ? fopen(path, "re") : NULL;
    if (file == NULL) {
        if (allow == NULL)
            error_memory(error, sizeof *allow);
        else
            error_set(error, PM_ERROR_IO, "can't be opened: %s (check its name)", strerror(errno));
        free(allow);
        return NULL;
    }
    set_init_texts(&allow->set);
    int status = read_lines(allow, file, error);
    fclose(file);
    if (status == 0)
        return allow;
    allow_close(allow);
    return NULL;
}

void allow_close(struct allow *allow)
{
    if (allow == NULL)
        return;
    set_free(&allow->set);
    names_free(&allow->names);
    buffer_free(&allow->written);
    free(allow);
}

const char *allow_next(const struct allow *allow, const char *recipe)
{
    const char *first = (const char *)allow->written.data;
    size_t at = recipe != NULL ? (size_t)(recipe - first) + strlen(recipe) + 1 : 0;
    return at < allow->written.size ? first + at : NULL;
}

bool allow_has(const struct allow *allow, const char *canonical, bool auto_format)
{
    char key[KEY_MAX];
    make_key(canonical, auto_format, key);
    return set_find(&allow->set, key) != NULL;
}
