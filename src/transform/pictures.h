/*
 * Second pictures: those that steps of a recipe name (watermark), decoded. The front end reads the files and
 * adds them before the recipe runs; then the set is constant, and all workers use it: threads by pointer,
 * processes by inheritance. So each picture is read and decoded once, and a worker opens nothing.
 */
#ifndef TRANSFORM_PICTURES_H
#define TRANSFORM_PICTURES_H

#include "base/buffer.h"
#include "filter/filter.h"

struct pictures;

/* Is the file an ICC profile? Such a file is kept as it is. */
bool pictures_is_profile(const uint8_t *data, size_t size);

/* An empty set; NULL: no memory. */
struct pictures *pictures_new(void);
void pictures_free(struct pictures *pictures); /* NULL is allowed */

/* Decodes the file data[size], converts its colours to sRGB, applies its orientation, and keeps a copy of
 * both samples and name; a picture already there under this name is replaced. `max_pixels`: limit; 0: none.
 * Returns 0, or -1 with `error` filled. */
int pictures_add(struct pictures *pictures, const char *name, const uint8_t *data, size_t size,
                 uint64_t max_pixels, struct pm_error *error);

/*
 * The same in parts, so that another process can decode the file: pictures_forecast, from the header alone;
 * pictures_decode, in the worker; pictures_take, which trusts nothing that the worker made.
 */

/* Sets *bytes to the max memory that all parts need for the file. Returns 0, or -1 with `error` filled: it
 * can't be a second picture. */
int pictures_forecast(const uint8_t *data, size_t size, uint64_t max_pixels, uint64_t *bytes,
                      struct pm_error *error);

/* Writes the decoded picture into `out`, for pictures_take. Returns 0, or -1 with the context's error filled.
 */
int pictures_decode(const uint8_t *data, size_t size, struct buffer *out, struct context *context);

/* Adds decoded[size], which pictures_decode made of the file data[file_size], as pictures_add does. Returns
 * 0, or -1 with `error` filled. */
int pictures_take(struct pictures *pictures, const char *name, const uint8_t *data, size_t file_size,
                  const struct buffer *decoded, struct pm_error *error);

/* Bytes of memory of all samples. */
uint64_t pictures_bytes(const struct pictures *pictures); /* NULL is allowed: 0 */

/* The picture of that name; NULL if there is none. `pictures` may be NULL. */
const struct filter_picture *pictures_find(const struct pictures *pictures, const char *name);

#endif
