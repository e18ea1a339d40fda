/* Several results of an input: --widths, --format=LIST, --variant, --name, --manifest. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "base/json_read.h"
#include "cli/run.h"
#include "io/engine.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("in/a.png", 90, 60);
    put_picture("in/deep/b.jpg", 120, 80);
    put_picture_of("in/c.png", 30, 50, PM_COLOR_GRAY, true, 16);
}

#define MANY                                                                                                 \
    "--widths=20,40,100", "--format=webp,jpeg", "--variant=square:resize=16x16^/crop=16x16,gravity=center",  \
        "--variant=full:sharpen=1/format=png"
enum { RESULTS = 3 * 2 + 2 + 1 };

Test(results, are_the_product_of_widths_and_formats_and_the_variants)
{
    begin();
    struct run run = RUN("run", "in", "-o", "out", MANY);
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    expect_files("out", 3 * RESULTS);
    expect_picture("out/a-20w.webp", "webp", 20, 13);
    expect_picture("out/a-40w.jpg", "jpeg", 40, 27);
    expect_picture("out/a-100w.jpg", "jpeg", 90, 60);
    expect_picture("out/deep/b-100w.webp", "webp", 100, 67);
    expect_picture("out/deep/b-square.webp", "webp", 16, 16);
    expect_picture("out/deep/b-square.jpg", "jpeg", 16, 16);
    expect_picture("out/deep/b-full.png", "png", 120, 80);
}

Test(results, are_the_same_on_every_backend_and_engine)
{
    begin();
    struct run best = RUN("run", "in", "-o", "best", "--backend=serial", "--io=sync", MANY);
    expect_summary(&best, "3 images: 3 ok, 0 skipped, 0 failed");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
            char by[32], io[32], out[40], compare[120];
            if ((*backend)->why_not() != NULL || (*engine)->why_not() != NULL)
                continue;
            snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
            snprintf(io, sizeof io, "--io=%s", (*engine)->name);
            snprintf(out, sizeof out, "%s-%s", (*backend)->name, (*engine)->name);
            struct run run =
                RUN("run", "in", "-o", out, by, io, (*backend)->one_worker ? "-j1" : "-j2", MANY);
            expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
            snprintf(compare, sizeof compare, "diff -r best %s >/dev/null", out);
            cr_expect_eq(system(compare), 0, "%s", out);
        }
    }
}

Test(results, the_strict_sandbox_makes_them_too)
{
    begin();
    struct run run = RUN("run", "in", "-o", "out", "--backend=procs", STRICTEST, MANY);
    if (run.status == 2)
        cr_skip_test("no strict sandbox here: %s", run.err);
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    struct run threads = RUN("run", "in", "-o", "threads", MANY);
    expect_summary(&threads, "3 images: 3 ok, 0 skipped, 0 failed");
    cr_expect_eq(system("diff -r out threads >/dev/null"), 0);
}

/* b.jpg has a result that is too large for its format; then a folder is where a result should be. */
Test(results, of_an_image_that_fails_are_none)
{
    begin();
    put_picture("in/wide.png", 9000, 2);
    struct run run = RUN("run", "in", "-o", "out", "--widths=20,9000", "--format=png", "--max-pixels=17000",
                         "--variant=large:resize=!9000x2");
    expect(&run, 2, "resize");
    run = RUN("run", "in", "-o", "out", "--widths=20", "--format=png", "--variant=large:resize=8000x8000!",
              "--max-pixels=1000000");
    expect_summary(&run, "4 images: 0 ok, 0 skipped, 4 failed");
    expect_files("out", 0);
    cr_assert(mkdir("out", 0755) == 0 && mkdir("out/a-40w.png", 0755) == 0);
    run = RUN("run", "in", "-o", "out", "--widths=20,40", "--format=png");
    expect_summary(&run, "4 images: 3 ok, 0 skipped, 1 failed");
    cr_expect_neq(access("out/a-20w.png", F_OK), 0);
    expect_files("out", 6);
}

