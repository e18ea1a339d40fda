/*
 * Reading the files of second pictures (transform/pictures.h), before any work. They are decoded like images:
 * by a worker process in its sandbox if the backend has processes, else by the calling thread.
 */
#ifndef BATCH_LOAD_PICTURES_H
#define BATCH_LOAD_PICTURES_H

#include "batch/settings.h"
#include "transform/recipe.h"

/* Limits: bytes of a file; files of a folder. Pictures may take half of the memory that an image may take,
 * backend->max_bytes. */
enum { LOAD_PICTURE_BYTES = 64 << 20, LOAD_PICTURES_MAX = 256 };

/* Reads the files that the recipe's steps name, relative to the current folder, into a new set, *pictures,
 * which recipe->pictures becomes and which the caller frees even after an error; NULL: there are none.
 * `backend` is complete. Returns 0, or -1 with `error` filled, the file's name in its message. */
int load_variant_pictures(struct variants *variants, const struct backend_config *backend,
                          struct pictures **pictures, struct pm_error *error);

/* The same for one recipe. */
int load_recipe_pictures(struct pm_recipe *recipe, const struct backend_config *backend,
                         struct pictures **pictures, struct pm_error *error);

/* Reads all pictures in a folder, but no hidden ones and none in folders below, each under its name. Files
 * that are not pictures are skipped. NULL with `error` filled if one can't be read or decoded. */
struct pictures *load_picture_folder(const char *path, const struct backend_config *backend,
                                     struct pm_error *error);

#endif
