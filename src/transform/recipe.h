/* A recipe's structure, for code that runs recipes or builds them from options. */
#ifndef TRANSFORM_RECIPE_H
#define TRANSFORM_RECIPE_H

#include <stdalign.h>

#include "codec/options.h"
#include "codec/sealed/sealed.h"
#include "color/pipeline.h"
#include "color/target.h"
#include "filter/filter.h"
#include "pixmill/recipe.h"

/* RECIPE_NAMES_MAX: bytes of all names of second pictures, with their NULs. */
enum { RECIPE_STEPS_MAX = 32, RECIPE_TEXT_MAX = 4096, RECIPE_NAMES_MAX = 512, FORMAT_SAME = UINT8_MAX };

struct pictures;

/* What becomes of a gain map (codec/jpeg/gain_map.h). */
enum gain_map_use {
    GAIN_MAP_UNSAID, /* dropped, with a warning */
    GAIN_MAP_KEEP,   /* changed as the image, and written with it */
    GAIN_MAP_DROP,
    GAIN_MAP_APPLY, /* the image becomes the HDR picture that both mean */
};

struct recipe_step {
    const struct filter *filter;
    uint32_t name; /* of its second picture: offset in the recipe's names */
    alignas(16) unsigned char params[FILTER_PARAMS_MAX];
};

/* The first error in the order of the steps, for recipe_check. */
enum recipe_order { RECIPE_IN_ORDER, RECIPE_DECRYPT_LATE, RECIPE_ENCRYPT_EARLY };

struct pm_recipe {
    bool decrypts; /* before the steps: the input is an encrypted file (codec/sealed/sealed.h) */
    bool encrypts; /* after the steps */
    enum recipe_order order;
    const struct codec *format; /* NULL: the input's */
    /* Of several formats, "avif,webp,jpeg", the codecs' indices, FORMAT_SAME the input's; `format` is the
     * first. Only the recipe that variants are made from has them; 0: `format` is the only one. */
    uint8_t nformats, formats[CODECS_MAX];
    /* Each codec's encoder options, by codec_index: the struct of its option rows. */
    struct {
        alignas(8) unsigned char bytes[CODEC_OPTIONS_BYTES];
    } options[CODECS_MAX];
    uint32_t options_given; /* bit i: codec_option_at(i) was given */
    uint8_t background[3];
    unsigned keep;           /* enum metadata_keep, or-ed */
    enum color_target color; /* the colour space of the results */
    enum color_intent intent;
    bool compensate;  /* black point compensation */
    uint32_t profile; /* COLOR_FILE: where in `names` the file's name begins */
    enum gain_map_use gain_map;
    bool no_profile;      /* the results say nothing of their colours */
    unsigned page;        /* number of the page to use, from 1; 0: the first */
    unsigned frame;       /* number of the only frame to use of an animation, from 1; 0: all that the result's
                             format holds */
    bool keep_smaller;    /* if only the encoding changes and the result is larger: the input's coded data */
    uint64_t target_size; /* max bytes of a result, reached by its quality; 0: any */
    bool no_autorotate, allow_truncated;
    bool libjpeg;                    /* decode JPEG with libjpeg instead of pixmill's decoder */
    const struct pictures *pictures; /* second pictures by name; the front end's; NULL: none */
    struct pictures *own_pictures;   /* those of a library's user, who added them one by one; or NULL */
    uint32_t names_size;
    char names[RECIPE_NAMES_MAX]; /* of second pictures, each with its NUL */
    size_t nsteps;
    struct recipe_step steps[RECIPE_STEPS_MAX]; /* last member: a message is cut after the used ones */
};

/* A recipe without steps and with the default settings. */
void recipe_init(struct pm_recipe *recipe);

/* Adds one step or setting: word "resize" with argument "800x600", word "flip" with argument NULL, word
 * "quality" with argument "75". Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int recipe_add(struct pm_recipe *recipe, const char *word, const char *argument, struct pm_error *error);

/* Adds all steps and settings of a recipe text. Returns 0, or -1 with `error` filled. */
int recipe_add_text(struct pm_recipe *recipe, const char *text, struct pm_error *error);

/* Makes the format at `index` of several the only one. */
void recipe_choose_format(struct pm_recipe *recipe, size_t index);

/* Updates `order` before a step of any kind is appended. */
void recipe_step_follows(struct pm_recipe *recipe);

