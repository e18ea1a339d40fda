#include "io/ring.h"

struct ring *ring_open(unsigned max, struct pm_error *error)
{
    const char *refusal;
    struct ring *ring = ring_uring_open(max, &refusal);
    if (ring == NULL)
        ring = ring_pool_open(max);
    if (ring == NULL)
        error_set_hint(error, PM_ERROR_INTERNAL, PM_HINT_IO_SYNC, "no I/O thread can be started");
    return ring;
}

const char *ring_refusal(void)
{
    const char *refusal = NULL;
    struct ring *ring = ring_uring_open(1, &refusal);
    if (ring != NULL)
        ring_close(ring);
    return refusal;
}

void ring_add(struct ring *ring, struct ring_op *op)
{
    ring->functions->add(ring, op);
}

unsigned ring_turn(struct ring *ring, enum ring_wait wait)
{
    return ring->functions->turn(ring, wait);
}

void ring_wake(struct ring *ring)
{
    ring->functions->wake(ring);
}

void ring_close(struct ring *ring)
{
    ring->functions->close(ring);
}
