/*
 * Recipes: parsing, canonical text, checks of the whole recipe, and its form as bytes for another process. A
 * word is looked up among the filters, then among the settings (settings.c).
 */
#include "transform/recipe.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "codec/sealed/sealed.h"
#include "transform/elsewhere.h"
#include "transform/pictures.h"
#include "transform/target.h"

void recipe_init(struct pm_recipe *recipe)
{
    memset(recipe, 0, sizeof *recipe); /* padding included: recipes are sent to other processes as bytes */
    memset(recipe->background, 255, sizeof recipe->background);
    for (int i = 0; codecs[i] != NULL; i++)
        codec_options_init(codecs[i], recipe->options[i].bytes);
}

void recipe_step_follows(struct pm_recipe *recipe)
{
    if (recipe->encrypts && recipe->order == RECIPE_IN_ORDER)
        recipe->order = RECIPE_ENCRYPT_EARLY;
}

/* Escapes, in a name, for characters that have a meaning in a recipe. */
static const struct {
    char character, escape[4];
} escapes[] = {{'/', "%2F"}, {',', "%2C"}, {'%', "%25"}};
enum { ESCAPES = sizeof escapes / sizeof *escapes, ESCAPE_LENGTH = 3 };

/* Decodes the first character of text[length]; *used is the number of bytes read. */
static char unescape(const char *text, size_t length, size_t *used)
{
    for (int i = 0; i < ESCAPES; i++) {
        *used = ESCAPE_LENGTH;
        if (length >= ESCAPE_LENGTH && strncasecmp(text, escapes[i].escape, ESCAPE_LENGTH) == 0)
            return escapes[i].character;
    }
    *used = 1;
    return *text;
}

int recipe_add_name(struct pm_recipe *recipe, const char *owner, const char *argument, uint32_t *at,
                    struct pm_error *error)
{
    const size_t length = strcspn(argument, ",");
    size_t end = recipe->names_size, used;
    *at = recipe->names_size;
    if (length == 0)
        return error_set(error, PM_ERROR_USAGE, "%s needs a file (%s=FILE)", owner, owner);
    for (size_t i = 0; i < length && end < RECIPE_NAMES_MAX; i += used)
        recipe->names[end++] = unescape(argument + i, length - i, &used);
    if (end == RECIPE_NAMES_MAX)
        return error_limit(error, RECIPE_NAMES_MAX - 1, length,
                           "the names of pictures are too long (at most %d bytes in all)",
                           RECIPE_NAMES_MAX - 1);
    recipe->names[end++] = '\0';
    recipe->names_size = (uint32_t)end;
    return 0;
}

void recipe_escape_name(const char *name, char *text)
{
    _Static_assert(RECIPE_NAME_TEXT_MAX >= ESCAPE_LENGTH * RECIPE_NAMES_MAX,
                   "every character may be escaped");
    for (; *name != '\0'; name++) {
        int i = 0;
        while (i < ESCAPES && escapes[i].character != *name)
            i++;
        if (i == ESCAPES)
            *text++ = *name;
        else
            text = stpcpy(text, escapes[i].escape);
    }
    *text = '\0';
}

const char *recipe_picture_owner(const struct pm_recipe *recipe, size_t step)
{
    return step == recipe->nsteps ? "profile" : recipe->steps[step].filter->name;
}

static int recipe_add_step(struct pm_recipe *recipe, const struct filter *filter, const char *argument,
                           struct pm_error *error)
{
    if (recipe->nsteps == RECIPE_STEPS_MAX)
        return error_limit(error, RECIPE_STEPS_MAX, recipe->nsteps + 1, "too many steps (at most %d)",
                           RECIPE_STEPS_MAX);
    if (argument == NULL)
        argument = filter->omitted;
    if (filter->argument == NULL && argument != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s takes no argument (%s alone)", filter->name,
                         filter->name);
    if (filter->omitted != NULL && *argument == '\0')
        return error_set(error, PM_ERROR_USAGE, "%s needs a value after = (%s alone, or %s=%s)", filter->name,
                         filter->name, filter->name, filter->argument);
    if (filter->argument != NULL && (argument == NULL || *argument == '\0'))
        return error_set(error, PM_ERROR_USAGE, "%s needs an argument (%s=%s)", filter->name, filter->name,
                         filter->argument);
    struct recipe_step *step = &recipe->steps[recipe->nsteps];
    step->filter = filter;
    const uint32_t names_size = recipe->names_size;
    if (filter_parse(filter, argument, step->params, error) != 0)
        return -1;
    if (filter->picture && recipe_add_name(recipe, filter->name, argument, &step->name, error) != 0) {
        recipe->names_size = names_size;
        return -1;
    }
    recipe_step_follows(recipe);
    recipe->nsteps++;
    return 0;
}

