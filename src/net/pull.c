#include "net/pull.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/s3.h"
#include "net/s3_answer.h"
#include "net/s3_call.h"
#include "net/trouble.h"

enum {
    DROP_MAX = 16 << 10,    /* max bytes of an unneeded body; beyond that a new connection is cheaper */
    WAIT_MAX = 60,          /* max seconds before a retry */
    HEADER_MAX = 256 << 10, /* max bytes of header lines in a try; libcurl keeps all of them */
};

/* Queue for the loop: state changed. */
static void move(struct pull *pull)
{
    if (pull->moved == NULL || pull->is_moved)
        return;
    pull->is_moved = true;
    pull->next_moved = *pull->moved;
    *pull->moved = pull;
}

static int fail(struct pull *pull, enum pm_error_kind kind, const char *message)
{
    return error_set(&pull->fetch.error, kind, "%s", message);
}

size_t pull_take_header(char *line, size_t size, size_t count, void *self)
{
    struct pull *pull = self;
    pull->header += size * count;
    if (pull->header > HEADER_MAX) {
        error_limit(&pull->fetch.error, HEADER_MAX, pull->header,
                    "the server's response has more than %d KiB of header lines (name another URL)",
                    HEADER_MAX >> 10);
        return 0;
    }
    answer_line(&pull->answer, line, size * count);
    return size * count;
}

static int file_changed(struct pull *pull)
{
    return fail(pull, PM_ERROR_IO, "changed while it was fetched (try again)");
}

/* Is the body an answer to pixmill, not a file? */
static bool is_kept(const struct pull *pull)
{
    return pull->s3 != NULL && pull->s3->kept;
}

/* Has the answer no body, although it says how long one would be? */
static bool is_head(const struct pull *pull)
{
    return pull->s3 != NULL && pull->s3->method == S3_HEAD;
}

/* The limit is that of files, which has an option, or that of answers to pixmill. */
static int too_long(struct pull *pull, uint64_t max, uint64_t size)
{
    struct pm_error *error = &pull->fetch.error;
    if (is_kept(pull))
        return error_set(error, PM_ERROR_IO,
                         "the server's answer is longer than %d MiB (check AWS_ENDPOINT_URL)",
                         S3_PAGE_MAX >> 20);
    if (size == UINT64_MAX)
        return error_limit_hint(error, max, max + 1, PM_HINT_MAX_BYTES,
                                "is longer than the limit of %" PRIu64 " bytes", max);
    return error_limit_hint(error, max, size, PM_HINT_MAX_BYTES,
                            "is %" PRIu64 " bytes long, over the limit of %" PRIu64, size, max);
}

