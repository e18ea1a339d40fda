/* Other programs' edits of a picture, to compare pixmill's with. */
#ifndef TESTS_TRANSFORM_PEERS_H
#define TESTS_TRANSFORM_PEERS_H

#include "base/buffer.h"
#include "image/image.h"
#include "lent.h"

/* Each skips the test, with a message, if the program is not installed: ImageMagick 6's convert; sharp in the
 * folder where scripts/bench-peers.sh installs it. */
void need_convert(void);
void need_sharp(void);

/* Writes a file into the test's folder, which the peers work in. */
void put_file(const char *name, const struct buffer *file);

/* ImageMagick's result of in.png, as 8-bit RGBA. */
struct pm_image convert_peer(struct lent *lent, const char *operations);

/* sharp's result of in.png, as 8-bit RGBA; `calls` is JavaScript: ".median(3)". */
struct pm_image sharp_peer(struct lent *lent, const char *calls);

/* The max difference of 8-bit samples, and the mean. `theirs` has alpha; colour differences are weighted by
 * it. `border`: how many pixels at each edge do not count. */
double peer_distance(const struct pm_image *ours, const struct pm_image *theirs);
double peer_distance_within(const struct pm_image *ours, const struct pm_image *theirs, uint32_t border,
                            double *mean);

#endif
