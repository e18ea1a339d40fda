/* Conversions between ICC profiles, compared with lcms2's cmsDoTransform on the same rows. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "color/pipeline.h"
#include "color/plain_table.h"
#include "color/shaper.h"
#include "color/target.h"
#include "kernels/kernels.h"

/* lcms2's interface (lcms2.h), as far as it is used here. */
struct lcms {
    void *(*open)(const void *bytes, uint32_t size);
    void *(*srgb)(void);
    void *(*make)(void *from, uint32_t format_in, void *to, uint32_t format_out, uint32_t intent,
                  uint32_t flags);
    void (*convert)(void *transform, const void *in, void *out, uint32_t width);
};

enum { LCMS_RGB = 4, LCMS_CMYK = 6 };

/* COLORSPACE_SH, CHANNELS_SH and BYTES_SH */
static uint32_t lcms_format(unsigned channels, unsigned depth)
{
    return (channels == 4 ? LCMS_CMYK : LCMS_RGB) << 16 | channels << 3 | depth / 8;
}

static void insist(bool well, const char *what)
{
    if (well)
        return;
    fprintf(stderr, "kernels: %s\n", what);
    exit(1);
}

static void load(struct lcms *lcms)
{
    void *library = dlopen("liblcms2.so.2", RTLD_NOW);
    insist(library != NULL, "lcms2 is not installed (Debian: liblcms2-2)");
    *(void **)&lcms->open = dlsym(library, "cmsOpenProfileFromMem");
    *(void **)&lcms->srgb = dlsym(library, "cmsCreate_sRGBProfile");
    *(void **)&lcms->make = dlsym(library, "cmsCreateTransform");
    *(void **)&lcms->convert = dlsym(library, "cmsDoTransform");
    insist(lcms->open != NULL && lcms->srgb != NULL && lcms->make != NULL && lcms->convert != NULL,
           "lcms2 lacks a function");
}

/* One conversion: of a file to sRGB, or back. */
struct conversion {
    unsigned in, out, depth;
    struct lent lent;
    struct pipeline pipeline;
    const struct shaper *shaper; /* instead of a pipeline */
    struct lcms lcms;
    void *transform;
    uint8_t *from, *to; /* KERNEL_WIDTH pixels each, in KERNEL_HEIGHT / 4 rows */
};

enum { ROWS = KERNEL_HEIGHT / 4 };
enum kind { MATRIX, TABLE, INKS, TO_INKS, KINDS };

/* Colours change slowly, with little noise, as in photographs. */
static uint8_t *make_rows(unsigned channels, unsigned depth)
{
    const size_t row = (size_t)KERNEL_WIDTH * channels;
    uint8_t *rows = malloc(row * ROWS * (depth / 8));
    uint32_t noise = 1;
    insist(rows != NULL, "no memory (free some)");
    for (size_t i = 0; i < row * ROWS; i++) {
        const size_t x = i % row / channels, y = i / row, c = i % channels;
        noise = noise * 1664525 + 1013904223;
        const unsigned sample = (unsigned)(x / 24 + y / 16 + 50 * c + (noise >> 29)) & 255;
        if (depth == 8)
            rows[i] = (uint8_t)sample;
        else
            ((uint16_t *)(void *)rows)[i] = (uint16_t)(sample << 8 | noise >> 24);
    }
    return rows;
}

static void read_profile(struct plain_profile *profile, enum kind kind)
{
    if (kind == TABLE)
        plain_table_profile(profile, 33);
    else
        plain_profile_read(profile, kind == MATRIX ? "/usr/share/color/icc/colord/AdobeRGB1998.icc"
                                                   : "/usr/share/color/icc/ghostscript/default_cmyk.icc");
    insist(profile->size > 0, "a profile is not installed (Debian: colord-data, libgs-common)");
}

