/* The inside of a recipe, for those who run one or build one from options. */
#ifndef TRANSFORM_RECIPE_H
#define TRANSFORM_RECIPE_H

#include <stdalign.h>

#include "codec/options.h"
#include "filter/filter.h"
#include "pixmill/recipe.h"

enum { RECIPE_STEPS_MAX = 32, RECIPE_TEXT_MAX = 4096 };

struct recipe_step {
    const struct filter *filter;
    alignas(16) unsigned char params[FILTER_PARAMS_MAX];
};

/* The first mistake in the order of the steps: that recipe_check tells. */
enum recipe_order { RECIPE_IN_ORDER, RECIPE_DECRYPT_LATE, RECIPE_ENCRYPT_EARLY };

struct pm_recipe {
    bool decrypts; /* before the steps: the input is an encrypted file (codec/sealed.h) */
    bool encrypts; /* after the steps */
    enum recipe_order order;
    const struct codec *format; /* NULL: the input's */
    /* What each codec's encoder is asked, by codec_index: the struct of its option rows. */
    struct {
        alignas(8) unsigned char bytes[CODEC_OPTIONS_BYTES];
    } options[CODECS_MAX];
    uint32_t options_given; /* bit i: codec_option_at(i) was asked for */
    uint8_t background[3];
    unsigned keep;  /* enum metadata_keep, or-ed */
    unsigned frame; /* of an animation this one alone, from 1; 0: all that the result's format holds */
    bool no_autorotate, allow_truncated;
    bool libjpeg; /* decodes JPEG, not pixmill's own decoder */
    size_t nsteps;
    struct recipe_step steps[RECIPE_STEPS_MAX]; /* last: a message ends behind those that there are */
};

/* A recipe without steps and with the default settings. */
void recipe_init(struct pm_recipe *recipe);

/* Adds one step or setting: word "resize" with argument "800x600", word "flip" with argument NULL, word
 * "quality" with argument "75". Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int recipe_add(struct pm_recipe *recipe, const char *word, const char *argument, struct pm_error *error);

/* Notes that a step, of any kind, is added behind those that are there. */
void recipe_step_follows(struct pm_recipe *recipe);

/* What only the whole shows: decrypt first, encrypt last and to PNG, no option that the result's format
 * lacks. Returns 0, or -1 with `error` filled. */
int recipe_check(const struct pm_recipe *recipe, struct pm_error *error);

/* A recipe as plain bytes that mean the same in another process of this program: codecs and filters are named
 * by their places in their tables. The structs of filters and codecs hold no pointers. */
struct recipe_message {
    uint8_t format;                    /* place in codecs[] */
    uint8_t filters[RECIPE_STEPS_MAX]; /* the steps', in filters[] */
    struct pm_recipe recipe;           /* without its pointers */
};

/* Returns how many bytes of the message are to be sent. */
size_t recipe_pack(const struct pm_recipe *recipe, struct recipe_message *message);

/* From a message of which size bytes have come. Returns 0, or -1 with `error` filled when no recipe_pack made
 * it. */
int recipe_unpack(const struct recipe_message *message, size_t size, struct pm_recipe *recipe,
                  struct pm_error *error);

/* The format that every result has; NULL: each has its input's. */
const struct codec *recipe_result_format(const struct pm_recipe *recipe);

/* Does it need a key? */
bool recipe_has_secret(const struct pm_recipe *recipe);

/* The struct of the codec's option rows; NULL for a codec that is not in the table. */
const void *recipe_options(const struct pm_recipe *recipe, const struct codec *codec);

/* The first word of codecs' options, from the one at *index on, that was asked for and that no format of
 * `formats` (bit i: codecs[i]) has; *index moves behind it. NULL: there are no more. */
const char *recipe_next_unused(const struct pm_recipe *recipe, uint32_t formats, size_t *index);

/* The words of the recipe that are no filters: decrypt, encrypt, format, quality, ... For --help and
 * completion.
 */
struct recipe_setting {
    const char *name;
    char letter;                         /* of the command line; 0: none */
    bool step;                           /* it has a place among the filters, and is listed with them */
    const char *argument;                /* for --help; "a|b|c" are its words; NULL: takes none */
    const char *(*choice)(size_t index); /* the argument's words, ending in NULL; NULL: see `argument` */
    const char *help, *example;
    /* An option of codecs, which has none of the functions below; NULL: a setting of settings.c's. */
    const struct param *option;
    int (*parse)(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
    /* Writes the argument into text[size] and returns true, or returns false when the setting has its
     * default. NULL for a step, which pm_recipe_text puts in its place. */
    bool (*print)(const struct pm_recipe *recipe, char *text, size_t size);
};
/* The setting at `index`, in the order of the canonical text; false beyond the last. */
bool recipe_setting_at(size_t index, struct recipe_setting *setting);
size_t recipe_setting_count(void);
bool recipe_setting_find(const char *name, struct recipe_setting *setting); /* false when there is none */

/* Its line of help, into text[size]. Returns text. */
const char *recipe_setting_help(const struct recipe_setting *setting, char *text, size_t size);

/* Is that the word of a step: a filter, encrypt or decrypt? */
bool recipe_is_step(const char *name);

#endif
