/* `pixmill run` on JPEG XL files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "codec/part.h"
#include "temp.h"

static void begin(void)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix("jxl"), &missing) != 0)
        cr_skip_test("%s", missing.message);
    run_begin();
}

TestSuite(jxl_run, .init = begin);

/* libjxl, built with assertions, prints a trace of each error; in a sandboxed worker that ended the process.
 */
Test(jxl_run, damage_is_reported_by_pixmill_alone, .timeout = 120)
{
    size_t size;
    char name[32];
    put_picture("a.jxl", 61, 47);
    char *file = temp_read("a.jxl", &size);
    for (size_t i = 0; i < size; i += 1 + size / 100) {
        file[i] ^= 0x55;
        snprintf(name, sizeof name, "in/%zu.jxl", i);
        temp_write(name, file, size);
        file[i] ^= 0x55;
    }
    free(file);
    struct run here = RUN("run", "in", "-o", "out", "--format=png"),
               apart = RUN("run", "in", "-o", "out", "--format=png", "--backend=procs", "--sandbox=strict");
    cr_assert_eq(here.status, 1, "%s", here.err);
    cr_assert_eq(apart.status, 1, "%s", apart.err);
    cr_expect_null(strstr(here.err, "JXL_"), "%s", here.err);
    cr_expect_null(strstr(here.err, ".cc:"), "%s", here.err);
    cr_expect_null(strstr(apart.err, "was stopped"), "%s", apart.err);
    cr_expect_not_null(strstr(here.err, "is damaged: libjxl can't decode it"), "%s", here.err);
}

Test(jxl_run, every_backend_decodes_the_same)
{
    put_picture("in/a.jxl", 61, 47);
    put_picture_of("in/b.jxl", 61, 47, PM_COLOR_GRAY, true, 16);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        struct run run = RUN("run", "in", "-o", (*backend)->name, "--format=png", "--resize=40x", by);
        expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
        for (int i = 0; i < 2; i++) {
            char first[64], other[64];
            snprintf(first, sizeof first, "%s/%c.png", backends[0]->name, 'a' + i);
            snprintf(other, sizeof other, "%s/%c.png", (*backend)->name, 'a' + i);
            cr_expect(same_bytes(first, other), "%s differs", other);
        }
    }
}
