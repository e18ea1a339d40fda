/* What workers do with images: transform, as a backend wants it. */
#ifndef BATCH_WORK_H
#define BATCH_WORK_H

#include "backend/backend.h"
#include "transform/recipe.h"

/* Every job by one recipe, which must outlive the backend's crew. */
struct work work_for_recipe(const struct pm_recipe *recipe);

/* Each job by the recipe that its argument is the text of, with the NUL at its end. */
struct work work_for_any_recipe(void);

/* Sets job->charge to the memory that the job takes at most: its file of `size` bytes, its decoded pixels and
 * its largest possible result, told from the file's header. Returns 0, or -1 with job->result.error filled:
 * the recipe can't be done on such a file, or it takes more than `available` bytes. */
int work_charge(const struct pm_recipe *recipe, const struct pm_info *info, uint64_t size,
                uint64_t max_pixels, uint64_t available, struct job *job);

/* The same for a charge that is known. */
int work_set_charge(uint64_t charge, uint64_t available, struct job *job);

#endif