static void make_conversion(struct conversion *made, enum kind kind, unsigned depth)
{
    static struct plain_profile profile;
    struct color_space srgb, space;
    read_profile(&profile, kind);
    *made = (struct conversion){.in = kind == INKS ? 4 : 3, .out = kind == TO_INKS ? 4 : 3, .depth = depth};
    lent_init(&made->lent);
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct color_side file = {.profile = {profile.bytes, profile.size},
                                    .channels = kind >= INKS ? 4 : 3},
                            ours = {.space = &srgb, .channels = 3};
    if (kind == MATRIX) {
        insist(color_space_read(profile.bytes, profile.size, &space) == COLOR_SPACE_READ, "no matrix");
        made->shaper = shaper_make(&space, &srgb, depth, &made->lent.arena);
        insist(made->shaper != NULL, "no memory (free some)");
    } else {
        const bool back = kind == TO_INKS;
        insist(pipeline_make(back ? &ours : &file, back ? &file : &ours, INTENT_PERCEPTUAL, false,
                             &made->lent.arena, &made->pipeline) == PIPELINE_MADE,
               "a profile can't be used");
    }
    load(&made->lcms);
    void *theirs = made->lcms.open(profile.bytes, (uint32_t)profile.size), *sides[2] = {theirs, NULL};
    sides[1] = made->lcms.srgb();
    made->transform = made->lcms.make(sides[kind == TO_INKS], lcms_format(made->in, depth),
                                      sides[kind != TO_INKS], lcms_format(made->out, depth), 0, 0);
    insist(made->transform != NULL, "lcms2 can't convert");
    made->from = make_rows(made->in, depth);
    made->to = calloc((size_t)KERNEL_WIDTH * ROWS, (size_t)made->out * (depth / 8));
    insist(made->to != NULL, "no memory (free some)");
}

/* Made at first use, and kept until the program ends. */
static struct conversion *conversion_of(const struct kernel_row *row)
{
    static struct conversion *made[2][KINDS];
    struct conversion **at = &made[row->depth == 16][row->choice];
    if (*at == NULL) {
        *at = malloc(sizeof **at);
        insist(*at != NULL, "no memory (free some)");
        make_conversion(*at, (enum kind)row->choice, row->depth);
    }
    return *at;
}

static size_t profile_fast(struct stage *stage, const struct kernel_row *row)
{
    struct conversion *made = conversion_of(row);
    const size_t bytes = (size_t)KERNEL_WIDTH * (row->depth / 8);
    for (size_t y = 0; y < ROWS; y++) {
        const void *in = made->from + y * bytes * made->in;
        void *out = made->to + y * bytes * made->out;
        if (made->shaper != NULL)
            shaper_row(made->shaper, stage->lent.context.simd, in, out, KERNEL_WIDTH, 3);
        else
            pipeline_row(&made->pipeline, stage->lent.context.simd, row->depth, false, in, out, KERNEL_WIDTH);
    }
    return (size_t)KERNEL_WIDTH * ROWS * made->in;
}

static size_t profile_plain(struct stage *stage, const struct kernel_row *row)
{
    struct conversion *made = conversion_of(row);
    const size_t bytes = (size_t)KERNEL_WIDTH * (row->depth / 8);
    (void)stage;
    for (size_t y = 0; y < ROWS; y++)
        made->lcms.convert(made->transform, made->from + y * bytes * made->in,
                           made->to + y * bytes * made->out, KERNEL_WIDTH);
    return (size_t)KERNEL_WIDTH * ROWS * made->in;
}

#define PROFILE_ROW(row_name, bits, kind)                                                                    \
    {                                                                                                        \
        .name = (row_name), .depth = (bits), .choice = (kind), .fast = profile_fast, .plain = profile_plain  \
    }

const struct kernel_row profile_rows[] = {
    PROFILE_ROW("ICC matrix to sRGB", 8, MATRIX),  PROFILE_ROW("ICC table to sRGB", 8, TABLE),
    PROFILE_ROW("ICC CMYK to sRGB", 8, INKS),      PROFILE_ROW("ICC sRGB to CMYK", 8, TO_INKS),
    PROFILE_ROW("ICC matrix to sRGB", 16, MATRIX), PROFILE_ROW("ICC table to sRGB", 16, TABLE),
    PROFILE_ROW("ICC CMYK to sRGB", 16, INKS),     {.name = NULL},
};