/* 200: the file from its beginning. Bytes that were received before are compared with it. */
static int begin_whole(struct pull *pull)
{
    struct fetch *fetch = &pull->fetch;
    const char *validator = answer_validator(&pull->answer);
    curl_off_t length = -1;
    curl_easy_getinfo(pull->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    uint64_t max = is_kept(pull) ? S3_PAGE_MAX : pull->remote->config.max_bytes;
    if (is_head(pull))
        max = UINT64_MAX; /* of the object that it describes */
    uint64_t size = length >= 0 ? (uint64_t)length : max;
    if (size > max)
        return too_long(pull, max, size);
    bool differs =
        pull->validator[0] != '\0' && validator[0] != '\0' && strcmp(validator, pull->validator) != 0;
    if (pull->looked_at && (differs || fetch->size_known != (length >= 0) || fetch->size != size))
        return file_changed(pull);
    if (!pull->looked_at)
        fetch->bytes.size = 0;
    fetch->size = size;
    fetch->size_known = length >= 0;
    pull->at = 0;
    snprintf(pull->validator, sizeof pull->validator, "%s", validator);
    return 0;
}

/* 206: the requested rest. */
static int begin_rest(struct pull *pull)
{
    const struct fetch *fetch = &pull->fetch;
    const struct answer *answer = &pull->answer;
    bool same =
        answer->has_range && answer->range_start == fetch->bytes.size && fetch->bytes.size > 0 &&
        (!answer->has_total || !fetch->size_known || answer->range_total == fetch->size) &&
        (answer->etag[0] == '\0' || strcmp(answer->etag, pull->validator) == 0 || pull->validator[0] != '"');
    if (!same)
        return file_changed(pull);
    pull->at = fetch->bytes.size;
    return 0;
}

/* The unchanged file was requested. If a server compresses it all the same, its size is unknown, it can't be
 * resumed, and it may decompress to more than there is memory. */
static int refuse_coding(struct pull *pull)
{
    char shown[sizeof pull->answer.coding];
    return error_set(&pull->fetch.error, PM_ERROR_UNSUPPORTED,
                     "the server compresses it (Content-Encoding: %s) although the request forbids that",
                     text_shown(pull->answer.coding, shown, sizeof shown));
}

/* Handles the response's status when its header is complete. */
static int judge(struct pull *pull)
{
    long status = 0;
    curl_easy_getinfo(pull->easy, CURLINFO_RESPONSE_CODE, &status);
    pull->fetch.http_status = (unsigned)status;
    pull->judged = true;
    if ((status == 200 || status == 206) && pull->answer.coding[0] != '\0')
        return refuse_coding(pull);
    if (status == 200)
        return begin_whole(pull);
    if (status == 206)
        return begin_rest(pull);
    if (status == 204 && is_kept(pull))
        return begin_whole(pull);
    pull->unwanted = true;
    return 0;
}

/* Makes room for the whole body; if its size is unknown, for half as much again, up to the limit. */
static int make_room(struct fetch *fetch, size_t more)
{
    size_t needed = fetch->bytes.size + more;
    if (needed <= fetch->bytes.capacity)
        return 0;
    size_t wanted = needed + needed / 2;
    if (wanted < FETCH_HEAD)
        wanted = FETCH_HEAD;
    if (wanted > fetch->size)
        wanted = (size_t)fetch->size;
    return buffer_reserve(&fetch->bytes, (wanted > needed ? wanted : needed) - fetch->bytes.size);
}

static int take_bytes(struct pull *pull, const char *data, size_t size)
{
    struct fetch *fetch = &pull->fetch;
    if (size > fetch->size || pull->at > fetch->size - size) {
        if (fetch->size_known)
            return fail(pull, PM_ERROR_IO, "is longer than the server announced (try again)");
        return too_long(pull, fetch->size, UINT64_MAX);
    }
    size_t known = pull->at < fetch->bytes.size ? fetch->bytes.size - (size_t)pull->at : 0;
    if (known > size)
        known = size;
    if (known > 0 && memcmp(fetch->bytes.data + pull->at, data, known) != 0)
        return file_changed(pull);
    if (make_room(fetch, size - known) != 0)
        return error_memory(&fetch->error, size);
    buffer_append(&fetch->bytes, data + known, size - known);
    pull->at += size;
    return 0;
}

/* Called by libcurl with a piece of the body. Returning less than its size ends the try. */
size_t pull_take_body(char *data, size_t unit, size_t count, void *self)
{
    struct pull *pull = self;
    struct fetch *fetch = &pull->fetch;
    size_t size = unit * count;
    if (!pull->judged && judge(pull) != 0)
        return 0;
    if (pull->unwanted) {
        if (pull->s3 != NULL)
            s3_call_refused(pull->s3, data, size);
        pull->dropped += size;
        return pull->dropped <= DROP_MAX ? size : 0;
    }
    if (!pull->looked_at && !is_kept(pull) && fetch->bytes.size >= FETCH_HEAD) {
        fetch->state = FETCH_HELD;
        pull->held_since = clock_now();
        move(pull);
        return CURL_WRITEFUNC_PAUSE;
    }
    return take_bytes(pull, data, size) == 0 ? size : 0;
}

struct fetch *pull_begin(struct remote *remote, const char *url)
{
    struct pull *pull = calloc(1, sizeof *pull);
    if (pull == NULL)
        return NULL;
    pull->remote = remote;
    pull->url = url;
    pull->easy = curl_easy_init();
    if (pull->easy == NULL) {
        free(pull);
        return NULL;
    }
    pull->deadline = clock_now() + remote->config.fetch_timeout;
    handle_set_up(pull);
    if (object_is(url))
        pull->s3 = s3_get(pull);
    return &pull->fetch;
}

void pull_leave_multi(struct pull *pull)
{
    if (pull->multi != NULL)
        curl_multi_remove_handle(pull->multi, pull->easy);
    pull->multi = NULL;
}

void pull_end(struct pull *pull)
{
    curl_easy_cleanup(pull->easy);
    curl_slist_free_all(pull->lines);
    s3_free(pull->s3);
    buffer_free(&pull->fetch.bytes);
    free(pull);
}

/* Adds a line to the request's header. */
static int add_line(struct pull *pull, const char *line)
{
    struct curl_slist *lines = curl_slist_append(pull->lines, line);
    if (lines == NULL)
        return error_memory(&pull->fetch.error, 0);
    pull->lines = lines;
    return 0;
}

/* Requests the unchanged file, or its rest if the fetch can be resumed. */
static int write_header(struct pull *pull)
{
    char text[sizeof pull->validator + 16];
    curl_slist_free_all(pull->lines);
    pull->lines = NULL;
    pull->asked_for_rest = pull->fetch.bytes.size > 0 && pull->validator[0] != '\0';
    curl_easy_setopt(pull->easy, CURLOPT_RANGE, NULL);
    if (pull->s3 != NULL && s3_call_begin(pull->s3, pull->easy, &pull->lines) != 0)
        return error_memory(&pull->fetch.error, 0);
    /* Proxies in front of S3 storage change this line, which would be signed. */
    if (pull->s3 == NULL && add_line(pull, "Accept-Encoding: identity") != 0)
        return -1;
    if (pull->asked_for_rest) {
        snprintf(text, sizeof text, "%s: %s", pull->s3 != NULL ? "If-Match" : "If-Range", pull->validator);
        if (add_line(pull, text) != 0)
            return -1;
        snprintf(text, sizeof text, "%zu-", pull->fetch.bytes.size);
        curl_easy_setopt(pull->easy, CURLOPT_RANGE, text);
    }
    curl_easy_setopt(pull->easy, CURLOPT_HTTPHEADER, pull->lines);
    return 0;
}

static void set_state(struct pull *pull, enum fetch_state state)
{
    pull_leave_multi(pull);
    if ((state == FETCH_WHOLE || state == FETCH_FAILED) && s3_goes_on(pull, &state)) {
        pull->fetch.bytes.size = 0;
        pull->fetch.again_at = clock_now();
        pull->deadline = clock_now() + pull->remote->config.fetch_timeout;
        pull->tries = 0;
        state = FETCH_WAITING;
    }
    pull->fetch.state = state;
    move(pull);
}

void pull_try(struct pull *pull, CURLM *multi)
{
    pull->tries++;
    pull->answer = (struct answer){0};
    pull->judged = pull->unwanted = false;
    pull->dropped = pull->header = 0;
    pull->refused = NULL;
    pull->fetch.state = FETCH_RUNNING;
    if (pull->fetch.error.kind != PM_OK || write_header(pull) != 0) {
        set_state(pull, FETCH_FAILED);
        return;
    }
    pull->multi = multi;
    if (curl_multi_add_handle(multi, pull->easy) != CURLM_OK) {
        pull->multi = NULL;
        error_memory(&pull->fetch.error, 0);
        set_state(pull, FETCH_FAILED);
    }
}

/* Waits before another try, or fails with the error `why` if no tries are left. */
static void try_again(struct pull *pull, const struct pm_error *why)
{
    const struct remote_config *config = &pull->remote->config;
    curl_off_t wished = 0;
    curl_easy_getinfo(pull->easy, CURLINFO_RETRY_AFTER, &wished);
    double delay = config->retry_delay;
    for (unsigned i = 1; i < pull->tries && delay < WAIT_MAX; i++)
        delay *= 2;
    if (delay > WAIT_MAX)
        delay = WAIT_MAX;
    if ((double)wished > delay)
        delay = (double)wished;
    double again_at = clock_now() + delay;
    if (pull->tries > config->retries || wished > WAIT_MAX || again_at >= pull->deadline) {
        pull->fetch.error = *why;
        set_state(pull, FETCH_FAILED);
        return;
    }
    pull->fetch.again_at = again_at;
    set_state(pull, FETCH_WAITING);
}

/* Handles the end of a body. */
static void body_ended(struct pull *pull)
{
    struct fetch *fetch = &pull->fetch;
    struct pm_error error = {0};
    const bool has_body = !is_head(pull);
    if (has_body && pull->at < fetch->bytes.size) {
        file_changed(pull);
        set_state(pull, FETCH_FAILED);
    } else if (has_body && fetch->size_known && fetch->bytes.size < fetch->size) {
        error_set(&error, PM_ERROR_IO, "is shorter than the server announced (try again later)");
        try_again(pull, &error);
    } else {
        set_state(pull, FETCH_WHOLE);
    }
}

/* Fills `error` for a status that is no success. */
static void say_status(const struct pull *pull, struct pm_error *error)
{
    const unsigned status = pull->fetch.http_status;
    const char *tries = pull->tries == 1 ? "try" : "tries", *advice = answer_advice(status);
    char code[S3_CODE_MAX] = "";
    if (pull->s3 != NULL)
        advice = s3_advice(status, s3_error_code(pull->s3->refusal, pull->s3->refusal_size, code));
    error_set(error, PM_ERROR_IO, "the server answered %u%s%s after %u %s (%s)", status,
              code[0] != '\0' ? " " : "", code, pull->tries, tries, advice);
}

/* Handles the end of a response, or of the part that was needed. */
static void answered(struct pull *pull)
{
    struct fetch *fetch = &pull->fetch;
    struct pm_error error = {0};
    if (!pull->unwanted) {
        body_ended(pull);
        return;
    }
    say_status(pull, &error);
    if (fetch->http_status == 412 && pull->asked_for_rest) {
        file_changed(pull);
        set_state(pull, FETCH_FAILED);
    } else if (fetch->http_status == 416 && pull->asked_for_rest) {
        pull->validator[0] = '\0'; /* the file has no such rest: fetch it from the beginning */
        try_again(pull, &error);
    } else if (answer_is_temporary(fetch->http_status) || (pull->s3 != NULL && fetch->http_status == 500)) {
        try_again(pull, &error);
    } else {
        fetch->error = error;
        set_state(pull, FETCH_FAILED);
    }
}

void pull_tried(struct pull *pull, CURLcode code)
{
    struct fetch *fetch = &pull->fetch;
    struct pm_error error = {0};
    if (code == CURLE_OK && !pull->judged)
        judge(pull);
    if (fetch->error.kind != PM_OK) {
        set_state(pull, FETCH_FAILED);
    } else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && pull->unwanted)) {
        answered(pull);
    } else if (pull->refused != NULL && code == CURLE_COULDNT_CONNECT) {
        error_set_hint(&fetch->error, PM_ERROR_IO, PM_HINT_ALLOW_PRIVATE,
                       "resolves to an address of this machine or its network: %s", pull->refused);
        set_state(pull, FETCH_FAILED);
    } else {
        trouble_set(code, &error);
        if (trouble_is_broken(code)) {
            try_again(pull, &error);
        } else {
            fetch->error = error;
            set_state(pull, FETCH_FAILED);
        }
    }
}

void pull_time_out(struct pull *pull)
{
    error_set_hint(&pull->fetch.error, PM_ERROR_TIMEOUT, PM_HINT_FETCH_TIME,
                   "did not arrive within %g seconds", pull->remote->config.fetch_timeout);
    set_state(pull, FETCH_FAILED);
}

void pull_cancel(struct pull *pull)
{
    fail(pull, PM_ERROR_CANCELLED, "was not started (the run is being stopped)");
    set_state(pull, FETCH_FAILED);
}

void pull_go_on(struct pull *pull)
{
    pull->looked_at = true;
    pull->deadline += clock_now() - pull->held_since;
    pull->fetch.state = FETCH_RUNNING;
    curl_easy_pause(pull->easy, CURLPAUSE_CONT);
}

void pull_messages(CURLM *multi)
{
    int left;
    for (const CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        void *pull = NULL;
        CURLcode code = message->data.result; /* removing the handle frees the message */
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pull);
        pull_tried(pull, code);
    }
}
