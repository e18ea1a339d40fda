/* No file is written with a codec that can't read it back. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "codec/options.h"
#include "codec/part.h"
#include "codec/reader.h"
#include "image/image.h"
#include "lent.h"

extern const struct codec codec_jpeg, codec_png;

static struct pm_image make_image(struct lent *lent)
{
    const struct shape shape = {.width = 40, .height = 30, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    for (uint32_t y = 0; y < 30; y++)
        memset(plane_row(&image.plane[0], y), 100, 40 * 3);
    return image;
}

/* --- encoders that go wrong ------------------------------------------------------------------------ */

static const struct codec *real;
static unsigned calls;

static int encode_less(const struct pm_image *image, const void *asked, struct buffer *out,
                       struct context *context)
{
    int status = real->encode(image, asked, out, context);
    out->size -= out->size / 4;
    return status;
}

/* Well-formed, but not the image. */
static int encode_other(const struct pm_image *image, const void *asked, struct buffer *out,
                        struct context *context)
{
    const uint8_t first = *image->plane[0].data;
    *image->plane[0].data = (uint8_t)(first ^ 0x80);
    int status = real->encode(image, asked, out, context);
    *image->plane[0].data = first;
    return status;
}

static int encode_lost_bits(const struct pm_image *image, const void *asked, struct buffer *out,
                            struct context *context)
{
    int status = real->encode(image, asked, out, context);
    if (status == 0)
        memset(out->data + out->size - out->size / 8, 0x55, out->size / 16);
    return status;
}

/* Like a library with an error in one of its two ways of encoding. */
static int encode_other_rows(const struct pm_image *image, const void *asked, struct buffer *out,
                             struct context *context)
{
    return image->nplanes == 1 ? encode_other(image, asked, out, context)
                               : real->encode(image, asked, out, context);
}

static int encode_nothing(const struct pm_image *image, const void *asked, struct buffer *out,
                          struct context *context)
{
    (void)image, (void)asked, (void)out, (void)context, (void)context->error;
    return 0;
}

static int encode_without_memory(const struct pm_image *image, const void *asked, struct buffer *out,
                                 struct context *context)
{
    (void)image, (void)asked, (void)out, (void)context;
    return error_memory(context->error, 0);
}

static int encode_counted(const struct pm_image *image, const void *asked, struct buffer *out,
                          struct context *context)
{
    calls++;
    return real->encode(image, asked, out, context);
}

static int frame_with_warning(struct reader *reader, struct frame *frame, struct context *context)
{
    context_warn(context, "is doubtful");
    return real->frame(reader, frame, context);
}

static enum pm_error_kind outcome(const struct codec *codec, struct buffer *out, struct pm_error *error)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = make_image(&lent);
    *error = (struct pm_error){0};
    lent.context.error = error;
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(codec, options);
    int status = codec_encode(codec, &image, options, out, &lent.context);
    cr_assert_eq(status == 0, error->kind == PM_OK);
    lent_free(&lent);
    return error->kind;
}

Test(self_test, nothing_is_written_that_reads_back_otherwise)
{
    static int (*const encoders[])(const struct pm_image *, const void *, struct buffer *,
                                   struct context *) = {encode_less, encode_other, encode_other_rows,
                                                        encode_lost_bits, encode_nothing};
    static const struct codec *const reals[] = {&codec_jpeg, &codec_png};
    for (size_t i = 0; i < 2 * sizeof encoders / sizeof *encoders; i++) {
        real = reals[i % 2];
        struct codec codec = *real;
        struct buffer out = {0};
        struct pm_error error;
        codec.encode = encoders[i / 2];
        cr_expect_eq(outcome(&codec, &out, &error), PM_ERROR_INTERNAL, "%s, encoder %zu", real->name, i / 2);
        cr_expect_eq(out.size, 0);
        cr_expect_not_null(strstr(error.message, real->name), "%s", error.message);
        cr_expect_not_null(strstr(error.message, "can't be read back"), "%s", error.message);
        buffer_free(&out);
    }
}

Test(self_test, nothing_is_written_that_reads_back_with_a_warning)
{
    struct buffer out = {0};
    struct pm_error error;
    real = &codec_jpeg;
    struct codec codec = codec_jpeg;
    codec.frame = frame_with_warning;
    cr_assert_eq(outcome(&codec, &out, &error), PM_ERROR_INTERNAL);
    cr_assert_not_null(strstr(error.message, "is doubtful"), "%s", error.message);
    cr_assert_eq(out.size, 0);
    buffer_free(&out);
}

Test(self_test, want_of_memory_is_no_verdict)
{
    struct buffer out = {0};
    struct pm_error error;
    real = &codec_png;
    struct codec codec = codec_png;
    codec.encode = encode_without_memory;
    cr_assert_eq(outcome(&codec, &out, &error), PM_ERROR_MEMORY);
    codec.encode = encode_counted;
    cr_assert_eq(outcome(&codec, &out, &error), PM_OK);
    cr_assert_eq(calls, 2, "a test image and the image itself");
    buffer_free(&out);
}

/* A cancellation during the test is not a failure of the codec. */
static int stop(struct context *context)
{
    (void)context;
    return error_set(context->error, PM_ERROR_TIMEOUT, "stopped");
}

static void hear(struct context *context, const char *message)
{
    (void)context;
    cr_assert_fail("%s", message);
}

Test(self_test, it_takes_no_memory_for_long_and_is_not_stopped)
{
    static const struct context_ops ops = {.checkpoint = stop, .warn = hear};
    for (size_t i = 0; codecs[i] != NULL; i++) {
        if (!codec_writes(codecs[i]) || codec_part_find(codecs[i], &(struct pm_error){0}) != 0)
            continue;
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = make_image(&lent);
        struct buffer out = {0};
        const size_t used = lent.arena.used;
        lent.context.ops = &ops;
        alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
        codec_options_init(codecs[i], options);
        codec_encode(codecs[i], &image, options, &out, &lent.context);
        cr_expect_eq(lent.error.kind, PM_ERROR_TIMEOUT, "%s: only the image itself is stopped: %s",
                     codecs[i]->name, lent.error.message);
        cr_expect_eq(lent.arena.used, used);
        cr_expect_eq(lent.spare.used + lent.job_arena.used, 0);
        buffer_free(&out);
        lent_free(&lent);
    }
}

enum { THREADS = 8 };

static void *encode_in_thread(void *argument)
{
    struct pm_error *error = argument;
    struct buffer out = {0};
    for (size_t i = 0; codecs[i] != NULL && error->kind == PM_OK; i++) {
        out.size = 0;
        if (codec_writes(codecs[i]))
            outcome(codecs[i], &out, error);
    }
    buffer_free(&out);
    return NULL;
}

Test(self_test, many_threads_may_be_the_first_together)
{
    pthread_t threads[THREADS];
    static struct pm_error errors[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, encode_in_thread, &errors[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(errors[i].kind, PM_OK, "%s", errors[i].message);
    }
}
