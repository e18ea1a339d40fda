/* Files of every kind that pixmill writes, opened by other programs that are installed. (Samples are compared
 * with AVIF's and JPEG XL's own decoders in tests/codec, with Chromium by `make check-page`.) */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "codec/disc.h"
#include "codec/options.h"
#include "codec/part.h"
#include "temp.h"

enum { WIDTH = 61, HEIGHT = 47, LOOPS = 3 };

extern const struct codec codec_png;

TestSuite(acceptance, .init = run_begin, .timeout = 120);

/* Runs a command of the shell; its output, standard error too, is in the file log. */
__attribute__((format(printf, 1, 2))) static bool runs(const char *format, ...)
{
    char command[512], line[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    snprintf(line, sizeof line, "{ %s; } >log 2>&1", command);
    return system(line) == 0;
}

static const char *log_text(void)
{
    size_t size;
    return content_of("log", &size);
}

static void expect_log(const char *file, const char *text)
{
    cr_expect_not_null(strstr(log_text(), text), "%s: no '%s' in:\n%s", file, text, log_text());
}

static unsigned count_in(const char *text, const char *word)
{
    unsigned count = 0;
    while ((text = strstr(text, word)) != NULL) {
        text += strlen(word);
        count++;
    }
    return count;
}

static void need(const char *program, const char *package)
{
    if (!runs("command -v %s", program))
        cr_skip_test("%s is not installed (Debian: %s)", program, package);
}

static void need_format(const char *suffix)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix(suffix), &missing) != 0)
        cr_skip_test("%s", missing.message);
}

/* Pictures of grey and colour, with and without alpha, of 8 and 16 bits, written as that format. */
static void write_stills(const char *format, const char *option)
{
    put_picture("in/rgb.png", WIDTH, HEIGHT);
    put_picture_of("in/alpha.png", WIDTH, HEIGHT, PM_COLOR_RGB, true, 8);
    put_picture_of("in/grey.png", WIDTH, HEIGHT, PM_COLOR_GRAY, false, 8);
    put_picture_of("in/deep.png", WIDTH, HEIGHT, PM_COLOR_RGB, true, 16);
    put_picture_of("in/deep-grey.png", WIDTH, HEIGHT, PM_COLOR_GRAY, false, 16);
    char word[32];
    snprintf(word, sizeof word, "--format=%s", format);
    struct run run = RUN("run", "in", "-o", "out", word, option);
    expect_summary(&run, "5 images: 5 ok, 0 skipped, 0 failed");
}

static struct pm_image frame_of(struct lent *lent, int kind, unsigned number, unsigned depth)
{
    return disc(lent, kind, 8 + 5 * (int)number, depth);
}

/* DISC_FRAMES frames of 1/30 s, 2/30 s and so on. */
static void write_animation(const char *format, const char *option)
{
    unsigned char options[CODEC_OPTIONS_BYTES];
    struct lent lent;
    lent_init(&lent);
    codec_options_init(&codec_png, options);
    struct buffer file = disc_animation(&lent, &codec_png, options, LOOPS, frame_of, 1, 8);
    temp_write("disc.png", file.data, file.size);
    buffer_free(&file);
    lent_free(&lent);
    char word[32];
    snprintf(word, sizeof word, "--format=%s", format);
    struct run run = RUN("run", "disc.png", "-o", "out", word, option);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
}

static const char *const stills[] = {"rgb", "alpha", "grey", "deep", "deep-grey"};
#define FOR_STILLS(name)                                                                                     \
    for (const char *const *name = stills; name < stills + sizeof stills / sizeof *stills; name++)

Test(acceptance, gifsicle_reads_gif)
{
    need("gifsicle", "gifsicle");
    write_stills("gif", "--no-autorotate");
    FOR_STILLS(name)
    {
        cr_assert(runs("gifsicle --info out/%s.gif", *name), "%s", log_text());
        expect_log(*name, "1 image\n");
        expect_log(*name, "logical screen 61x47");
        cr_expect_null(strstr(log_text(), "warning"), "%s", log_text());
    }
    write_animation("gif", "--no-autorotate");
    cr_assert(runs("gifsicle --info out/disc.gif"), "%s", log_text());
    expect_log("disc", "5 images");
    expect_log("disc", "logical screen 41x30");
    expect_log("disc", "loop count 2"); /* after the first time */
    expect_log("disc", "delay 0.03s");
    expect_log("disc", "delay 0.17s");
}

