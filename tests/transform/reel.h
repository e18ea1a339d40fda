/* A format made for tests of animations: frames of one colour, whose reader and writer count what is open. */
#ifndef TESTS_TRANSFORM_REEL_H
#define TESTS_TRANSFORM_REEL_H

#include <stdbool.h>

#include "codec/codec.h"
#include "codec/writer.h"

extern const struct codec codec_jpeg, codec_png;

enum { WIDTH = 8, HEIGHT = 6, LOOPS = 7, FRAMES_MAX = 250, ROOM = 1 << 20 };

/* The frames show a dot of 2 x 2 pixels that moves to the right and down, instead of rows. */
extern bool moving_dot;

/* Records the calls of the codec; the call number `fails_at` fails, counted from 1; 0: none. */
struct reel_seen {
    unsigned fails_at, calls;
    unsigned opened, reader_closed, begun, writer_closed, ended;
    unsigned checkpoints, stops_at;
    char warnings[256];
};
extern struct reel_seen reel_seen;

/* What the format's header says of so many frames. */
struct pm_info reel_info(unsigned frames);

enum { FRAME_ROOM = 1 << 30 };

/* Its files are written by reel_functions, or as PNG. */
extern const struct codec_writer reel_functions;
extern const struct codec reel;

#endif
