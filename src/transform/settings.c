/*
 * The recipe words that are not filters: encryption, output and input settings. Each is also a command-line
 * option. Encoder options are in the codecs' files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/values.h"
#include "color/css_color.h"
#include "transform/recipe.h"
#include "transform/settings_color.h"

/* The words of format, ending in NULL. */
static const char *format_choice(size_t index)
{
    if (index == 0)
        return "same";
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if (codec_writes(*codec) && --index == 0)
            return (*codec)->name;
    }
    return NULL;
}

/* One of the names, of text[length]. */
static int find_format(const char *text, size_t length, uint8_t *index, struct pm_error *error)
{
    char name[32], names[64];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    const struct codec *format = codec_of_suffix(name); /* "jpg" as well as "jpeg" */
    if (format != NULL && !codec_writes(format))
        return error_set(error, PM_ERROR_USAGE, "format '%s' is read but not written (one of: same, %s)",
                         name, codec_written_names(names, sizeof names));
    if (format == NULL && strcmp(name, "same") != 0)
        return error_set(error, PM_ERROR_USAGE, "format '%s' is unknown (one of: same, %s)", name,
                         codec_written_names(names, sizeof names));
    *index = format != NULL ? (uint8_t)codec_index(format) : FORMAT_SAME;
    return 0;
}

static int parse_format(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    uint8_t count = 0;
    for (const char *name = argument;;) {
        const size_t length = strcspn(name, ",");
        uint8_t index = FORMAT_SAME;
        if (find_format(name, length, &index, error) != 0)
            return -1;
        if (memchr(recipe->formats, index, count) != NULL)
            return error_set(error, PM_ERROR_USAGE, "format '%.*s' is given twice", (int)length, name);
        recipe->formats[count++] = index;
        if (name[length] == '\0')
            break;
        name += length + 1;
    }
    recipe->nformats = count;
    recipe->format = recipe->formats[0] != FORMAT_SAME ? codec_at(recipe->formats[0]) : NULL;
    if (count == 1)
        recipe_choose_format(recipe, 0);
    return 0;
}

static const char *format_name(uint8_t index)
{
    return index != FORMAT_SAME ? codec_at(index)->name : "same";
}

static bool print_format(const struct pm_recipe *recipe, char *text, size_t size)
{
    size_t used = 0;
    if (recipe->nformats == 0)
        snprintf(text, size, "%s", recipe->format != NULL ? recipe->format->name : "");
    for (unsigned i = 0; i < recipe->nformats && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? "," : "",
                                 format_name(recipe->formats[i]));
    return recipe->format != NULL || recipe->nformats > 0;
}

static int parse_background(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    struct css_color color;
    if (css_color_parse(argument, strlen(argument), "background", &color, error) != 0)
        return -1;
    if (color.rgba[3] != UINT8_MAX)
        return error_set(error, PM_ERROR_USAGE, "background '%.32s' is not opaque (give #rrggbb)", argument);
    memcpy(recipe->background, color.rgba, sizeof recipe->background);
    return 0;
}

/* Without '#', which would start a URL's fragment. */
static bool print_background(const struct pm_recipe *recipe, char *text, size_t size)
{
    const uint8_t *b = recipe->background;
    css_color_print(&(struct css_color){{b[0], b[1], b[2], UINT8_MAX}}, text, size);
    return (b[0] & b[1] & b[2]) != 255;
}

static const struct {
    const char *name;
    unsigned keep;
} keep_names[] = {
    {"all", KEEP_ALL}, {"exif", KEEP_EXIF}, {"xmp", KEEP_XMP}, {"text", KEEP_TEXT}, {"iptc", KEEP_IPTC}};

enum { KEEP_NAMES = sizeof keep_names / sizeof *keep_names };

static unsigned keep_named(const char *name, size_t length)
{
    for (int i = 0; i < KEEP_NAMES; i++) {
        if (strlen(keep_names[i].name) == length && strncmp(keep_names[i].name, name, length) == 0)
            return keep_names[i].keep;
    }
    return 0;
}

static int parse_keep(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    unsigned keep = 0;
    for (const char *name = argument;;) {
        size_t length = strcspn(name, ",");
        unsigned named = keep_named(name, length);
        if (named == 0)
            return error_set(
                error, PM_ERROR_USAGE,
                "keep '%.32s' is unknown (exif, xmp, iptc, text, all, or several with commas; an ICC "
                "profile is kept anyway)",
                argument);
        keep |= named;
        if (name[length] == '\0')
            break;
        name += length + 1;
    }
    recipe->keep = keep;
    return 0;
}

static bool print_keep(const struct pm_recipe *recipe, char *text, size_t size)
{
    unsigned left = recipe->keep;
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < KEEP_NAMES && left != 0 && length < size; i++) {
        if ((left & keep_names[i].keep) != keep_names[i].keep)
            continue;
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? "," : "", keep_names[i].name);
        left &= ~keep_names[i].keep;
    }
    return recipe->keep != 0;
}