Test(acceptance, webpinfo_reads_webp)
{
    need("webpinfo", "webp");
    for (int lossless = 0; lossless < 2; lossless++) {
        write_stills("webp", lossless != 0 ? "--lossless" : "--quality=70");
        FOR_STILLS(name)
        {
            cr_assert(runs("webpinfo out/%s.webp", *name), "%s", log_text());
            expect_log(*name, "No error detected.");
            expect_log(*name, "Width: 61");
        }
        write_animation("webp", lossless != 0 ? "--lossless" : "--quality=70");
        cr_assert(runs("webpinfo out/disc.webp"), "%s", log_text());
        expect_log("disc", "No error detected.");
        expect_log("disc", "Loop count      : 3");
        expect_log("disc", "Duration: 33\n");
        expect_log("disc", "Duration: 167\n");
        cr_expect_eq(count_in(log_text(), "Chunk ANMF"), (unsigned)DISC_FRAMES, "%s", log_text());
    }
}

Test(acceptance, tiffinfo_reads_tiff)
{
    static const char *const ways[][2] = {{"--compression=deflate", "Compression Scheme: AdobeDeflate"},
                                          {"--compression=lzw", "Compression Scheme: LZW"},
                                          {"--compression=none", "Compression Scheme: None"}};
    need_format("tif");
    need("tiffinfo", "libtiff-tools");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        write_stills("tiff", ways[i][0]);
        FOR_STILLS(name)
        {
            const bool deep = strncmp(*name, "deep", 4) == 0;
            cr_assert(runs("tiffinfo -D out/%s.tif", *name), "%s", log_text()); /* -D reads the samples */
            expect_log(*name, "Image Width: 61 Image Length: 47");
            expect_log(*name, ways[i][1]);
            expect_log(*name, deep ? "Bits/Sample: 16" : "Bits/Sample: 8");
            cr_expect_eq(strstr(log_text(), "Extra Samples: 1<unassoc-alpha>") != NULL,
                         strcmp(*name, "alpha") == 0 || strcmp(*name, "deep") == 0, "%s", log_text());
            cr_expect(strstr(log_text(), "arning") == NULL && strstr(log_text(), "rror") == NULL, "%s",
                      log_text());
        }
    }
}

Test(acceptance, pngcheck_reads_png)
{
    need("pngcheck", "pngcheck");
    write_stills("png", "--progressive");
    FOR_STILLS(name)
    cr_expect(runs("pngcheck -q out/%s.png", *name), "%s", log_text());
    write_animation("png", "--effort=5");
    cr_expect(runs("pngcheck -q out/disc.png"), "%s", log_text());
}

Test(acceptance, ffprobe_counts_the_frames_of_animations)
{
    static const char *const formats[] = {"gif", "png", "avif"};
    struct pm_error missing = {0};
    need("ffprobe", "ffmpeg");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (codec_part_find(codec_of_suffix(formats[i]), &missing) != 0)
            continue;
        write_animation(formats[i], "--no-autorotate");
        cr_assert(
            runs(
                "ffprobe -v error -count_frames -select_streams v:0 -show_entries stream=nb_read_frames,width"
                " -of default=noprint_wrappers=1 out/disc.%s",
                formats[i]),
            "%s: %s", formats[i], log_text());
        expect_log(formats[i], "width=41\n");
        expect_log(formats[i], "nb_read_frames=5\n");
    }
}

