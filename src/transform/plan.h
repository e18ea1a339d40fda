/*
 * The plan: what a recipe will do to one particular file, told from the file's header alone. It is made once
 * a job, where the job is admitted: the budget charges the job by it, and transform decodes by it, also in
 * another process (struct plan_message).
 */
#ifndef TRANSFORM_PLAN_H
#define TRANSFORM_PLAN_H

#include "transform/recipe.h"

struct plan {
    const struct codec *input;     /* the file's codec, */
    struct pm_info info;           /* and what it said of the header */
    const struct codec *format;    /* of the result */
    unsigned first;                /* number of the first frame that it takes, from 1 */
    unsigned frames;               /* that the result will have */
    struct decode_request request; /* how to decode */
    bool upright;                  /* the EXIF orientation is applied before the first step */
    struct pm_pixel_format planes; /* of YCC: what a resize makes of the planes */
    struct shape start;            /* what the first step sees: full size, oriented */
    struct shape result;
    uint64_t work_bytes;   /* memory for decoding and filtering at most */
    uint64_t result_bytes; /* the largest possible result */
};

/* Plans `recipe` for a file with header `info`; `input` is its codec. `max_pixels` bounds every picture on
 * the way (0: no limit). Returns 0, or -1 with `error` filled: it can't be done on such a file. */
int plan_make(const struct pm_recipe *recipe, const struct codec *input, const struct pm_info *info,
              uint64_t max_pixels, struct plan *plan, struct pm_error *error);

/* Probes and plans for a file in memory. Returns 0, or -1 with `error` filled. */
int plan_make_for(const struct pm_recipe *recipe, const uint8_t *data, size_t size, uint64_t max_pixels,
                  struct plan *plan, struct pm_error *error);

/* A plan as plain bytes that mean the same in another process of this program: codecs are named by their
 * place in the table, for one that is loaded later may be anywhere. */
struct plan_message {
    struct plan plan;      /* without its pointers */
    uint8_t input, format; /* places in codecs[] */
};
void plan_pack(const struct plan *plan, struct plan_message *message);

/* Returns 0, or -1 with `error` filled when no plan_pack made the message. */
int plan_unpack(const struct plan_message *message, struct plan *plan, struct pm_error *error);

/* Changes *shape, in a format that the step's filter accepts, to what the step makes of it. The plan goes
 * from step to step so, and so does the run. Returns 0, or -1 with `error` filled. */
int plan_step(const struct plan *plan, const struct recipe_step *step, struct shape *shape,
              struct pm_error *error);

#endif
