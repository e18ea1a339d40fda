/*
 * The plan: what a recipe will do with one file, computed from the file's header alone. It is made once per
 * job, at admission: it gives the memory to reserve, and transform follows it, possibly in another process
 * (struct plan_message).
 */
#ifndef TRANSFORM_PLAN_H
#define TRANSFORM_PLAN_H

#include "transform/recipe.h"

enum { PLAN_NEVER = RECIPE_STEPS_MAX + 1 };

/* The max memory for the steps, in bytes. */
struct step_memory {
    uint64_t picture; /* the largest image of all steps */
    uint64_t scratch; /* of one step, in addition to its input and result */
};

struct plan {
    const struct codec *input;     /* the file's codec */
    struct pm_info info;           /* its header */
    const struct codec *format;    /* of the result */
    unsigned first;                /* number of the first frame used, from 1 */
    unsigned frames;               /* frames of the result */
    struct decode_request request; /* how to decode */
    enum color_target color;       /* of the result; COLOR_KEEP: that of the input */
    bool applies_gain;             /* the decoded image and its gain map become an HDR picture of 16 bits */
    bool keeps_gain;               /* the result gets the input's gain map */
    bool maps_hdr;                 /* the result can't store HDR, and the input is HDR or may be */
    unsigned channels;             /* of the result for COLOR_FILE, else 0 */
    size_t recolor_at;             /* colours are converted before this step; PLAN_NEVER: not at all */
    size_t srgb_at; /* before that, to sRGB by the profile, with COLOR_FILE (plan_first_of_srgb) */
    bool upright;   /* the EXIF orientation is applied, before the first step; after it, if that reads rows */
    struct pm_pixel_format planes; /* for YCC: the planes' format after a resize */
    struct shape start;            /* input of the first step: full size, oriented */
    struct shape result;
    bool transcodes; /* the result is made of the coded data if the whole file allows it (transcode.h) */
    bool
        copies; /* if the encoded result is larger than one with the input's coded data, that is the result */
    unsigned turn; /* then: the EXIF orientation from which the image is turned upright, steps included */
    bool measures; /* a step's result size depends on its pixels: sizes from there on are upper bounds */
    struct step_memory memory;
    uint64_t work_bytes;   /* max memory for decoding and filtering */
    uint64_t result_bytes; /* the largest possible result */
};

/* Plans `recipe` for a file with header `info`; `input` is its codec. `max_pixels`: limit for every image,
 * intermediate ones included (0: no limit). Returns 0, or -1 with `error` filled if the recipe can't be
 * applied to this file. */
int plan_make(const struct pm_recipe *recipe, const struct codec *input, const struct pm_info *info,
              uint64_t max_pixels, struct plan *plan, struct pm_error *error);

/* Does such a file have, beside its frames, a still picture for programs that show no animation? */
bool plan_has_still(const struct codec *input, const struct pm_info *info);

/* Probes and plans for a file in memory. Returns 0, or -1 with `error` filled. */
int plan_make_for(const struct pm_recipe *recipe, const uint8_t *data, size_t size, uint64_t max_pixels,
                  struct plan *plan, struct pm_error *error);

/* Plans to decode in another way: `request`, which must give at least the pixels that the plan's own does. */
void plan_set_request(const struct pm_recipe *recipe, const struct decode_request *request,
                      struct plan *plan);

/* A plan as bytes, valid in other processes of this program: codecs are given by index, because addresses may
 * differ. */
struct plan_message {
    struct plan plan;      /* without its pointers */
    uint8_t input, format; /* places in codecs[] */
};
void plan_pack(const struct plan *plan, struct plan_message *message);

/* Returns 0, or -1 with `error` filled if plan_pack can't have made the message. */
int plan_unpack(const struct plan_message *message, struct plan *plan, struct pm_error *error);

/* Completes the parameters of step `index` for one image (struct filter, `complete`). Returns 0, or -1 with
 * `error` filled: its second picture was not given. `exif`: what the file's EXIF says of the samples' colours
 * (a plan need not know). */
int plan_complete(const struct pm_recipe *recipe, size_t index, enum pm_exif_color exif,
                  struct recipe_step *complete, struct pm_error *error);

/* Changes the format of *shape, the result of a completed step's filter, to that of the plan's planes. */
void plan_settle_planes(const struct plan *plan, const struct recipe_step *step, struct shape *shape);

/* Plans the steps from `next` on again, for an image whose real shape a step has measured. Returns 0, or -1
 * with `error` filled: they can't be applied to it, or would take more memory than the plan says
 * (PM_ERROR_LIMIT). */
int plan_check_measured(const struct pm_recipe *recipe, const struct plan *plan, size_t next,
                        const struct shape *shape, uint64_t max_pixels, struct pm_error *error);

#endif
