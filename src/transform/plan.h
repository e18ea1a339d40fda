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
    /* Chroma sampling of a result that holds YCC planes. */
    unsigned result_sampling_x, result_sampling_y;
    /* Chroma sampling that YCC planes end in: the result's, or 1, 1 to be merged. */
    unsigned sampling_x, sampling_y;
    /* Bits of the samples that a resize makes of YCC planes: 16, wide, where all planes end at full size, so
     * that what they come to can be held within RGB. */
    unsigned plane_depth;
    struct shape start; /* what the first step sees: full size, oriented */
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

/* The shape that a picture of `shape` gets in a file of `format`: YCC planes become RGB, and so do inks;
 * alpha is laid over `background`, for which grey becomes RGB when that is not grey; 16 bits become 8; each
 * only where the format does not hold it as it is. */
struct shape plan_fitted(const struct shape *shape, const struct codec *format, const uint8_t background[3]);

/* The shape of the samples in a file as a decoder delivers them. */
struct shape plan_input_shape(const struct pm_info *info);

#endif
