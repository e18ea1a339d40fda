#include "backend/protocol.h"

#include <string.h>
#include <unistd.h>

static uint64_t machine_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
}

int protocol_check_reply(const struct child_reply *reply, uint64_t number, uint64_t room)
{
    if (reply->number != number || reply->result_size > room)
        return -1;
    return reply->peak_bytes <= machine_bytes() ? 0 : -1;
}

/* Compare as unsigned: a worker can write any value to an enum field. */
static bool is_below(unsigned value, unsigned end)
{
    return value < end;
}

static bool ends_within(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

int protocol_check_head(const struct region_head *head, bool recalled)
{
    const struct job_result *result = &head->result;
    const struct pm_error *error = &result->error;
    if (!is_below(head->stage, PM_STAGES) || !is_below(error->kind, PM_ERROR_INTERNAL + 1) ||
        !is_below(error->hint, PM_HINTS) || !is_below(error->stage, PM_STAGES))
        return -1;
    /* A cancelled job is not counted as a failure, so accept this only if the job was cancelled. */
    if (error->kind == PM_ERROR_CANCELLED && !recalled)
        return -1;
    if (!ends_within(error->message, sizeof error->message) ||
        !ends_within(result->warnings, sizeof result->warnings) ||
        !ends_within(result->notes, sizeof result->notes))
        return -1;
    if (error->kind != PM_OK && error->message[0] == '\0')
        return -1;
    if (result->nparts > JOB_PARTS_MAX)
        return -1;
    for (enum pm_stage stage = 0; stage < PM_STAGES; stage++) {
        if (!(result->seconds[stage] >= 0 && result->seconds[stage] < 1e9))
            return -1;
    }
    return 0;
}

int protocol_check_parts(const struct job_result *result, uint64_t size)
{
    for (unsigned i = 0; i < result->nparts; i++) {
        const struct job_part *part = &result->parts[i];
        if (part->offset > size || part->size > size - part->offset)
            return -1;
    }
    return 0;
}
