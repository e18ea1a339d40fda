/* Apart from writer.c for the parts, which must not link the table of codecs (part.h). */
#include "codec/writer.h"

uint64_t writer_clock_add(struct writer_clock *clock, struct frame_time time, uint32_t per_second)
{
    const uint64_t second = 1000000000, max = second * 4000000; /* 46 days; its product with 1000 fits */
    const uint64_t whole = time.per_second > 0 ? time.ticks / time.per_second : 0;
    const uint64_t rest = time.per_second > 0 ? time.ticks % time.per_second : 0;
    if (whole >= max / second)
        clock->nanoseconds = max;
    else if (rest > 0 || whole > 0)
        clock->nanoseconds += whole * second + (rest * second + time.per_second / 2) / time.per_second;
    if (clock->nanoseconds > max)
        clock->nanoseconds = max;
    const uint64_t before = clock->shown;
    clock->shown = (clock->nanoseconds * per_second + second / 2) / second;
    return clock->shown - before;
}