enum { FRAME_MAX = 1000000 };

static int parse_frames(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    char *end;
    const unsigned long number = strtoul(argument, &end, 10);
    if (strcmp(argument, "all") == 0)
        recipe->frame = 0;
    else if (strcmp(argument, "first") == 0)
        recipe->frame = 1;
    else if (*argument >= '0' && *argument <= '9' && *end == '\0' && number >= 1 && number <= FRAME_MAX)
        recipe->frame = (unsigned)number;
    else
        return error_set(error, PM_ERROR_USAGE,
                         "frames '%.32s' is unknown (all, first, or a number from 1 to %d)", argument,
                         FRAME_MAX);
    return 0;
}

static bool print_frames(const struct pm_recipe *recipe, char *text, size_t size)
{
    if (recipe->frame == 1)
        snprintf(text, size, "first");
    else
        snprintf(text, size, "%u", recipe->frame);
    return recipe->frame != 0;
}

enum { PAGE_MAX = 1000000 };

static int parse_page(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    char *end;
    const unsigned long number = strtoul(argument, &end, 10);
    if (*argument < '0' || *argument > '9' || *end != '\0' || number < 1 || number > PAGE_MAX)
        return error_set(error, PM_ERROR_USAGE, "page '%.32s' is unknown (a number from 1 to %d)", argument,
                         PAGE_MAX);
    recipe->page = (unsigned)number;
    return 0;
}

static bool print_page(const struct pm_recipe *recipe, char *text, size_t size)
{
    snprintf(text, size, "%u", recipe->page);
    return recipe->page > 1;
}

static int parse_target_size(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    return value_size(argument, &recipe->target_size, error);
}

static bool print_target_size(const struct pm_recipe *recipe, char *text, size_t size)
{
    const bool whole = recipe->target_size % 1024 == 0;
    snprintf(text, size, "%" PRIu64 "%s", whole ? recipe->target_size / 1024 : recipe->target_size,
             whole ? "K" : "");
    return recipe->target_size != 0;
}

static int parse_keep_smaller(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    (void)argument, (void)error;
    recipe->keep_smaller = true;
    return 0;
}

static bool print_keep_smaller(const struct pm_recipe *recipe, char *text, size_t size)
{
    (void)text, (void)size;
    return recipe->keep_smaller;
}

static int parse_no_autorotate(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    (void)argument;
    (void)error;
    recipe->no_autorotate = true;
    return 0;
}

static bool print_no_autorotate(const struct pm_recipe *recipe, char *text, size_t size)
{
    (void)text;
    (void)size;
    return recipe->no_autorotate;
}

static int parse_allow_truncated(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    (void)argument;
    (void)error;
    recipe->allow_truncated = true;
    return 0;
}

static bool print_allow_truncated(const struct pm_recipe *recipe, char *text, size_t size)
{
    (void)text;
    (void)size;
    return recipe->allow_truncated;
}

static int parse_jpeg(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    recipe->libjpeg = strcmp(argument, "libjpeg") == 0;
    if (recipe->libjpeg || strcmp(argument, "fast") == 0)
        return 0;
    return error_set(error, PM_ERROR_USAGE, "jpeg '%.32s' is unknown (fast or libjpeg)", argument);
}

static bool print_jpeg(const struct pm_recipe *recipe, char *text, size_t size)
{
    snprintf(text, size, "libjpeg");
    return recipe->libjpeg;
}

static int parse_encrypt(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    (void)argument, (void)error;
    recipe_step_follows(recipe);
    recipe->encrypts = true;
    return 0;
}

static int parse_decrypt(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    (void)argument, (void)error;
    recipe_step_follows(recipe);
    if ((recipe->nsteps > 0 || recipe->decrypts) && recipe->order == RECIPE_IN_ORDER)
        recipe->order = RECIPE_DECRYPT_LATE;
    recipe->decrypts = true;
    return 0;
}

/* The codecs' options come after `format`. */
enum { BEFORE_OPTIONS = 3 };