/* Sets the option for every codec that has it: the result's format may not be known yet. */
static int recipe_add_option(struct pm_recipe *recipe, const char *name, const char *argument,
                             struct pm_error *error)
{
    for (int i = 0; codecs[i] != NULL; i++) {
        if (codec_option_set(codecs[i], recipe->options[i].bytes, name, argument, error) != 0)
            return -1;
    }
    recipe->options_given |= (uint32_t)1 << codec_option_index(name);
    return 0;
}

/* Makes `name` the nearest to `word` if it is at most two typing errors away and nearer than *nearest. */
static void consider(const char *word, const char *name, const char **nearest)
{
    const size_t distance = text_distance(word, name);
    const size_t before = *nearest != NULL ? text_distance(word, *nearest) : 3;
    if (distance < before && distance < strlen(name))
        *nearest = name;
}

static int unknown_step(const char *word, const char *argument, struct pm_error *error)
{
    char said[192];
    const char *nearest = NULL;
    struct recipe_setting setting;
    if (elsewhere_step(word, argument, said, sizeof said) != NULL)
        return error_set(error, PM_ERROR_USAGE, "unknown step '%.64s' (%s)", word, said);
    for (const struct filter *const *filter = filters; *filter != NULL; filter++)
        consider(word, (*filter)->name, &nearest);
    for (size_t i = 0; recipe_setting_at(i, &setting); i++)
        consider(word, setting.name, &nearest);
    if (nearest != NULL)
        return error_set(error, PM_ERROR_USAGE, "unknown step '%.64s' (did you mean %s?)", word, nearest);
    return error_set(error, PM_ERROR_USAGE, "unknown step '%.64s' (see pixmill help filters)", word);
}

