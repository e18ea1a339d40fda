/* BMP, which is only read, with the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "codec/codec.h"
#include "temp.h"

TestSuite(bmp_run, .init = run_begin);

static void put_sample(const char *path)
{
    const struct pm_blob *sample = codec_of_suffix("bmp")->samples;
    temp_write(path, sample->data, sample->size);
}

Test(bmp_run, becomes_a_png_whose_name_says_so)
{
    put_sample("in/a.bmp");
    put_sample("in/B.DIB");
    struct run run = RUN("run", "in", "-o", "out");
    expect(&run, 0, "2 ok");
    expect_picture("out/a.png", "png", 4, 1);
    expect_picture("out/B.png", "png", 4, 1);
    expect_files("out", 2);
    run = RUN("run", "in", "-o", "jpeg", "--format=jpeg", "--resize=2x");
    expect(&run, 0, "2 ok");
    expect_picture("jpeg/a.jpg", "jpeg", 2, 1);
    run = RUN("run", "in", "-o", "out", "--skip-existing");
    expect(&run, 0, "0 ok, 2 skipped");
}

Test(bmp_run, is_no_format_of_results)
{
    put_sample("in/a.bmp");
    struct run run = RUN("run", "in", "-o", "out", "--format=bmp");
    expect(&run, 2, "format 'bmp' is read but not written (one of: same, ");
    run = RUN("help", "formats");
    expect(&run, 0, "");
    cr_expect_not_null(strstr(run.out, "BMP: read, never written"), "%s", run.out);
    run = RUN("info", "in/a.bmp");
    cr_expect_not_null(strstr(run.out, "bmp 4x1, 8-bit"), "%s", run.out);
}

Test(bmp_run, a_png_beside_it_is_not_overwritten)
{
    put_sample("in/a.bmp");
    put_picture("in/a.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "out");
    expect(&run, 2, "a.png");
}

Test(bmp_run, is_the_same_on_every_backend_in_the_strictest_sandbox)
{
    static const char *const backends[] = {"--backend=threads", "--backend=procs", "--backend=omp"};
    put_sample("in/a.bmp");
    struct run run = RUN("run", "in", "-o", "serial", "--backend=serial", "--resize=9x5!");
    expect(&run, 0, "1 ok");
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        const bool procs = strcmp(backends[i], "--backend=procs") == 0;
        run = RUN("run", "in", "-o", "other", backends[i], "--resize=9x5!", procs ? STRICTEST : "-q");
        expect(&run, 0, procs ? "1 ok" : "");
        cr_expect(same_bytes("serial/a.png", "other/a.png"), "%s", backends[i]);
    }
}
