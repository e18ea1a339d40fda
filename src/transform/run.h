/*
 * One run of a recipe on one file, step by step, for transform.c (one result) and several.c (several results
 * of one decode, where runs continue from copies of another's state).
 */
#ifndef TRANSFORM_RUN_H
#define TRANSFORM_RUN_H

#include "base/context.h"
#include "codec/reader.h"
#include "transform/plan.h"
#include "transform/recolor.h"
#include "transform/target.h"
#include "transform/transform.h"

/* What a step found in the pixels (struct filter, measure), for all frames of an animation. */
struct run_found {
    bool known;
    uint32_t width, height; /* of its result */
    unsigned char params[FILTER_PARAMS_MAX];
};

struct run {
    const struct pm_recipe *recipe;
    const struct pm_secrets *secrets; /* NULL: none */
    struct plan plan;
    struct context *context;
    /* Images in the two arenas that must stay: releasing frees only what was allocated after these marks. */
    struct run_floor {
        struct arena *arena;
        struct arena_mark mark;
    } floors[2];
    enum pm_stage stage;
    const uint8_t *data; /* the file, from run_open on */
    size_t size;
    struct reader *reader;   /* NULL until the file is open */
    struct row_source *rows; /* row source of the first step; NULL: the whole image is decoded */
    struct frame_time time;  /* of the current frame */
    enum color_use colors;   /* so far */
    struct recolor recolor;  /* for the file's colours, set when the first frame was converted */
    struct run_found *found; /* one for each step; NULL: not an animation */
    bool settled;            /* the file's metadata (the first frame's) has been updated */
    struct pm_image image;   /* the current image */
    struct shape shape;      /* its shape if the decoder had not shrunk it */
    /* Since decoding: */
    bool transposed; /* width and height were swapped */
    bool reframed;   /* cropped, rotated or mirrored; or a part was hidden */
};

/* Each returns 0, or -1 with the context's error filled. */

/* Opens the file by run->plan. */
int run_open(struct run *run, const uint8_t *data, size_t size);

/* Decodes the next frame, or sets up its row source, to run->image; decrypts it and applies the
 * orientation. */
int run_load(struct run *run);

/* Converts the colours, if this is the place for it, before step `step` or, after the last, the encoder. */
int run_recolor(struct run *run, size_t step);

/* Step `index`, on the current image. */
int run_step(struct run *run, size_t index);

/* The same, from an image that an equivalent step made larger: `from` is the state before that step, the
 * current image its result. Only for filters whose apply_rows is not used. */
int run_step_from(struct run *run, const struct run *from, size_t index);

/* Lets step `index`, whose filter joins, look at the current frame without changing it. */
int run_look(struct run *run, size_t index);

/* Makes the next frame, or the still image, from the file to what the encoder accepts. */
int run_frame(struct run *run);

/* After the last step: converts to what the encoder accepts, with updated metadata; encrypts if the recipe
 * says so. */
int run_finish(struct run *run);

/* Replaces the file at out->data[start], of the current image, by one with the input's coded data if that is
 * smaller (plan.copies). */
int run_keep_smaller(struct run *run, size_t start, struct buffer *out);

/* Appends the file of the current image to `out`. */
int run_encode(struct run *run, struct buffer *out);

/* Makes all frames of an animation, from an open file, and appends the result's file to `out`. */
int run_animation(struct run *run, struct buffer *out);

/* Releases what a frame took, the first being number 0. `mark`: of the job's arena before the frame. The
 * first one's metadata stay there: they are the file's. */
void run_forget_frame(struct run *run, unsigned number, struct arena_mark mark);

/* Updates the metadata of run->image for the result, once. */
int run_settle(struct run *run);

void run_enter(struct run *run, enum pm_stage stage);

/* Closes the row source and the reader. */
void run_close(struct run *run);

#endif
