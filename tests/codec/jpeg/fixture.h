/* A context to decode and encode in, that counts what it hears. */
#ifndef TESTS_CODEC_JPEG_FIXTURE_H
#define TESTS_CODEC_JPEG_FIXTURE_H

#include "codec/codec.h"
#include "codec/jpeg/maker.h"

extern const struct codec codec_jpeg;

struct fixture {
    struct context context;
    struct arena arena, spare, job_arena;
    struct pm_error error;
    struct pm_image image;
    unsigned warnings, checkpoints;
    int native;          /* depth of native_begin */
    unsigned stop_after; /* this many checkpoints; 0: never */
    bool lanes_come_and_go;
    char last_warning[256];
    char all_warnings[4096]; /* since the last decoding began, a line each */
};

/* fixture_close frees what every call since took. */
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* Decodes into fixture->image, forgetting the last picture and error. */
int fixture_decode(struct fixture *fixture, const struct buffer *file, const struct decode_request *request);

/* The same of data[size] in a block of exactly that size, so that a sanitizer sees an overrun. */
int fixture_decode_exact(struct fixture *fixture, const uint8_t *data, size_t size,
                         const struct decode_request *request);

int fixture_probe(struct fixture *fixture, const struct buffer *file, struct pm_info *info);

/* Asserts that the plane has the samples of expected[], rows of `width` pixels. */
void fixture_assert_rows(const struct pm_plane *plane, const uint8_t *expected, uint32_t width,
                         const char *what);

/* An interleaved image of samples[width * height * channels]; its memory is the samples'. */
struct pm_image wrap_samples(uint8_t *samples, uint32_t width, uint32_t height, enum pm_color color);

#endif
