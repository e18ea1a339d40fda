/* --watermarks: URLs can name only pictures in that folder, as they were when the server started. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "serve/live.h"
#include "temp.h"

static void begin(void)
{
    run_begin();
    put_picture("root/one.png", 60, 40);
    put_picture("root/secret.png", 20, 20);
    put_picture_of("marks/logo.png", 12, 9, PM_COLOR_RGB, true, 8);
    put_picture("marks/.hidden.png", 5, 5);
    temp_text("marks/notes.txt", "no picture");
}

Test(serve_watermarks, only_those_of_the_folder_can_be_named)
{
    begin();
    static const struct {
        const char *path, *words;
        long status;
    } cases[] = {
        {"/watermark=logo.png/one.png", NULL, 200},
        {"/watermark=logo.png,opacity=0.5,tile/resize=30x/one.png", NULL, 200},
        {"/trim/one.png", NULL, 200},
        {"/pad=50x50,color=teal/one.png", NULL, 200},
        {"/watermark=none.png/one.png", "this server has no watermark", 400},
        {"/watermark=secret.png/one.png", "this server has no watermark", 400},
        {"/watermark=notes.txt/one.png", "this server has no watermark", 400},
        {"/watermark=.hidden.png/one.png", "this server has no watermark", 400},
        {"/watermark=%252Fetc%252Fpasswd/one.png", "this server has no watermark", 400},
        {"/watermark=..%252Froot%252Fsecret.png/one.png", "this server has no watermark", 400},
        {"/watermark=,tile/one.png", "needs a file", 400},
    };
    static const char *const backends[] = {"--backend=threads", "--backend=procs"};
    char *first = NULL;
    for (int b = 0; b < 2; b++) {
        struct live live = LIVE(backends[b], "--watermarks=marks");
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct reply reply = GET(&live, cases[i].path);
            expect_status(&reply, cases[i].status);
            cr_expect(cases[i].words == NULL || strstr(reply.body, cases[i].words) != NULL, "%s: %s",
                      cases[i].path, reply.body);
            if (i == 0 && b == 1)
                cr_expect_arr_eq(reply.body, first, reply.size);
            if (i == 0)
                first = reply.body;
        }
        live_stop(&live);
    }
    struct run run = RUN("run", "root/one.png", "-o", "out", "--watermark=marks/logo.png");
    size_t size;
    expect(&run, 0, "1 ok");
    const char *file = content_of("out/one.png", &size);
    cr_expect_arr_eq(file, first, size);
}

Test(serve_watermarks, without_the_option_there_are_none)
{
    begin();
    struct live live = LIVE();
    struct reply reply = GET(&live, "/watermark=logo.png/one.png");
    expect_status(&reply, 403);
    cr_expect_not_null(strstr(reply.body, "watermark is not available on this server"), "%s", reply.body);
    live_stop(&live);
}

/* A client's copy is out of date if the watermark has changed. */
Test(serve_watermarks, another_content_has_another_etag)
{
    begin();
    char etag[3][80];
    for (int i = 0; i < 3; i++) {
        if (i == 2)
            put_picture_of("marks/logo.png", 12, 10, PM_COLOR_RGB, true, 8);
        struct live live = LIVE("--watermarks=marks", "--cache=cache");
        struct reply reply = GET(&live, "/watermark=logo.png/one.png");
        expect_status(&reply, 200);
        snprintf(etag[i], sizeof etag[i], "%s", reply_field(&reply, "etag"));
        live_stop(&live);
    }
    cr_expect_str_eq(etag[0], etag[1]);
    cr_expect_str_neq(etag[1], etag[2]);
}

Test(serve_watermarks, a_broken_one_or_no_folder_ends_the_start)
{
    begin();
    size_t size;
    char *png = content_of("marks/logo.png", &size);
    temp_write("marks/cut.png", png, size / 2);
    struct run run = RUN("serve", "--root=root", "--listen=127.0.0.1:0", "--watermarks=marks");
    expect(&run, 2, "marks/cut.png: ");
    run = RUN("serve", "--root=root", "--listen=127.0.0.1:0", "--watermarks=nowhere");
    expect(&run, 2, "nowhere: the folder can't be opened");
}
