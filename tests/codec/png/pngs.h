/* PNG files for tests: built piece by piece, and decoded by libpng. */
#ifndef TESTS_CODEC_PNGS_H
#define TESTS_CODEC_PNGS_H

#include "base/buffer.h"
#include "codec/png/source.h"
#include "codec/png/write.h"
#include "codec/reader.h"
#include "conformance.h"
#include "lent.h"

extern const struct codec codec_png;

/* xorshift64*: the same numbers on every machine. Seeds must not be 0. */
uint64_t random_next(uint64_t *state);

/* A whole file in memory; cr_asserts that it can be read. */
struct buffer file_bytes(const char *path);

/* Appends the signature and IHDR; then one chunk after the other. */
void made_begin(struct buffer *out, const struct png_header *header);
void made_chunk(struct buffer *out, const char *type, const void *data, size_t size);
/* Appends `bytes` as a zlib stream in IDAT chunks of at most `most` bytes each. */
void made_pixels(struct buffer *out, const uint8_t *bytes, size_t size, size_t most);
/* A whole file of random samples; each row's filter is filters[y % nfilters]. */
struct buffer made_file(const struct png_header *header, const uint8_t *filters, size_t nfilters,
                        uint64_t *seed);

/* Counts warnings of lent->context from now on, and stores their messages, each ended by '\n'. */
struct warnings {
    unsigned count;
    char text[4096];
};
void collect_warnings(struct lent *lent, struct warnings *warnings);

/* The reader of an animation's frames; NULL with lent->error filled. */
struct reader *png_open_animation(struct lent *lent, const struct buffer *file, bool allow_truncated);

/* Corrects the CRC of every chunk that lies within the file. */
void fix_checksums(uint8_t *data, size_t size);

/* A file decoded by libpng's high-level interface: rows of `row_bytes` without gaps, expanded to 8 or 16
 * bits, palettes and transparency applied. `pixels` is malloc'ed; NULL: libpng rejects the file. */
struct plain_picture {
    uint8_t *pixels;
    size_t row_bytes;
    uint32_t width, height;
    unsigned channels, depth;
};
struct plain_picture plain_decode(const uint8_t *data, size_t size);

/* Decodes by the codec and compares every sample with `expected`; a failed assertion says where. */
void assert_same_pixels(const struct pm_image *image, const struct plain_picture *expected, const char *name);

#endif
