/* What workers do with images: transform, as a backend wants it. */
#ifndef BATCH_WORK_H
#define BATCH_WORK_H

#include "backend/backend.h"
#include "transform/recipe.h"

/* Every job by one recipe, which must outlive the backend's crew. */
struct work work_for_recipe(const struct pm_recipe *recipe);

/* Each job by the recipe that its argument is the text of, with the NUL at its end. */
struct work work_for_any_recipe(void);

#endif
