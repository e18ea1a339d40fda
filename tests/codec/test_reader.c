/* Opening and closing a file: it must match its probe, and everything is closed. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/reader.h"
#include "lent.h"

enum failing { NONE, OPEN, FRAME };

static enum failing failing;
static unsigned opened, closed;
static struct pm_info found;

struct own {
    struct reader reader;
    uint64_t state;
};

static int open_own(struct reader *reader, struct context *context)
{
    struct own *own = (struct own *)reader;
    (void)context;
    cr_assert_eq(own->state, 0, "memory is zeroed");
    own->state = 1;
    opened++;
    if (failing == OPEN)
        return error_set(context->error, PM_ERROR_CORRUPT, "is damaged");
    const char *format = reader->info.format;
    reader->info = found;
    reader->info.format = format;
    return 0;
}

static int frame_own(struct reader *reader, struct frame *frame, struct context *context)
{
    (void)context;
    if (failing == FRAME)
        return error_set(context->error, PM_ERROR_CORRUPT, "is damaged");
    frame->image.width = reader->info.width;
    return 0;
}

static void close_own(struct reader *reader)
{
    cr_assert_eq(((struct own *)reader)->state, 1);
    ((struct own *)reader)->state = 2;
    closed++;
}

static const struct codec own_codec = {.name = "own",
                                       .reader_size = sizeof(struct own),
                                       .open = open_own,
                                       .frame = frame_own,
                                       .close = close_own,
                                       .animated = true};

static void begin(void)
{
    found = codec_blank_info("own");
    found.width = found.height = 5;
    found.depth = 8;
    found.pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
}

TestSuite(reader, .init = begin);

static const uint8_t data[4];

static struct reader *open_as(const struct pm_info *info, struct lent *lent)
{
    return reader_open(&own_codec, info, data, sizeof data, &(struct decode_request){0}, &lent->context);
}

Test(reader, is_closed_once_whatever_fails)
{
    static const enum failing all[] = {NONE, OPEN, FRAME};
    for (int i = 0; i < 3; i++) {
        struct lent lent;
        struct pm_image image;
        lent_init(&lent);
        failing = all[i];
        opened = closed = 0;
        const int status =
            reader_decode(&own_codec, data, sizeof data, &(struct decode_request){0}, &image, &lent.context);
        cr_expect_eq(status == 0, failing == NONE);
        cr_expect_eq(opened, 1);
        cr_expect_eq(closed, 1);
        lent_free(&lent);
    }
}

Test(reader, without_memory_nothing_is_opened)
{
    struct lent lent;
    static _Alignas(64) uint8_t little[64];
    lent_init(&lent);
    struct arena full;
    arena_init_in(&full, little, sizeof little);
    while (arena_alloc(&full, 1) != NULL)
        continue;
    lent.context.job_arena = &full;
    cr_assert_null(open_as(NULL, &lent));
    cr_assert_eq(lent.error.kind, PM_ERROR_MEMORY);
    cr_assert_eq(opened + closed, 0);
    lent_free(&lent);
}

/* One member after the other differs from the probe. */
Test(reader, another_header_than_was_probed_is_refused)
{
    const struct pm_info probed = found;
    struct pm_info others[12];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        others[i] = found;
    others[0].width++;
    others[1].height--;
    others[2].depth = 16;
    others[3].pixels.bits = 7;
    others[4].pixels.color = PM_COLOR_YCC;
    others[5].pixels.alpha = PM_ALPHA_STRAIGHT;
    others[6].interlaced = true;
    others[7].encrypted = true;
    others[8].orientation = 6;
    others[9].pixels.sampling_x = 2;
    others[10].pixels.sampling_y = 2;
    others[11].frames = 2;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct lent lent;
        lent_init(&lent);
        opened = closed = 0;
        found = others[i];
        cr_expect_null(open_as(&probed, &lent), "case %zu", i);
        cr_expect_eq(lent.error.kind, PM_ERROR_IO, "case %zu", i);
        cr_expect_not_null(strstr(lent.error.message, "changed while it was read"), "%s", lent.error.message);
        cr_expect_eq(opened, 1);
        cr_expect_eq(closed, 1);
        lent_free(&lent);
    }
    struct lent lent;
    lent_init(&lent);
    found = probed;
    struct reader *reader = open_as(&probed, &lent);
    cr_assert_not_null(reader, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
}
