/* The work function that backends call: transforms one image. */
#ifndef BATCH_WORK_H
#define BATCH_WORK_H

#include "backend/backend.h"
#include "transform/variants.h"

/*
 * A job's argument (io/job.h): the plan made at admission, followed, for work_for_any_recipe, by its recipe,
 * truncated after its last step. A worker, perhaps in another process, reads it and does not plan or parse
 * anything.
 */
struct work_argument {
    struct plan_message plan;
    struct recipe_message recipe;
};

/* What must be prepared for a job with this recipe and file (struct work): the parts of its codecs. */
uint32_t work_needs(const struct pm_recipe *recipe, const uint8_t *data, size_t size);

/* All jobs use one recipe, which must outlive the backend's workers. A job without an argument is planned by
 * its worker. */
struct work work_for_recipe(const struct pm_recipe *recipe);

/* The same, with several results a job (io/job.h) where there is more than one variant. */
struct work work_for_variants(const struct variants *variants);

/* Each job has its own recipe, in its struct work_argument; all use these second pictures (NULL: none), which
 * must outlive the backend's workers. */
struct work work_for_any_recipe(const struct pictures *pictures);

/* The jobs' files are second pictures: a result is what pictures_decode makes. */
struct work work_for_pictures(void);

/* Puts the recipe into the argument. Returns the size of the argument. */
size_t work_set_recipe(struct work_argument *argument, const struct pm_recipe *recipe);

/* Plans `recipe` for a file of `size` bytes with header `info`, probed by `codec`, and sets job->charge to
 * the maximum memory that the job needs: the file, its decoded pixels and the largest possible result. The
 * plan is packed into *message. Returns 0, or -1 with job->result.error filled: the recipe can't be done on
 * such a file, or it takes more than `available` bytes. */
int work_plan(const struct pm_recipe *recipe, const struct codec *codec, const struct pm_info *info,
              uint64_t size, uint64_t max_pixels, uint64_t available, struct plan_message *message,
              struct job *job);

/* The same for all variants of a job; the plan in *message is the first one's, with the memory of all. */
int work_plan_variants(const struct variants *variants, const struct codec *codec, const struct pm_info *info,
                       uint64_t size, uint64_t max_pixels, uint64_t available, struct plan_message *message,
                       struct job *job);

/* May colours be converted for any result of the planned job? */
bool work_may_convert(const struct variants *variants, const struct plan_message *message);

/* Sets the charge of a job that was planned before its size was known. Returns as work_plan. */
int work_charge(const struct plan *plan, uint64_t size, uint64_t available, struct job *job);

/* The same with a given charge. */
int work_set_charge(uint64_t charge, uint64_t available, struct job *job);

#endif
