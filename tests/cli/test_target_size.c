/* --target-size with the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "temp.h"

TestSuite(target_size, .init = run_begin);

static size_t size_of(const char *path)
{
    size_t size;
    content_of(path, &size);
    return size;
}

Test(target_size, results_fit_and_use_what_they_may)
{
    put_picture("in/a.png", 320, 240);
    put_picture("in/b.jpg", 300, 200);
    struct run run = RUN("run", "in", "-o", "full", "--format=jpeg", "--quality=95");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "-o", "out", "--format=jpeg", "--quality=95", "--target-size=20K");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    for (const char *name = "ab"; *name != '\0'; name++) {
        char full[32], out[32];
        snprintf(full, sizeof full, "full/%c.jpg", *name);
        snprintf(out, sizeof out, "out/%c.jpg", *name);
        cr_expect_gt(size_of(full), 20 * 1024);
        cr_expect_leq(size_of(out), 20 * 1024);
        /* The sizes of a JPEG that is encoded again have steps, where its old quantizers match the new ones.
         */
        cr_expect_geq(size_of(out), (*name == 'a' ? 18 : 13) * 1024, "%s: %zu bytes", out, size_of(out));
        expect_picture(out, "jpeg", *name == 'a' ? 320 : 300, *name == 'a' ? 240 : 200);
    }
    /* What fits anyway is as without it. */
    run = RUN("run", "in", "-o", "large", "--format=jpeg", "--quality=95", "--target-size=2M");
    cr_expect(same_bytes("full/a.jpg", "large/a.jpg"));
}

Test(target_size, is_the_same_on_every_backend)
{
    put_picture("in/a.png", 160, 120);
    struct run run =
        RUN("run", "in", "-o", "serial", "--format=webp", "--target-size=6K", "--backend=serial");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_expect_leq(size_of("serial/a.webp"), 6 * 1024);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        run = RUN("run", "in", "-o", "out", "--format=webp", "--target-size=6K", by);
        cr_expect(same_bytes("serial/a.webp", "out/a.webp"), "%s", (*backend)->name);
    }
}

Test(target_size, what_cannot_fit_fails_with_its_size)
{
    put_picture("in/a.png", 320, 240);
    struct run run = RUN("run", "in", "-o", "out", "--format=jpeg", "--target-size=300");
    expect(&run, 1,
           "bytes even at quality 1, more than target-size 300 (make it smaller first, with resize)");
    expect_files("out", 0);
    run = RUN("run", "in", "-o", "out", "--target-size=20K");
    expect(&run, 1, "png has no quality to reach target-size with (choose format=jpeg, webp or avif)");
}