int recipe_add(struct pm_recipe *recipe, const char *word, const char *argument, struct pm_error *error)
{
    const struct filter *filter = filter_find(word);
    if (filter != NULL)
        return recipe_add_step(recipe, filter, argument, error);
    struct recipe_setting setting;
    if (!recipe_setting_find(word, &setting))
        return unknown_step(word, argument, error);
    if (setting.argument == NULL && argument != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s takes no argument (%s alone)", word, word);
    if (argument == NULL)
        argument = setting.omitted;
    if (setting.argument != NULL && argument == NULL)
        return error_set(error, PM_ERROR_USAGE, "%s needs an argument (%s=%s)", word, word, setting.argument);
    if (setting.option != NULL)
        return recipe_add_option(recipe, word, argument, error);
    return setting.parse(recipe, argument, error);
}

const char *recipe_next_unused(const struct pm_recipe *recipe, uint32_t formats, size_t *index)
{
    const struct param *row;
    while ((row = codec_option_at(*index)) != NULL) {
        bool unused = (recipe->options_given >> *index & 1) != 0;
        for (int i = 0; codecs[i] != NULL; i++)
            unused = unused && ((formats >> i & 1) == 0 || codec_option_row(codecs[i], row->name) == NULL);
        ++*index;
        if (unused)
            return row->name;
    }
    return NULL;
}

/* Options that are preferences (`optional`) are ignored by formats that lack them; others are errors: a
 * result requested as lossless must not be lossy. */
static int check_options(const struct pm_recipe *recipe, struct pm_error *error)
{
    const struct codec *format = recipe_result_format(recipe);
    const char *name;
    if (format == NULL)
        return 0;
    for (size_t i = 0; (name = recipe_next_unused(recipe, 1u << codec_index(format), &i)) != NULL;) {
        char owners[128];
        if (!codec_option_at((size_t)codec_option_index(name))->optional)
            return error_set(error, PM_ERROR_USAGE, "%s is not an option of %s (only of: %s)", name,
                             format->name, codec_option_owners(name, owners, sizeof owners));
    }
    return 0;
}

/* An encrypted image is noise, which has its samples' size in any case. */
static int check_sealed(const struct pm_recipe *recipe, struct pm_error *error)
{
    static const char *const refused[] = {"palette", "progressive"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if ((recipe->options_given >> codec_option_index(refused[i]) & 1) != 0)
            return error_set(error, PM_ERROR_USAGE, "an encrypted image is stored as it is (omit %s)",
                             refused[i]);
    }
    return 0;
}

int recipe_check(const struct pm_recipe *recipe, struct pm_error *error)
{
    if (recipe->order == RECIPE_DECRYPT_LATE)
        return error_set(error, PM_ERROR_USAGE, "decrypt must be the first step (put it before the others)");
    if (recipe->order == RECIPE_ENCRYPT_EARLY)
        return error_set(error, PM_ERROR_USAGE, "encrypt must be the last step (put it after the others)");
    if (recipe->encrypts && recipe->format != NULL && recipe->format != sealed_codec)
        return error_set(error, PM_ERROR_USAGE, "encrypt writes PNG, not %s (leave the format out)",
                         recipe->format->name);
    if (recipe->encrypts && recipe->options_given != 0 && check_sealed(recipe, error) != 0)
        return -1;
    if (recipe->nformats > 0)
        return error_set(error, PM_ERROR_USAGE,
                         "several formats need several results (only pixmill run has them)");
    const struct codec *format = recipe_result_format(recipe);
    if (format != NULL && recipe->target_size > 0 && target_check(recipe, format, error) != 0) {
        error->kind = PM_ERROR_USAGE;
        return -1;
    }
    return check_options(recipe, error);
}

/* Adds the step or setting in word[length], "name" or "name=argument". */
static int recipe_add_word(struct pm_recipe *recipe, const char *word, size_t length, struct pm_error *error)
{
    char copy[RECIPE_NAMES_MAX + 128];
    if (length >= sizeof copy)
        return error_set(error, PM_ERROR_USAGE, "a step of the recipe is too long (at most %zu bytes)",
                         sizeof copy - 1);
    memcpy(copy, word, length);
    copy[length] = '\0';
    char *argument = strchr(copy, '=');
    if (argument != NULL)
        *argument++ = '\0';
    return recipe_add(recipe, copy, argument, error);
}

int recipe_add_text(struct pm_recipe *recipe, const char *text, struct pm_error *error)
{
    int status = 0;
    for (const char *word = text; status == 0 && *word != '\0';) {
        size_t length = strcspn(word, "/");
        status = recipe_add_word(recipe, word, length, error);
        word += length + (word[length] == '/');
    }
    return status;
}

void recipe_choose_format(struct pm_recipe *recipe, size_t index)
{
    if (recipe->nformats == 0)
        return;
    recipe->format = recipe->formats[index] != FORMAT_SAME ? codec_at(recipe->formats[index]) : NULL;
    recipe->nformats = 0;
    memset(recipe->formats, 0, sizeof recipe->formats);
}

struct pm_recipe *pm_recipe_parse(const char *text, struct pm_error *error)
{
    struct pm_recipe *recipe = malloc(sizeof *recipe);
    if (recipe == NULL) {
        error_memory(error, sizeof *recipe);
        return NULL;
    }
    recipe_init(recipe);
    if (recipe_add_text(recipe, text, error) != 0 || recipe_check(recipe, error) != 0) {
        free(recipe);
        return NULL;
    }
    return recipe;
}

/* Appends `more` to text[size], of which *length bytes are used; false if it does not fit. */
static bool append(char *text, size_t size, size_t *length, const char *more)
{
    size_t added = strlen(more);
    if (added >= size - *length)
        return false;
    memcpy(text + *length, more, added + 1);
    *length += added;
    return true;
}

/* Appends "name" or "name=argument". */
static bool append_word(char *text, size_t size, size_t *length, const char *name, const char *argument)
{
    return (*length == 0 || append(text, size, length, "/")) && append(text, size, length, name) &&
           (*argument == '\0' || (append(text, size, length, "=") && append(text, size, length, argument)));
}

/* Prints the option's argument into text[size]; false if it is the default in all codecs that may write the
 * result. */
static bool print_option(const struct pm_recipe *recipe, const char *name, char *text, size_t size)
{
    const struct codec *format = recipe_result_format(recipe);
    bool differs = false;
    for (int i = 0; codecs[i] != NULL && !differs; i++) {
        const struct param *row = codec_option_row(codecs[i], name);
        if (row != NULL && (format == NULL || format == codecs[i]))
            differs = param_print(row, recipe->options[i].bytes, text, size);
    }
    return differs;
}

int pm_recipe_text(const struct pm_recipe *recipe, char *text, size_t size)
{
    size_t length = 0;
    char argument[RECIPE_NAME_TEXT_MAX];
    if (size == 0)
        return -1;
    text[0] = '\0';
    if (recipe->decrypts && !append_word(text, size, &length, "decrypt", ""))
        return -1;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        const struct recipe_step *step = &recipe->steps[i];
        const char *file = recipe_picture_name(recipe, i);
        char name[RECIPE_NAME_TEXT_MAX] = "";
        filter_print(step->filter, step->params, argument, sizeof argument);
        if (file != NULL)
            recipe_escape_name(file, name);
        if (!append_word(text, size, &length, step->filter->name, file != NULL ? name : argument) ||
            (file != NULL && !append(text, size, &length, argument)))
            return -1;
    }
    if (recipe->encrypts && !append_word(text, size, &length, "encrypt", ""))
        return -1;
    struct recipe_setting setting;
    for (size_t i = 0; recipe_setting_at(i, &setting); i++) {
        if (setting.step)
            continue;
        argument[0] = '\0';
        const bool differs = setting.option != NULL
                                 ? print_option(recipe, setting.name, argument, sizeof argument)
                                 : setting.print(recipe, argument, sizeof argument);
        if (differs && !append_word(text, size, &length, setting.name, argument))
            return -1;
    }
    return (int)length;
}

