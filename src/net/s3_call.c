#include "net/s3_call.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/object.h"

static int append(struct buffer *out, const char *text)
{
    return buffer_append(out, text, strlen(text));
}

/* The bucket is in the path, which every server understands. */
static int make_url(struct s3_call *call, const char *name, const char *query)
{
    size_t length;
    const char *bucket = object_bucket(name, &length), *key = object_key(name);
    struct buffer *url = &call->url;
    url->size = 0;
    if (append(url, call->account->endpoint) != 0 || append(url, "/") != 0 ||
        object_encode(url, bucket, length, false) != 0 || append(url, "/") != 0 ||
        object_encode(url, key, strlen(key), true) != 0)
        return -1;
    if (query[0] != '\0' && (append(url, "?") != 0 || append(url, query) != 0))
        return -1;
    return buffer_append(url, "", 1);
}

int s3_call_set(struct s3_call *call, enum s3_method method, const char *name, const char *query,
                const uint8_t *body, size_t size, const char *type)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    call->method = method;
    call->body = body;
    call->body_size = size;
    call->type = type;
    call->refusal_size = 0;
    if (EVP_Q_digest(NULL, "SHA256", NULL, body != NULL ? body : (const uint8_t *)"", size, digest, NULL) !=
        1)
        return -1;
    text_hex(digest, (sizeof call->hash - 1) / 2, call->hash);
    return make_url(call, name, query);
}

/* Called by libcurl for a piece of the body. */
static size_t send_body(char *data, size_t unit, size_t count, void *self)
{
    struct s3_call *call = self;
    const size_t left = call->body_size - call->sent, room = unit * count;
    const size_t size = left < room ? left : room;
    memcpy(data, call->body + call->sent, size);
    call->sent += size;
    return size;
}

/* Called by libcurl when a body must be sent again on another connection. */
static int rewind_body(void *self, curl_off_t offset, int origin)
{
    struct s3_call *call = self;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > call->body_size)
        return CURL_SEEKFUNC_CANTSEEK;
    call->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int add_line(struct curl_slist **lines, const char *name, const char *value)
{
    char *line = NULL;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return -1;
    struct curl_slist *more = curl_slist_append(*lines, line);
    explicit_bzero(line, strlen(line)); /* it may be the token of a key */
    free(line);
    if (more == NULL)
        return -1;
    *lines = more;
    return 0;
}

static void set_body(struct s3_call *call, CURL *easy)
{
    /* libcurl asks before each body, and the header line can't be left out of what is signed. A small body
     * need not wait for the answer; a large one is spared if it is refused. */
    enum { LARGE = 1 << 20, WAIT_MS = 1000 };
    call->sent = 0;
    curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, call->body_size > LARGE ? (long)WAIT_MS : 0L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method == S3_POST ? "POST" : NULL);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_size);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, call);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, call);
}

int s3_call_begin(struct s3_call *call, CURL *easy, struct curl_slist **lines)
{
    const struct s3_account *account = call->account;
    curl_easy_setopt(easy, CURLOPT_URL, (const char *)call->url.data);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, account->signing);
    curl_easy_setopt(easy, CURLOPT_USERNAME, account->id);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, account->secret);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); /* after the request before */
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    call->refusal_size = 0;
    if (call->method == S3_PUT || call->method == S3_POST)
        set_body(call, easy);
    else if (call->method == S3_HEAD)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (call->method == S3_DELETE)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    if (add_line(lines, "x-amz-content-sha256", call->hash) != 0 ||
        (account->token != NULL && add_line(lines, "x-amz-security-token", account->token) != 0) ||
        (call->type != NULL && add_line(lines, "Content-Type", call->type) != 0))
        return -1;
    return 0;
}

void s3_call_refused(struct s3_call *call, const char *data, size_t size)
{
    const size_t room = sizeof call->refusal - call->refusal_size, kept = size < room ? size : room;
    memcpy(call->refusal + call->refusal_size, data, kept);
    call->refusal_size += kept;
}

void s3_call_free(struct s3_call *call)
{
    if (call == NULL)
        return;
    buffer_free(&call->url);
    free(call);
}
