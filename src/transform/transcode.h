/*
 * Results made of the input's coded data (codec/transcode.h): where the recipe changes no sample, or only
 * turns the image, and asks for no other encoding. A format, a quality or another option of the encoder is
 * such a request: then the image is decoded and encoded.
 */
#ifndef TRANSFORM_TRANSCODE_H
#define TRANSFORM_TRANSCODE_H

#include "base/buffer.h"
#include "codec/transcode.h"
#include "transform/run.h"

/* Are files of that format transcoded, where no filter of the recipe changes their samples? */
bool transcode_keeps(const struct pm_recipe *recipe, const struct codec *format);

/* May a recipe transcode files? Not with a first filter that does more than turn. */
static inline bool transcode_may(const struct pm_recipe *recipe)
{
    return recipe->nsteps == 0 || recipe->steps[0].filter->turn != NULL;
}

/* Decides, for a plan that is complete except for its memory, whether the file may be transcoded. */
void transcode_plan(const struct pm_recipe *recipe, struct plan *plan);

/* Of a plan that transcodes: raises its memory to what transcoding takes. */
void transcode_plan_memory(struct plan *plan);

/* Of a plan that transcodes: appends the result to `out`; sets run->image to what it is, without samples.
 * TRANSCODE_NO: nothing was done. */
enum transcode_status transcode_run(struct run *run, const uint8_t *data, size_t size, struct buffer *out);

#endif