int pm_recipe_set_picture(struct pm_recipe *recipe, const char *name, const uint8_t *data, size_t size,
                          struct pm_error *error)
{
    if (recipe->own_pictures == NULL)
        recipe->own_pictures = pictures_new();
    recipe->pictures = recipe->own_pictures;
    if (recipe->own_pictures == NULL)
        return error_memory(error, 0);
    return pictures_add(recipe->own_pictures, name, data, size, 0, error);
}

void pm_recipe_free(struct pm_recipe *recipe)
{
    if (recipe != NULL)
        pictures_free(recipe->own_pictures);
    free(recipe);
}

enum { NO_FORMAT = FORMAT_SAME };

_Static_assert((int)CODECS_MAX < (int)NO_FORMAT, "codec indices must be distinct from NO_FORMAT");

static uint8_t filter_index(const struct filter *filter)
{
    uint8_t index = 0;
    while (filters[index] != filter)
        index++;
    return index;
}

/* The filter at an index of the table; NULL past its end. */
static const struct filter *filter_at(unsigned place)
{
    unsigned i = 0;
    while (i < place && filters[i] != NULL)
        i++;
    return filters[i];
}

static size_t sizeof_recipe(size_t nsteps)
{
    return offsetof(struct pm_recipe, steps) + nsteps * sizeof(struct recipe_step);
}

static size_t sizeof_message(size_t nsteps)
{
    return offsetof(struct recipe_message, recipe) + sizeof_recipe(nsteps);
}

/* recipe_init has cleared the padding. (gcc 12's __builtin_clear_padding clears bytes of an array of structs
 * instead of the padding after it.) */
size_t recipe_pack(const struct pm_recipe *recipe, struct recipe_message *message)
{
    struct pm_recipe *copy = &message->recipe;
    memset(message, 0, sizeof *message);
    memcpy(copy, recipe, sizeof_recipe(recipe->nsteps));
    message->format = recipe->format != NULL ? (uint8_t)codec_index(recipe->format) : NO_FORMAT;
    copy->format = NULL;
    copy->pictures = copy->own_pictures = NULL;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        message->filters[i] = filter_index(recipe->steps[i].filter);
        copy->steps[i].filter = NULL;
    }
    return sizeof_message(recipe->nsteps);
}

int recipe_unpack(const struct recipe_message *message, size_t size, struct pm_recipe *recipe,
                  struct pm_error *error)
{
    const size_t nsteps = size >= sizeof_message(0) ? message->recipe.nsteps : 0;
    if (size < sizeof_message(0) || nsteps > RECIPE_STEPS_MAX || size < sizeof_message(nsteps))
        return error_set(error, PM_ERROR_INTERNAL, "it has no recipe (please report this)");
    memcpy(recipe, &message->recipe, sizeof_recipe(nsteps));
    recipe->format = codec_at(message->format);
    if (recipe->format == NULL && message->format != NO_FORMAT)
        return error_set(error, PM_ERROR_INTERNAL, "its recipe names no codec (please report this)");
    for (size_t i = 0; i < nsteps; i++) {
        recipe->steps[i].filter = filter_at(message->filters[i]);
        if (recipe->steps[i].filter == NULL)
            return error_set(error, PM_ERROR_INTERNAL, "its recipe names no filter (please report this)");
        if (recipe->steps[i].name >= RECIPE_NAMES_MAX)
            return error_set(error, PM_ERROR_INTERNAL, "its recipe names no picture (please report this)");
    }
    if (recipe->profile >= RECIPE_NAMES_MAX)
        return error_set(error, PM_ERROR_INTERNAL, "its recipe has no such name (please report this)");
    recipe->names[RECIPE_NAMES_MAX - 1] = '\0';
    return 0;
}
