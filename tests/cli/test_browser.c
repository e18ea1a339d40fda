/* A page of the manifest's text in a real browser. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "codec/part.h"
#include "temp.h"

TestSuite(browser, .init = run_begin);

extern const struct codec codec_avif;

/* The value of the first "picture" in the manifest, without its escapes. */
static void read_picture(const char *manifest, char *text, size_t size)
{
    static const char name[] = "\"picture\": \"";
    const char *at = strstr(manifest, name);
    size_t used = 0;
    cr_assert_not_null(at);
    for (at += sizeof name - 1; *at != '"' && used + 1 < size; at++) {
        at += *at == '\\';
        text[used++] = *at;
    }
    text[used] = '\0';
}

/* Tells in its title what was loaded. */
static const char script[] =
    "<script>addEventListener('load', () => { const image = document.images[0];"
    " document.title = image.currentSrc.split('/').pop() + (image.naturalWidth > 0 ? ' shown' : ''); });"
    "</script>";

Test(browser, a_browser_takes_the_best_format_and_width)
{
    struct pm_error error = {0};
    char picture[2048], line[4096];
    size_t size;
    if (system("command -v chromium timeout >/dev/null 2>&1") != 0)
        cr_skip_test("chromium is not installed (apt-get install chromium)");
    if (codec_part_find(&codec_avif, &error) != 0)
        cr_skip_test("there is no AVIF here: %s", error.message);
    put_picture("in/a.png", 480, 240);
    struct run run =
        RUN("run", "in", "-o", "out", "--widths=120,240,480", "--format=avif,webp,jpeg", "--manifest=m.json");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    read_picture(content_of("m.json", &size), picture, sizeof picture);
    snprintf(line, sizeof line, "<!doctype html><title></title>%s%s", picture, script);
    temp_text("out/page.html", line);
    snprintf(
        line, sizeof line,
        "timeout 120 chromium --headless --no-sandbox --disable-gpu --window-size=500,500"
        " --user-data-dir='%s/profile' --virtual-time-budget=10000 --dump-dom 'file://%s' >dom 2>/dev/null",
        temp_folder(), temp_path("out/page.html"));
    cr_assert_eq(system(line), 0, "%s", line);
    cr_assert_not_null(strstr(content_of("dom", &size), "<title>a-480w.avif shown</title>"), "%s",
                       content_of("dom", &size));
}