static const struct recipe_setting settings[] = {
    {.name = "encrypt",
     .step = true,
     .help = "encrypt the picture (the result looks like noise); must be the last filter; needs a key",
     .parse = parse_encrypt},
    {.name = "decrypt",
     .step = true,
     .help = "decrypt an encrypted picture; must be the first filter; needs the key",
     .parse = parse_decrypt},
    {.name = "format",
     .argument = "NAME[,NAME...]",
     .choice = format_choice,
     .help =
         "the result's format, or for 'run' several, such as avif,webp,jpeg; see 'pixmill help formats' (same)",
     .example = "png",
     .parse = parse_format,
     .print = print_format},
    {.name = "background",
     .argument = "COLOR",
     .help =
         "background colour for transparent pixels if the result has no alpha: #rrggbb or a CSS name (#ffffff)",
     .example = "204080",
     .parse = parse_background,
     .print = print_background},
    {.name = "profile",
     .argument = "keep|srgb|p3|none|FILE.icc[,none]",
     .help =
         "colours of the results: keep those of the input and its profile, convert them to sRGB or Display P3 "
         "with a small profile or to the profile of a file, or write none (after srgb or p3: converted, "
         "without a profile); see 'pixmill help color' (keep)",
     .example = "srgb",
     .parse = parse_profile,
     .print = print_profile},
    {.name = "intent",
     .argument = "perceptual|relative|saturation|absolute",
     .help = "rendering intent of conversions by ICC profiles of tables (perceptual)",
     .example = "relative",
     .parse = parse_intent,
     .print = print_intent},
    {.name = "bpc",
     .help = "black point compensation in conversions by ICC profiles of tables",
     .parse = parse_bpc,
     .print = print_bpc},
    {.name = "gainmap",
     .argument = "keep|drop|apply",
     .help =
         "gain map of an Ultra HDR JPEG: keep it in a JPEG, resized, cropped and rotated as the image; drop it "
         "without a warning; or apply it, which makes an HDR picture, for PNG and AVIF; see 'pixmill help "
         "color' (dropped, with a warning)",
     .example = "keep",
     .parse = parse_gainmap,
     .print = print_gainmap},
    {.name = "keep",
     .argument = "exif,xmp,iptc,text,all",
     .help = "metadata to keep in addition to the ICC profile; see 'pixmill help metadata' (none)",
     .example = "exif,xmp",
     .parse = parse_keep,
     .print = print_keep},
    {.name = "frames",
     .argument = "all|first|N",
     .help = "frames of an animation to use: all (only the first if the result's format has no animation), "
             "first, or frame number N (all)",
     .example = "first",
     .parse = parse_frames,
     .print = print_frames},
    {.name = "page",
     .argument = "N",
     .help =
         "page of a TIFF, or picture of a HEIC or AVIF, with several to use; the others are not in the result (1)",
     .example = "2",
     .parse = parse_page,
     .print = print_page},
    {.name = "target-size",
     .argument = "SIZE",
     .help = "reduce the quality of a lossy result until it is at most SIZE, such as 200K",
     .example = "200K",
     .parse = parse_target_size,
     .print = print_target_size},
    {.name = "keep-smaller",
     .help =
         "if nothing but the encoding would change and the result would be larger than the input, keep the "
         "input's image data (JPEG, PNG, WebP), without the metadata that is not kept",
     .parse = parse_keep_smaller,
     .print = print_keep_smaller},
    {.name = "no-autorotate",
     .help = "leave the samples and the EXIF orientation as they are",
     .parse = parse_no_autorotate,
     .print = print_no_autorotate},
    {.name = "allow-truncated",
     .help = "accept truncated files; missing parts become grey",
     .parse = parse_allow_truncated,
     .print = print_allow_truncated},
    {.name = "jpeg",
     .argument = "fast|libjpeg",
     .help = "JPEG decoder: fast is pixmill's own, which uses libjpeg for unsupported or damaged files; the "
             "results are the same (fast)",
     .example = "libjpeg",
     .parse = parse_jpeg,
     .print = print_jpeg},
    {.name = NULL},
};

size_t recipe_setting_count(void)
{
    return sizeof settings / sizeof *settings - 1 + codec_option_count();
}

bool recipe_setting_at(size_t index, struct recipe_setting *setting)
{
    const struct param *row = index < BEFORE_OPTIONS ? NULL : codec_option_at(index - BEFORE_OPTIONS);
    if (row != NULL) {
        *setting = (struct recipe_setting){.name = row->name,
                                           .letter = row->letter,
                                           .argument = row->argument,
                                           .omitted = row->omitted,
                                           .help = row->help,
                                           .example = row->example,
                                           .option = row};
        return true;
    }
    *setting = settings[index < BEFORE_OPTIONS ? index : index - codec_option_count()];
    return setting->name != NULL;
}

bool recipe_setting_find(const char *name, struct recipe_setting *setting)
{
    for (size_t i = 0; recipe_setting_at(i, setting); i++) {
        if (strcmp(setting->name, name) == 0)
            return true;
    }
    return false;
}

const char *recipe_setting_help(const struct recipe_setting *setting, char *text, size_t size)
{
    if (setting->option != NULL)
        return codec_option_help(setting->name, text, size);
    snprintf(text, size, "%s", setting->help);
    return text;
}

bool recipe_is_step(const char *name)
{
    struct recipe_setting setting;
    return filter_find(name) != NULL || (recipe_setting_find(name, &setting) && setting.step);
}