Test(results, names_have_what_the_template_says)
{
    begin();
    struct run run = RUN("run", "in", "-o", "out", "--widths=20,40", "--format=webp",
                         "--name={variant}/{dir}/{n}-{stem}_{width}x{height}.{ext}");
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    expect_files("out", 6);
    expect_picture("out/20w/1-a_20x13.webp", "webp", 20, 13);
    expect_picture("out/40w/deep/3-b_40x27.webp", "webp", 40, 27);
    expect_picture("out/40w/2-c_40x50.webp", "webp", 30, 50);
    run = RUN("run", "in", "-o", "one", "--resize=10x", "--name={stem}-small.{ext}");
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    expect_picture("one/deep/b-small.jpg", "jpeg", 10, 7);
}

/* By sha256sum, another program. */
Test(results, a_name_without_a_suffix_is_warned_of)
{
    begin();
    static const char warning[] =
        "pixmill: warning: results are named without a suffix: --name has no {ext} (such as {stem}.{ext})\n";
    struct run without = RUN("run", "in/a.png", "-o", "out", "--name={stem}-v1.0", "--resize=9x");
    expect(&without, 0, warning);
    struct run with = RUN("run", "in/a.png", "-o", "out", "--name={stem}.small.png", "--resize=9x");
    expect(&with, 0, "1 images: 1 ok");
    cr_expect_null(strstr(with.err, warning));
}

Test(results, a_hash_is_that_of_the_content)
{
    begin();
    struct run run = RUN("run", "in/a.png", "-o", "out", "--widths=20,40", "--name={hash}.{ext}");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_files("out", 2);
    cr_expect_eq(system("cd out && for f in *.png; do sha256sum $f | grep -q ^${f%.png} || exit 1; done"), 0);
    /* Two inputs with the same content share their results. */
    cr_assert_eq(system("cp in/a.png in/a2.png"), 0);
    run = RUN("run", "in/a.png", "in/a2.png", "-o", "out", "--widths=20,40", "--name={hash}.{ext}");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_files("out", 2);
}

Test(results, clashes_are_refused_before_any_work)
{
    begin();
    static const struct {
        const char *options[3], *words;
    } clashes[] = {
        {{"--widths=20,40", "--name={stem}.{ext}"}, "two results of an input would have one name"},
        {{"--widths=20", "--format=jpeg,png", "--name={stem}-{width}.x"}, "two results of an input"},
        {{"--widths=20", "--name=x-{width}.{ext}"}, "would both be written to out/x-20.png"},
        {{"--widths=20", "--name={stem}-{nothing}.{ext}"}, "'{nothing}' is unknown"},
        {{"--widths=20", "--name=../{stem}.{ext}"}, "not a path below the output folder"},
        {{"--name={variant}.{ext}"}, "{variant} has no value"},
        {{"--widths=20,20"}, "20 is given twice"},
        {{"--widths=0"}, "needs widths from 1"},
        {{"--widths=20,x"}, "needs widths from 1"},
        {{"--format=jpeg,jpg"}, "is given twice"},
        {{"--format=jpeg,xyz"}, "format 'xyz' is unknown"},
        {{"--variant=resize=20x"}, "needs a name and a recipe"},
        {{"--variant=../a:resize=20x"}, "needs a name and a recipe"},
        {{"--variant=a:resize=20x", "--variant=a:flip"}, "the name a is given twice"},
        {{"--variant=a:resize=x20x"}, "resize"},
        {{"--variant=a:encrypt"}, "for all results"},
        {{"--widths=20", "--name={height}.{ext}", "--skip-existing"}, "not known before"},
    };
    for (size_t i = 0; i < sizeof clashes / sizeof *clashes; i++) {
        const char *arguments[8] = {"run", "in", "-o", "out"};
        memcpy(arguments + 4, clashes[i].options, sizeof clashes[i].options);
        struct run run = run_with(&(struct start){0}, arguments);
        expect(&run, 2, clashes[i].words);
        cr_expect_neq(access("out", F_OK), 0, "%s", clashes[i].words);
    }
    /* Another input's result, and an input. */
    put_picture("in/a-20w.png", 9, 9);
    struct run run = RUN("run", "in/a.png", "in/a-20w.png", "-o", "in", "--widths=20");
    expect(&run, 2, "would overwrite the input in/a-20w.png");
    struct run key = RUN("run", "in", "-o", "out", "--widths=20,40", "--encrypt", "--key-file=k");
    expect(&key, 2, "one encrypted result");
}

