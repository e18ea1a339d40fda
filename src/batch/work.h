/* What a batch's workers do: transform, as a backend wants it. */
#ifndef BATCH_WORK_H
#define BATCH_WORK_H

#include "backend/backend.h"
#include "transform/recipe.h"

/* `recipe` must outlive the backend's crew. */
struct work work_for_recipe(const struct pm_recipe *recipe);

#endif
