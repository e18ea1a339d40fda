#include "batch/naming.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "batch/place.h"

enum variable { DIR, STEM, OLD_EXT, EXT, WIDTH, HEIGHT, VARIANT, HASH, NUMBER, VARIABLES };

static const char *const names[VARIABLES] = {"dir",    "stem",    "oldext", "ext", "width",
                                             "height", "variant", "hash",   "n"};

/* The standard templates: of one result for each input; of several. */
static const char one_result[] = "{stem}.{ext}", several_results[] = "{stem}-{variant}.{ext}";

enum { VALUE_MAX = 4096 };

/* A text under construction; it did not fit if `length` reaches `size`. */
struct line {
    char *text;
    size_t size, length;
};

static void add(struct line *line, const char *bytes, size_t length)
{
    if (line->length + length < line->size)
        memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

/* The end of a "{name}" in the template, and which variable it is; NULL: not a variable. */
static const char *find_variable(const char *text, enum variable *variable)
{
    const size_t length = strcspn(text + 1, "}");
    for (*variable = 0; *variable < VARIABLES && text[1 + length] == '}'; ++*variable) {
        if (strlen(names[*variable]) == length && memcmp(text + 1, names[*variable], length) == 0)
            return text + length + 2;
    }
    return NULL;
}

/* What {variant} is: the name of --variant, or the width with a "w". */
static void variant_text(const struct variant *variant, char text[VARIANT_NAME_MAX])
{
    if (variant->name[0] != '\0' || variant->width == 0)
        snprintf(text, VARIANT_NAME_MAX, "%s", variant->name);
    else
        snprintf(text, VARIANT_NAME_MAX, "%" PRIu32 "w", variant->width);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Start of the suffix of the input's name, including its dot. It is the end of the name if there is no
 * suffix, or if the suffix is kept in the stem: when it belongs to no image format and the result's format is
 * known. */
static const char *suffix_of(const struct name_facts *facts, const struct codec **said)
{
    const char *last = last_part(facts->below), *dot = strrchr(last, '.');
    *said = dot != NULL && dot > last ? codec_of_suffix(dot + 1) : NULL;
    const bool is_suffix = *said != NULL || (facts->format == NULL && dot != NULL && dot > last);
    return is_suffix ? dot : last + strlen(last);
}

/* The input's own suffix if it belongs to the result's format, else that format's suffix. */
static void ext_text(const struct name_facts *facts, char *text, size_t size)
{
    const struct codec *said, *format = facts->format;
    const char *dot = suffix_of(facts, &said);
    if (format == NULL && said != NULL && !codec_writes(said))
        format = codec_written(said);
    if (format == NULL || format == said)
        snprintf(text, size, "%s", *dot == '.' ? dot + 1 : "");
    else
        snprintf(text, size, "%s", format->suffix);
}

/* The variable's value in text[VALUE_MAX]; false if it is not known yet. */
static bool value_of(const struct naming *naming, enum variable variable, size_t index,
                     const struct name_facts *facts, char *text)
{
    const struct variant *variant = &naming->variants->variant[index];
    const char *last = last_part(facts->below);
    const struct codec *said;
    const uint32_t width = variant->width != 0 ? variant->width : facts->width;
    text[0] = '\0';
    switch (variable) {
    case DIR:
        snprintf(text, VALUE_MAX, "%.*s", (int)(last > facts->below ? last - facts->below - 1 : 0),
                 facts->below);
        return true;
    case STEM:
        snprintf(text, VALUE_MAX, "%.*s", (int)(suffix_of(facts, &said) - last), last);
        return true;
    case OLD_EXT:
        snprintf(text, VALUE_MAX, "%s", suffix_of(facts, &said));
        memmove(text, text + strspn(text, "."), strlen(text));
        return true;
    case EXT:
        ext_text(facts, text, VALUE_MAX);
        return true;
    case WIDTH:
        snprintf(text, VALUE_MAX, "%" PRIu32, width);
        return width != 0;
    case HEIGHT:
        snprintf(text, VALUE_MAX, "%" PRIu32, facts->height);
        return facts->height != 0;
    case VARIANT:
        variant_text(variant, text);
        return true;
    case HASH:
        snprintf(text, VALUE_MAX, "%.*s", NAME_HASH_DIGITS, facts->hash != NULL ? facts->hash : "");
        return facts->hash != NULL;
    case NUMBER:
        snprintf(text, VALUE_MAX, "%zu", facts->number);
        return true;
    case VARIABLES:
        break;
    }
    return false;
}

/* Adds a value. An empty value also removes its separator: the slash after {dir}, the dot before {ext}. */
static const char *add_value(struct line *line, enum variable variable, const char *value, const char *rest)
{
    add(line, value, strlen(value));
    if (value[0] != '\0')
        return rest;
    if (variable == EXT && line->length > 0 && line->length <= line->size &&
        line->text[line->length - 1] == '.')
        line->length--;
    return variable == DIR && *rest == '/' ? rest + 1 : rest;
}

static void expand(const struct naming *naming, size_t variant, const struct name_facts *facts,
                   struct line *line)
{
    char value[VALUE_MAX];
    for (const char *at = naming->name_template; *at != '\0';) {
        enum variable variable;
        const char *end = *at == '{' ? find_variable(at, &variable) : NULL;
        if (end == NULL) {
            add(line, at++, 1);
        } else if (value_of(naming, variable, variant, facts, value)) {
            at = add_value(line, variable, value, end);
        } else {
            add(line, at, (size_t)(end - at));
            at = end;
        }
    }
}

int naming_path(const struct naming *naming, const char *output, size_t variant,
                const struct name_facts *facts, char *path, size_t size, struct pm_error *error)
{
    struct line line = {.text = path, .size = size};
    size_t length = strlen(output);
    while (length > 0 && output[length - 1] == '/')
        length--;
    add(&line, output, length);
    add(&line, "/", 1);
    const char *last = last_part(facts->below);
    if (!naming->whole_path)
        add(&line, facts->below, (size_t)(last - facts->below));
    expand(naming, variant, facts, &line);
    if (line.length >= size)
        return error_set(error, PM_ERROR_IO, "the name of its result is too long (choose a shorter --name)");
    path[line.length] = '\0';
    if (!place_is_below(path + length + 1))
        return error_set(error, PM_ERROR_USAGE,
                         "--name gives %.64s, which is not a path below the output folder",
                         path + length + 1);
    return 0;
}

static bool uses(const struct naming *naming, enum variable variable)
{
    return (naming->used >> variable & 1) != 0;
}

bool naming_is_late(const struct naming *naming, size_t variant, bool late_format)
{
    const struct variant *one = &naming->variants->variant[variant];
    return uses(naming, HASH) || uses(naming, HEIGHT) || (uses(naming, WIDTH) && one->width == 0) ||
           (late_format && uses(naming, EXT) && recipe_result_format(&one->recipe) == NULL);
}

bool naming_any_is_late(const struct naming *naming)
{
    for (size_t i = 0; i < naming->variants->count; i++) {
        if (naming_is_late(naming, i, false))
            return true;
    }
    return false;
}

bool naming_counts(const struct naming *naming)
{
    return uses(naming, NUMBER);
}

bool naming_mixes_folders(const struct naming *naming)
{
    return naming->whole_path && !uses(naming, DIR) && !uses(naming, HASH);
}

bool naming_by_content(const struct naming *naming)
{
    return uses(naming, HASH);
}

const char *naming_by_suffix(const struct naming *naming)
{
    const char *used = naming != NULL ? naming->name_template : one_result;
    if (used == one_result)
        return "give --name='{stem}-{oldext}.{ext}'";
    if (used == several_results)
        return "give --name='{stem}-{oldext}-{variant}.{ext}'";
    return uses(naming, OLD_EXT) ? NULL : "add {oldext} to --name";
}

static int find_used(struct naming *naming, struct pm_error *error)
{
    for (const char *at = naming->name_template; *at != '\0'; at++) {
        enum variable variable;
        if (*at == '}')
            return error_set(error, PM_ERROR_USAGE, "a '}' without a '{' before it");
        if (*at != '{')
            continue;
        const char *end = find_variable(at, &variable);
        if (end == NULL)
            return error_set(error, PM_ERROR_USAGE,
                             "'%.*s' is unknown (one of: {dir}, {stem}, {oldext}, {ext}, {width}, {height}, "
                             "{variant}, {hash}, {n})",
                             (int)(strcspn(at, "}") < 32 ? strcspn(at, "}") + 1 : 32), at);
        naming->used |= 1u << variable;
        at = end - 1;
    }
    return 0;
}

/* Returns -1 for two variants that differ in nothing that the template contains. Sizes and hashes that are
 * not known yet are not filled in, so variants that differ only in those count as equal: they might be. */
static int check_distinct(const struct naming *naming, struct pm_error *error)
{
    char first[VALUE_MAX], second[VALUE_MAX];
    const struct name_facts common = {.below = "a/photo.pm", .number = 1};
    const size_t count = naming->variants->count;
    for (size_t i = 1; i < count && !naming_by_content(naming); i++) {
        for (size_t k = 0; k < i; k++) {
            struct name_facts a = common, b = common;
            a.format = recipe_result_format(&naming->variants->variant[k].recipe);
            b.format = recipe_result_format(&naming->variants->variant[i].recipe);
            if (naming_path(naming, "o", k, &a, first, sizeof first, error) != 0 ||
                naming_path(naming, "o", i, &b, second, sizeof second, error) != 0)
                return -1;
            if (strcmp(first, second) == 0)
                return error_set(error, PM_ERROR_USAGE,
                                 "two results of an input would have one name (a template for several has "
                                 "{width} or {variant}, and {ext} for several formats)");
        }
    }
    return 0;
}

int naming_init(struct naming *naming, const char *name_template, const struct variants *variants,
                struct pm_error *error)
{
    bool named = false;
    for (size_t i = 0; i < variants->count; i++)
        named = named || variants->variant[i].width != 0 || variants->variant[i].name[0] != '\0';
    if (name_template == NULL)
        name_template = named ? several_results : one_result;
    *naming = (struct naming){.name_template = name_template,
                              .variants = variants,
                              .whole_path = strchr(name_template, '/') != NULL};
    if (name_template[0] == '\0')
        return error_set(error, PM_ERROR_USAGE, "an empty name");
    if (find_used(naming, error) != 0)
        return -1;
    if (uses(naming, VARIANT) && !named)
        return error_set(error, PM_ERROR_USAGE, "{variant} has no value (give --variant or --widths)");
    return check_distinct(naming, error);
}
