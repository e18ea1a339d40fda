/* A worker process that an image has taken over finds no data of the previous image, under every sandbox mode
 * except `off`. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "hostile/reading.h"
#include "pixmill/decode.h"
#include "serve/live.h"
#include "temp.h"

#ifndef PIXMILL_SANITIZED

TestSuite(remains, .init = run_begin);

enum { PIECES = 3, SIDE = 200 };

/* Puts the middle of bytes[size], inverted, into piece[]. */
static void put_piece(uint8_t *piece, const void *bytes, size_t size)
{
    const uint8_t *middle = (const uint8_t *)bytes + size / 2;
    for (int i = 0; i < PIECE_BYTES; i++)
        piece[i] = middle[i] ^ 0xff;
}

/* Makes folder/a, a picture of noise, and folder/b.png, an attack that searches for pieces of the file of
 * `a`, of its pixels and of its --resize=50%. */
static void put_victim_and_reader(const char *folder, const char *suffix)
{
    char victim[64], reader[64], made[64];
    uint8_t file[64] = "HOSTILE read";
    uint8_t *pieces = file + strlen((char *)file) + 1;
    snprintf(victim, sizeof victim, "%s/a.%s", folder, suffix);
    snprintf(reader, sizeof reader, "%s/b.png", folder);
    snprintf(made, sizeof made, "reference/a.%s", suffix);
    put_picture(victim, SIDE, SIDE);
    struct run run = RUN("run", victim, "-o", "reference", "--resize=50%");
    expect(&run, 0, "");

    size_t size;
    struct pm_image *image;
    struct pm_error error = {0};
    char *bytes = content_of(victim, &size);
    put_piece(pieces, bytes, size);
    cr_assert_eq(pm_decode((const uint8_t *)bytes, size, NULL, &image, &error), 0);
    const struct pm_plane *plane = &image->plane[0];
    put_piece(pieces + PIECE_BYTES, plane->data + plane->stride * (SIDE / 2), (size_t)3 * SIDE);
    pm_image_free(image);
    bytes = content_of(made, &size);
    put_piece(pieces + 2 * PIECE_BYTES, bytes, size);
    temp_write(reader, file, (size_t)(pieces - file) + (size_t)PIECES * PIECE_BYTES);
}

static const struct start hostile = {.program = "pixmill-hostile"};

/* One worker, which processes both in order. */
static void expect_found(const char *suffix, const char *sandbox, const char *told)
{
    put_victim_and_reader(suffix, suffix);
    struct run run = RUN_AS(&hostile, "run", suffix, "-o", "out", "--backend=procs", "-j1", "--io=sync",
                            "--resize=50%", sandbox);
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    cr_assert_not_null(strstr(run.err, told), "%s: no '%s' in: %s", sandbox, told, run.err);
}

static const char *const suffixes[] = {"png", "jpg", "webp"};
static const char *const sandboxes[] = {"--sandbox=on", "--sandbox=require", "--sandbox=strict"};
enum { SUFFIXES = sizeof suffixes / sizeof *suffixes, SANDBOXES = sizeof sandboxes / sizeof *sandboxes };

/* Checks that the tests below can fail. */
Test(remains, without_a_sandbox_all_is_found)
{
    expect_found("png", "--sandbox=off", "found 3 of 3 pieces");
}

Test(remains, nothing_of_one_image_is_left_for_the_next, .timeout = 300)
{
    for (size_t i = 0; i < SUFFIXES; i++) {
        for (size_t k = 0; k < SANDBOXES; k++)
            expect_found(suffixes[i], sandboxes[k], "found 0 of 3 pieces");
    }
}

static void expect_served(const char *sandbox, const char *told)
{
    put_victim_and_reader("root", "png");
    const struct start start = {.program = "pixmill-serve-hostile"};
    const char *const words[] = {
        "--root=root", "--listen=127.0.0.1:0", "--jobs=1", "--backend=procs", sandbox, NULL};
    struct live live = live_await(run_start(&start, words));
    struct reply reply = GET(&live, "/resize=50%25/a.png");
    expect_status(&reply, 200);
    reply = GET(&live, "/resize=50%25/b.png");
    cr_assert_not_null(strstr(reply.body, told), "%s: no '%s' in: %s", sandbox, told, reply.body);
    live_stop(&live);
}

Test(remains, without_a_sandbox_a_client_gets_the_picture_of_another)
{
    expect_served("--sandbox=off", "found 3 of 3 pieces");
}

Test(remains, a_client_gets_nothing_of_the_picture_of_another, .timeout = 300)
{
    for (size_t i = 0; i < SANDBOXES; i++)
        expect_served(sandboxes[i], "found 0 of 3 pieces");
}

#endif