/* The last frame, which refers to those before, is the input's own. */
Test(acceptance, avifdec_shows_each_frame)
{
    need_format("avif");
    need("avifdec", "libavif-bin");
    write_animation("avif", "--lossless");
    struct run frame = RUN("run", "disc.png", "-o", "frame", "--format=png", "--frames=5");
    expect(&frame, 0, "");
    cr_assert(runs("avifdec --index 4 out/disc.avif out/five.png"), "%s", log_text());
    struct run other =
                   RUN("run", "out/five.png", "-o", "other", "--format=webp", "--lossless", "--profile=none"),
               own =
                   RUN("run", "frame/disc.png", "-o", "own", "--format=webp", "--lossless", "--profile=none");
    expect(&other, 0, "");
    expect(&own, 0, "");
    cr_expect(same_bytes("other/five.webp", "own/disc.webp"));
    cr_expect(!runs("avifdec --index 5 out/disc.avif out/six.png"), "there is a sixth frame");
}

Test(acceptance, heif_info_reads_avif)
{
    static const char *const ways[] = {"--bitdepth=8", "--bitdepth=10", "--bitdepth=12"};
    need_format("avif");
    need("heif-info", "libheif-examples");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        write_stills("avif", ways[i]);
        FOR_STILLS(name)
        {
            cr_assert(runs("heif-info out/%s.avif", *name), "%s", log_text());
            expect_log(*name, "image: 61x47");
            expect_log(*name, strcmp(*name, "alpha") == 0 || strcmp(*name, "deep") == 0
                                  ? "alpha channel: yes"
                                  : "alpha channel: no");
        }
    }
}

Test(acceptance, djxl_reads_jpeg_xl)
{
    need_format("jxl");
    need("djxl", "libjxl-tools");
    write_stills("jxl", "--lossless");
    FOR_STILLS(name)
    {
        cr_assert(runs("djxl out/%s.jxl out/%s.png", *name, *name), "%s", log_text());
        char path[64];
        snprintf(path, sizeof path, "out/%s.png", *name);
        expect_picture(path, "png", WIDTH, HEIGHT);
    }
    write_animation("jxl", "--lossless");
    cr_assert(runs("djxl out/disc.jxl out/disc.apng"), "%s", log_text());
    struct run info = RUN("info", "--json", "out/disc.apng");
    cr_expect_not_null(strstr(info.out, "\"frames\": 5, \"loops\": 3,"), "%s", info.out);
    put_picture("photo.jpg", WIDTH, HEIGHT);
    struct run kept = RUN("run", "photo.jpg", "-o", "out", "--format=jxl", "--lossless", "--keep=all");
    expect(&kept, 0, "");
    cr_assert(runs("djxl out/photo.jxl out/photo.jpg"), "%s", log_text());
    cr_expect(same_bytes("photo.jpg", "out/photo.jpg"));
}

/* Size and no complaint, of every format. */
static void expect_known(const char *program, const char *command, const char *shown)
{
    struct pm_error missing = {0};
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if ((*codec)->encode == NULL || codec_part_find(*codec, &missing) != 0)
            continue;
        write_stills((*codec)->name, "--no-autorotate");
        FOR_STILLS(name)
        {
            cr_expect(runs("%s out/%s.%s", command, *name, (*codec)->suffix), "%s: %s %s", program,
                      (*codec)->name, log_text());
            cr_expect_str_eq(log_text(), shown, "%s: %s of %s.%s", program, log_text(), *name,
                             (*codec)->suffix);
        }
    }
}

Test(acceptance, exiftool_knows_every_format)
{
    need("exiftool", "libimage-exiftool-perl");
    expect_known("exiftool", "exiftool -s3 -ImageSize -Warning -Error", "61x47\n");
}

/* ImageMagick's formats depend on how it was built: those of its own. */
Test(acceptance, imagemagick_reads_what_it_knows)
{
    static const char *const formats[] = {"jpg", "png", "gif", "tif", "webp"};
    struct pm_error missing = {0};
    need("identify", "imagemagick");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const struct codec *codec = codec_of_suffix(formats[i]);
        if (codec_part_find(codec, &missing) != 0)
            continue;
        write_stills(codec->name, "--no-autorotate");
        FOR_STILLS(name)
        {
            cr_expect(runs("identify -regard-warnings -format '%%wx%%h\\n' out/%s.%s", *name, codec->suffix),
                      "%s.%s: %s", *name, codec->suffix, log_text());
            expect_log(*name, "61x47\n");
        }
    }
}
