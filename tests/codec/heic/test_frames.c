/* Memory for the frames of a HEIC sequence, of videos by ffmpeg's x265, if installed, that are renamed to
 * image sequences. */
#include <malloc.h>

#include "codec/heif/peers.h"
#include "codec/part.h"
#include "codec/peak.h"

extern const struct codec codec_heic;

static struct lent lent;

static void begin(void)
{
    struct pm_error missing = {0};
    if (codec_part_find(&codec_heic, &missing) != 0)
        cr_skip_test("%s", missing.message);
    if (!runs("command -v ffmpeg && ffmpeg -hide_banner -encoders | grep libx265"))
        cr_skip_test("ffmpeg with x265 is not installed (Debian: ffmpeg)");
    lent_init(&lent);
}

static void end(void)
{
    lent_free(&lent);
}

TestSuite(heic_frames, .init = begin, .fini = end, .timeout = 120);

static void rename_box(char *data, size_t size, const char *from, const char *to)
{
    char *at = memmem(data, size, from, 4);
    cr_assert_not_null(at, "%s", from);
    memcpy(at, to, 4);
}

/* Frames that each keep up to 15 others. */
static char *sequence_of(const char *pixels, size_t *size)
{
    char command[512];
    snprintf(
        command, sizeof command,
        "ffmpeg -v error -y -f lavfi -i testsrc2=size=768x768 -frames:v 20 -pix_fmt %s -c:v libx265 -preset "
        "ultrafast -tag:v hvc1 -x265-params "
        "log-level=none:bframes=0:ref=15:level-idc=62:allow-non-conformance=1:keyint=-1 a.mp4",
        pixels);
    cr_assert(runs(command), "%s", command);
    char *data = temp_read(temp_path("a.mp4"), size);
    cr_assert_not_null(data);
    memcpy(data + 8, "hevc", 4); /* the brand */
    rename_box(data, *size, "vide", "pict");
    return data;
}

/* The forecast includes what libde265 allocates with malloc. */
static void check_memory(const char *pixels, bool planes)
{
    size_t size;
    struct lent fresh;
    struct pm_info info;
    struct frame frame;
    struct memory_source memory;
    const struct decode_request request = {.animation = true, .planes = planes};
    char *data = sequence_of(pixels, &size);
    memory_source_init(&memory, data, size);
    cr_assert_eq(codec_probe(&memory.source, &info, &lent.error), &codec_heic, "%s", lent.error.message);
    cr_assert_eq(info.frames, 20);
    lent_init(&fresh);
    (void)malloc_trim(0);
    const long long before = reset_peak();
    struct reader *reader =
        reader_open(&codec_heic, &info, (const uint8_t *)data, size, &request, &fresh.context);
    cr_assert_not_null(reader, "%s", fresh.error.message);
    for (unsigned i = 0; i < info.frames; i++) {
        const struct arena_mark mark = arena_mark(fresh.context.job_arena),
                                image = arena_mark(fresh.context.arena);
        cr_assert_eq(reader_frame(reader, &frame, &fresh.context), 0, "%u: %s", i, fresh.error.message);
        arena_release(fresh.context.arena, image);
        if (i > 0) /* as the plan does it */
            arena_release(fresh.context.job_arena, mark);
    }
    const long long taken = resident("VmHWM:") - before;
    const long long forecast = (long long)codec_heic.decode_bytes(&info, &request);
    cr_expect_leq(taken, forecast, "%s: %lld, forecast %lld", pixels, taken, forecast);
    cr_expect_leq(fresh.arena.peak, (uint64_t)forecast, "%s", pixels);
    cr_expect_geq(taken, forecast / 4, "%s: %lld, forecast %lld", pixels, taken, forecast);
    reader_close(reader);
    lent_free(&fresh);
    free(data);
}

Test(heic_frames, memory_is_as_forecast)
{
    check_memory("yuv420p", true);
    check_memory("yuv444p", false);
    check_memory("yuv444p10", false);
    check_memory("gray", false);
}