/* Known only when the results are there. */
Test(results, late_clashes_fail_one_of_the_two)
{
    run_begin();
    put_picture("in/a.png", 90, 60);
    put_picture("in/b.png", 90, 60);
    put_picture("in/c.png", 90, 30);
    struct run run = RUN("run", "in", "-o", "out", "--resize=30x", "--name=x-{height}.png", "-j1");
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
    expect(&run, 1, "would be written to out/x-20.png");
    expect_files("out", 2);
}

Test(results, are_skipped_where_all_exist)
{
    begin();
    struct run run = RUN("run", "in", "-o", "out", MANY);
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    cr_assert_eq(unlink("out/a-40w.jpg"), 0);
    run = RUN("run", "in", "-o", "out", MANY, "--skip-existing");
    expect_summary(&run, "3 images: 1 ok, 2 skipped, 0 failed");
    expect_files("out", 3 * RESULTS);
}

/* Also with names that are not known beforehand, and with paths that need escaping. */
Test(results, the_journal_knows_all_of_them)
{
    begin();
    put_picture("in/50% of d.png", 33, 22);
    const char *const template = "--name={stem} {variant} {hash}.{ext}";
    struct run run = RUN("run", "in", "-o", "out", MANY, template, "--journal=j");
    expect_summary(&run, "4 images: 4 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "-o", "out", MANY, template, "--journal=j", "--resume");
    expect_summary(&run, "4 images: 0 ok, 4 skipped, 0 failed");
    size_t size;
    const char *lines = content_of("j", &size);
    unsigned count = 0;
    for (const char *at = lines; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    cr_expect_eq(count, 1 + 4, "one line for each image");
    cr_assert_eq(system("rm out/50*square*webp"), 0);
    run = RUN("run", "in", "-o", "out", MANY, template, "--journal=j", "--resume");
    expect_summary(&run, "4 images: 1 ok, 3 skipped, 0 failed");
    run = RUN("run", "in", "-o", "out", "--widths=20,40", template, "--journal=j", "--resume");
    expect_summary(&run, "4 images: 4 ok, 0 skipped, 0 failed");
}

Test(results, the_log_has_one_line_for_each_image)
{
    begin();
    struct run run = RUN("run", "in/a.png", "-o", "out", "--widths=20,40", "--log=log");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    size_t size;
    const char *log = content_of("log", &size);
    cr_expect_eq(strchr(log, '\n'), log + size - 1, "%s", log);
    cr_expect(strstr(log, "\"results\": [{\"output\": \"out/a-20w.png\", \"bytes\": ") != NULL, "%s", log);
    cr_expect(strstr(log, "\"width\": 20, \"height\": 13}, {\"output\": \"out/a-40w.png\"") != NULL, "%s",
              log);
}

Test(results, a_dry_run_names_them)
{
    begin();
    struct run run =
        RUN("run", "in/a.png", "-o", "out", "-n", "--widths=20,40", "--name={stem}-{width}-{hash}.{ext}");
    cr_expect_str_eq(run.out, "in/a.png -> out/a-20-{hash}.png, out/a-40-{hash}.png\n");
    cr_expect_neq(access("out", F_OK), 0);
}

/* The manifest by another program's JSON parser. */
Test(results, the_manifest_lists_sources_results_and_markup)
{
    begin();
    struct run run = RUN("run", "in", "-o", "out", MANY, "--manifest=m.json");
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    static const char check[] =
        "import json, hashlib, os\n"
        "m = json.load(open('m.json'))\n"
        "assert [i['source'] for i in m['images']] == ['in/a.png', 'in/c.png', 'in/deep/b.jpg'], m\n"
        "for i in m['images']:\n"
        "    assert i['bytes'] == os.path.getsize(i['source'])\n"
        "    assert len(i['results']) == 9\n"
        "    for r in i['results']:\n"
        "        data = open('out/' + r['file'], 'rb').read()\n"
        "        assert len(data) == r['bytes'] and hashlib.sha256(data).hexdigest() == r['sha256'], r\n"
        "i = m['images'][2]\n"
        "assert (i['width'], i['height']) == (120, 80)\n"
        "assert i['srcset'] == {'image/webp': 'deep/b-20w.webp 20w, deep/b-40w.webp 40w, deep/b-100w.webp 100w',"
        " 'image/jpeg': 'deep/b-20w.jpg 20w, deep/b-40w.jpg 40w, deep/b-100w.jpg 100w'}, i['srcset']\n"
        "assert m['images'][1]['srcset']['image/jpeg'] == 'c-20w.jpg 20w, c-40w.jpg 30w'\n"
        "assert i['picture'].startswith('<picture><source type=\"image/webp\" srcset=\"deep/b-20w.webp 20w, ')\n"
        "assert '<img src=\"deep/b-100w.jpg\" ' in i['picture'], i['picture']\n";
    cr_assert_not_null(temp_text("check.py", check));
    if (system("python3 -c '' 2>/dev/null") != 0)
        cr_skip_test("no python3");
    cr_expect_eq(system("python3 check.py"), 0);
    /* What is skipped keeps its line; what is new is added in the order of the inputs. */
    put_picture("in/b b.png", 30, 20);
    run = RUN("run", "in", "-o", "out", MANY, "--manifest=m.json", "--skip-existing");
    expect_summary(&run, "4 images: 1 ok, 3 skipped, 0 failed");
    static const char again[] =
        "import json\n"
        "m = json.load(open('m.json'))\n"
        "assert [i['source'] for i in m['images']] == ['in/a.png', 'in/b b.png', 'in/c.png', 'in/deep/b.jpg']\n"
        "assert 'b%20b-20w.jpg 20w' in m['images'][1]['srcset']['image/jpeg']\n"
        "assert len(m['images'][0]['results']) == 9\n";
    cr_assert_not_null(temp_text("again.py", again));
    cr_expect_eq(system("python3 again.py"), 0);
}

Test(results, the_manifest_overwrites_nothing)
{
    begin();
    struct run run = RUN("run", "in", "-o", "out", "--widths=20", "--manifest=in/a.png");
    expect(&run, 2, "in/a.png");
    expect_picture("in/a.png", "png", 90, 60);
    run = RUN("run", "in", "-o", "out", "--widths=20", "--manifest=out/a-20w.png");
    expect(&run, 2, "out/a-20w.png");
    cr_assert_not_null(temp_text("notes", "my notes\n"));
    run = RUN("run", "in", "-o", "out", "--widths=20", "--manifest=notes");
    expect(&run, 2, "not a pixmill manifest");
    run = RUN("run", "in", "-o", "out", "--widths=20", "--manifest=m", "--log=m");
    expect(&run, 2, "both the log and the manifest");
    run = RUN("run", "in", "-o", "in", "--widths=20", "--name={stem}.{ext}", "--manifest=m");
    expect(&run, 2, "");
    cr_expect_neq(access("m", F_OK), 0, "a refused run leaves no manifest");
}

/* To the nanosecond, by every engine; of one result and of several. */
Test(results, keep_the_dates_of_their_inputs)
{
    begin();
    cr_assert_eq(system("touch -d '2001-02-03 04:05:06.789' in/a.png in/c.png in/deep/b.jpg"), 0);
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        char io[32];
        if ((*engine)->why_not() != NULL)
            continue;
        snprintf(io, sizeof io, "--io=%s", (*engine)->name);
        struct run run = RUN("run", "in", "-o", "out", io, "--resize=20x", "--keep-dates");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        run = RUN("run", "in", "-o", "out", io, "--widths=20,40", "--keep-dates");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        cr_expect_eq(
            system("test 9 = $(find out -type f | wc -l) && test 0 = $(find out -type f -newer in/a.png | "
                   "wc -l) && test 0 = $(find in -name a.png -newer out/a.png | wc -l)"),
            0, "%s", io);
        run = RUN("run", "in", "-o", "out", io, "--resize=20x");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        cr_expect_eq(system("test 3 = $(find out -type f -newer in/a.png | wc -l) && rm -r out"), 0, "%s",
                     io);
    }
}
