#include "image/orientation.h"

enum { ORIENTATIONS = 8 };

static const struct turn turns[ORIENTATIONS + 1] = {
    [1] = {0},
    [2] = {.mirror_x = true},
    [3] = {.mirror_x = true, .mirror_y = true},
    [4] = {.mirror_y = true},
    [5] = {.transpose = true},
    [6] = {.mirror_y = true, .transpose = true},
    [7] = {.mirror_x = true, .mirror_y = true, .transpose = true},
    [8] = {.mirror_x = true, .transpose = true},
};

struct turn orientation_turn(unsigned orientation)
{
    return turns[orientation];
}

/* The second turn's mirrors are those of its own input: after a transpose, the axes are exchanged. */
unsigned orientation_join(unsigned first, unsigned then)
{
    const struct turn a = turns[first], b = turns[then];
    const bool mirror_x = a.mirror_x != (a.transpose ? b.mirror_y : b.mirror_x);
    const bool mirror_y = a.mirror_y != (a.transpose ? b.mirror_x : b.mirror_y);
    const bool transpose = a.transpose != b.transpose;
    unsigned joined = 1;
    while (turns[joined].mirror_x != mirror_x || turns[joined].mirror_y != mirror_y ||
           turns[joined].transpose != transpose)
        joined++;
    return joined;
}