/* The name of the second picture of a step; NULL: it has none. After the last step, step recipe->nsteps: the
 * name of the profile's file, which is loaded, kept and found as pictures are. */
static inline const char *recipe_picture_name(const struct pm_recipe *recipe, size_t step)
{
    if (step == recipe->nsteps)
        return recipe->color == COLOR_FILE ? recipe->names + recipe->profile : NULL;
    return recipe->steps[step].filter->picture ? recipe->names + recipe->steps[step].name : NULL;
}

/* What such a name belongs to: "watermark", "profile". */
const char *recipe_picture_owner(const struct pm_recipe *recipe, size_t step);

/* Adds the name that begins `argument`, of `owner`, to `names`; *at is where. Returns 0, or -1 with `error`
 * filled. */
int recipe_add_name(struct pm_recipe *recipe, const char *owner, const char *argument, uint32_t *at,
                    struct pm_error *error);

/* Writes a name so that it can be read back into text[RECIPE_NAME_TEXT_MAX]. */
enum { RECIPE_NAME_TEXT_MAX = 3 * RECIPE_NAMES_MAX };
void recipe_escape_name(const char *name, char *text);

/* Checks the whole recipe: decrypt first, encrypt last and to PNG, no option that the result's format lacks.
 * Returns 0, or -1 with `error` filled. */
int recipe_check(const struct pm_recipe *recipe, struct pm_error *error);

/* A recipe as bytes, valid in other processes of this program: codecs and filters are given by table index;
 * their structs contain no pointers. */
struct recipe_message {
    uint8_t format;                    /* index in codecs[] */
    uint8_t filters[RECIPE_STEPS_MAX]; /* the steps' indices in filters[] */
    struct pm_recipe recipe;           /* without its pointers */
};

/* Returns the number of bytes of the message to send. */
size_t recipe_pack(const struct pm_recipe *recipe, struct recipe_message *message);

/* Reads a message of `size` bytes; the receiver sets recipe->pictures. Returns 0, or -1 with `error` filled
 * if recipe_pack can't have made it. */
int recipe_unpack(const struct recipe_message *message, size_t size, struct pm_recipe *recipe,
                  struct pm_error *error);

/* The format of all results; NULL: each has its input's. */
static inline const struct codec *recipe_result_format(const struct pm_recipe *recipe)
{
    return recipe->encrypts ? sealed_codec : recipe->format;
}

/* Does it need a key? */
static inline bool recipe_has_secret(const struct pm_recipe *recipe)
{
    return recipe->encrypts || recipe->decrypts;
}

/* The codec's options, the struct of its rows; NULL for a codec that is not in the table. */
static inline const void *recipe_options(const struct pm_recipe *recipe, const struct codec *codec)
{
    const int index = codec_index(codec);
    return index >= 0 ? recipe->options[index].bytes : NULL;
}

/* The next codec option, from *index on, that was given and that no format in `formats` (bit i: codecs[i])
 * has; *index is advanced past it. NULL: no more. */
const char *recipe_next_unused(const struct pm_recipe *recipe, uint32_t formats, size_t *index);

/* The recipe words that are not filters: decrypt, encrypt, format, quality, ... For --help and completion. */
struct recipe_setting {
    const char *name;
    char letter;                         /* of the command line; 0: none */
    bool step;                           /* a step: its order among the filters matters; listed with them */
    const char *argument;                /* for --help; "a|b|c" are its words; NULL: takes none */
    const char *omitted;                 /* the argument that the name alone means; NULL: it must be given */
    const char *(*choice)(size_t index); /* the argument's words, ending in NULL; NULL: see `argument` */
    const char *help, *example;
    /* A codec option, without the functions below; NULL: a setting of settings.c. */
    const struct param *option;
    int (*parse)(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
    /* Prints the argument into text[size] and returns true, or returns false if the setting has its default.
     * NULL for a step, which pm_recipe_text prints. */
    bool (*print)(const struct pm_recipe *recipe, char *text, size_t size);
};
/* The setting at `index`, in the order of the canonical text; false past the last. */
bool recipe_setting_at(size_t index, struct recipe_setting *setting);
size_t recipe_setting_count(void);
bool recipe_setting_find(const char *name, struct recipe_setting *setting); /* false when there is none */

/* Prints its help line into text[size]. Returns text. */
const char *recipe_setting_help(const struct recipe_setting *setting, char *text, size_t size);

/* Is `name` a step: a filter, encrypt or decrypt? */
bool recipe_is_step(const char *name);

#endif
