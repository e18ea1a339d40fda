/* Attacks of a worker process by false results and messages. */
#include <arpa/inet.h>
#include <string.h>
#include <zlib.h>

#include "backend/child.h"
#include "backend/message.h"
#include "backend/region.h"
#include "hostile/prey.h"

/* Writes `bytes` as the result, like a worker after a successful job. */
static struct child_reply forge_result(const struct prey *prey, const void *bytes, size_t size)
{
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result = (struct job_result){.width = 1, .height = 1, .pixels_in = 1};
    memcpy(prey->input - REGION_INPUT + region_result_offset(prey->size), bytes, size);
    return (struct child_reply){.number = hostile_request->number, .result_size = size};
}

static size_t put_chunk(uint8_t *at, const char *type, const uint8_t *data, uint32_t size)
{
    const uint32_t length = htonl(size);
    memcpy(at, &length, 4);
    memcpy(at + 4, type, 4);
    memcpy(at + 8, data, size);
    const uint32_t sum = htonl((uint32_t)crc32(crc32(0, NULL, 0), at + 4, size + 4));
    memcpy(at + 8 + size, &sum, 4);
    return size + 12;
}

/* A PNG of that size, as far as its header says. */
static struct child_reply forge_picture(const struct prey *prey, uint8_t width, uint8_t height)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const uint8_t header[13] = {[3] = width, [7] = height, [8] = 8, [9] = 2};
    uint8_t file[128];
    size_t size = sizeof signature;
    memcpy(file, signature, size);
    size += put_chunk(file + size, "IHDR", header, sizeof header);
    size += put_chunk(file + size, "IDAT", (const uint8_t *)"fake", 4);
    size += put_chunk(file + size, "IEND", (const uint8_t *)"", 0);
    return forge_result(prey, file, size);
}

/* A plausible result: a picture of the size that --resize=50% makes. */
static struct child_reply forge(const struct prey *prey)
{
    return forge_picture(prey, 32, 32);
}

static void reply(const struct child_reply *reply)
{
    message_send(CHILD_SOCKET, reply, sizeof *reply);
}

static void reply_twice(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    reply(&forged);
    reply(&forged);
    stay_awake();
}

static void reply_for_the_next_job(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.number++;
    reply(&forged);
    stay_awake();
}

static void claim_a_huge_length(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.result_size = UINT64_MAX;
    reply(&forged);
    stay_awake();
}

static void claim_more_than_there_is(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.result_size = 1 << 30;
    reply(&forged);
    stay_awake();
}

static void claim_to_be_called_back(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result.error.kind = PM_ERROR_CANCELLED;
    reply(&forged);
    stay_awake();
}

static void forge_parts(const struct prey *prey, unsigned count, struct job_part first)
{
    struct child_reply forged = forge(prey);
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result.nparts = count;
    head->result.parts[0] = first;
    reply(&forged);
    stay_awake();
}

static void claim_too_many_parts(const struct prey *prey)
{
    forge_parts(prey, JOB_PARTS_MAX + 1, (struct job_part){.size = 1});
}

static void claim_a_part_outside(const struct prey *prey)
{
    forge_parts(prey, 1, (struct job_part){.offset = UINT64_MAX - 3, .size = 8});
}

/* One picture, where several were planned. */
static void answer_with_fewer_parts(const struct prey *prey)
{
    forge_parts(prey, 1, (struct job_part){.size = 16, .width = 32, .height = 32});
}

static void answer_with_a_page(const struct prey *prey)
{
    static const char page[] = "<!doctype html><script>alert(1)</script>";
    struct child_reply forged = forge_result(prey, page, sizeof page - 1);
    reply(&forged);
    stay_awake();
}

/* A WebP of the planned size, where a PNG was planned. */
static void answer_in_another_format(const struct prey *prey)
{
    static const uint8_t file[] = {'R', 'I', 'F', 'F', 18, 0, 0, 0,    'W',  'E',  'B', 'P', 'V',
                                   'P', '8', 'L', 6,   0,  0, 0, 0x2f, 0x1f, 0xc0, 7,   0,   0};
    struct child_reply forged = forge_result(prey, file, sizeof file);
    reply(&forged);
    stay_awake();
}

static void answer_with_another_size(const struct prey *prey)
{
    struct child_reply forged = forge_picture(prey, 32, 31);
    reply(&forged);
    stay_awake();
}

static void claim_impossible_memory(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.peak_bytes = UINT64_MAX;
    reply(&forged);
    stay_awake();
}

/* An empty message reads as the end of a stream does. */
static void send_nothing(const struct prey *prey)
{
    (void)prey;
    message_send(CHILD_SOCKET, "", 0);
    stay_awake();
}

/* Answers as it should, then sends an empty message, and stays. */
static void reply_and_send_nothing(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    reply(&forged);
    send_nothing(prey);
}

/* Hides that the job was started and breaks the protocol, so that another image is blamed. */
static void disown(const struct prey *prey)
{
    memset(prey->input - REGION_INPUT, 0, sizeof(struct region_head) + 64);
    message_send(CHILD_SOCKET, "nonsense", 8);
    stay_awake();
}

/* Replies once correctly, and then hangs. */
static void linger(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    reply(&forged);
    stay_awake();
}

static void scribble(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    memset(prey->input - REGION_INPUT, 0xff, sizeof(struct region_head));
    reply(&forged);
    stay_awake();
}

static void babble(const struct prey *prey)
{
    (void)prey;
    message_send(CHILD_SOCKET, "nonsense", 8);
    stay_awake();
}

static void fill_socket(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.number = UINT64_MAX;
    while (message_send(CHILD_SOCKET, &forged, sizeof forged) == 0)
        ;
    stay_awake();
}

const struct attack lies[] = {
    {"reply-twice", reply_twice},
    {"reply-next", reply_for_the_next_job},
    {"huge", claim_a_huge_length},
    {"more", claim_more_than_there_is},
    {"called-back", claim_to_be_called_back},
    {"many-parts", claim_too_many_parts},
    {"part-outside", claim_a_part_outside},
    {"fewer-parts", answer_with_fewer_parts},
    {"page", answer_with_a_page},
    {"other-format", answer_in_another_format},
    {"other-size", answer_with_another_size},
    {"peak", claim_impossible_memory},
    {"nothing", send_nothing},
    {"reply-nothing", reply_and_send_nothing},
    {"disown", disown},
    {"linger", linger},
    {"scribble", scribble},
    {"babble", babble},
    {"fill", fill_socket},
    {.name = NULL},
};
