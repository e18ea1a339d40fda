/* The tests' server as S3 storage: lists, stored objects, and objects stored in parts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/server_request.h"

static bool send_document(const struct request *request, unsigned status, const char *document, size_t cut)
{
    const size_t length = strlen(document);
    return server_send_text(
               request->fd,
               "HTTP/1.1 %u Status\r\nContent-Type: application/xml\r\nContent-Length: %zu\r\n\r\n", status,
               length) &&
           server_send(request->fd, document, cut < length ? cut : length) && cut >= length;
}

#define PAGE(more, inner)                                                                                    \
    "<?xml version='1.0' encoding='UTF-8'?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/"         \
    "2006-03-01/\"><Name>lists</Name><IsTruncated>" more "</IsTruncated>" inner "</ListBucketResult>"
#define OBJECT(key)                                                                                          \
    "<Contents><Key>" key "</Key><LastModified>2026-11-29T10:00:00.000Z</LastModified><ETag>&quot;one&quot;" \
    "</ETag><Size>100</Size><StorageClass>STANDARD</StorageClass></Contents>"

/* Pages of lists, by the prefix that is asked for. `next` follows if the request has a token. */
static const struct {
    const char *kind, *page, *next;
    size_t cut;
} pages[] = {
    {"good", PAGE("false", OBJECT("good/a.png") OBJECT("good/b.png")), NULL, SIZE_MAX},
    {"two", PAGE("true", OBJECT("two/a.png") "<NextContinuationToken>t/=+</NextContinuationToken>"),
     PAGE("false", OBJECT("two/b.png")), SIZE_MAX},
    {"repeats", PAGE("true", OBJECT("repeats/a.png") "<NextContinuationToken>t</NextContinuationToken>"),
     PAGE("true", OBJECT("repeats/a.png") "<NextContinuationToken>t</NextContinuationToken>"), SIZE_MAX},
    {"breaks", PAGE("true", OBJECT("breaks/a.png") "<NextContinuationToken>t</NextContinuationToken>"),
     "<ListBucketResult>", SIZE_MAX},
    {"encoded", PAGE("false", OBJECT("encoded%2Fx%20y+z%2b.png") "<EncodingType>url</EncodingType>"), NULL,
     SIZE_MAX},
    {"dots", PAGE("false", OBJECT("dots/../../up.png") OBJECT("dots//x.png") OBJECT("dots/c.png")), NULL,
     SIZE_MAX},
    {"other", PAGE("false", OBJECT("elsewhere/a.png")), NULL, SIZE_MAX},
    {"html", "<!DOCTYPE html><html><body>Welcome</body></html>", NULL, SIZE_MAX},
    {"root", "<ListAllMyBucketsResult></ListAllMyBucketsResult>", NULL, SIZE_MAX},
    {"half", "<ListBucketResult><Contents><Key>half/a.png</Key>", NULL, SIZE_MAX},
    {"empty", "", NULL, SIZE_MAX},
    {"cut", PAGE("false", OBJECT("cut/a.png")), NULL, 100},
    {"lost", PAGE("true", OBJECT("lost/a.png")), NULL, SIZE_MAX},
};

/* A page whose next one has another token: `first` + 1 to `last`, and then `first` again. */
static bool send_page_of_many(const struct request *request, const char *objects, unsigned first,
                              unsigned last)
{
    const char *at = strstr(request->rest, "continuation-token=");
    const unsigned now = at != NULL ? (unsigned)strtoul(at + strlen("continuation-token="), NULL, 10) : 0;
    char document[1024];
    snprintf(document, sizeof document, PAGE("true", "%s<NextContinuationToken>%u</NextContinuationToken>"),
             objects, now < last ? now + 1 : first);
    return send_document(request, 200, document, SIZE_MAX);
}

bool server_answer_list(struct request *request)
{
    const char *prefix = strstr(request->rest, "prefix=");
    if (prefix == NULL)
        return server_answer_ok(request);
    prefix += strlen("prefix=");
    if (strncmp(prefix, "slow", 4) == 0)
        return request->count == 1
                   ? send_document(request, 503, "<Error><Code>SlowDown</Code></Error>", SIZE_MAX)
                   : send_document(request, 200, PAGE("false", OBJECT("slow/a.png")), SIZE_MAX);
    if (strncmp(prefix, "circle", 6) == 0)
        return send_page_of_many(request, OBJECT("circle/a.png"), 3, 8);
    if (strncmp(prefix, "vain", 4) == 0)
        return send_page_of_many(request, "", 0, 100000);
    if (strncmp(prefix, "rare", 4) == 0 && strstr(request->rest, "continuation-token=1000&") != NULL)
        return send_document(request, 200, PAGE("false", OBJECT("rare/a.png")), SIZE_MAX);
    if (strncmp(prefix, "rare", 4) == 0)
        return send_page_of_many(request, "", 0, 100000);
    if (strncmp(prefix, "long", 4) == 0)
        return server_send_text(request->fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n<",
                                (size_t)9 << 20);
    if (strncmp(prefix, "unending", 8) == 0)
        return server_answer_endless(request);
    if (strncmp(prefix, "denied", 6) == 0)
        return send_document(request, 403, "<Error><Code>AccessDenied</Code></Error>", SIZE_MAX);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const size_t length = strlen(pages[i].kind);
        if (strncmp(prefix, pages[i].kind, length) == 0 && strcmp(prefix + length, "%2F") == 0)
            return send_document(request, 200,
                                 strstr(request->rest, "continuation-token=") != NULL ? pages[i].next
                                                                                      : pages[i].page,
                                 pages[i].cut);
    }
    return send_document(request, 200, PAGE("false", ""), SIZE_MAX);
}

bool server_answer_put(struct request *request)
{
    const char *rest = request->rest;
    if (strstr(request->rest, "prefix=") != NULL)
        return send_document(request, 200, PAGE("false", ""), SIZE_MAX);
    if (strcmp(request->method, "DELETE") == 0)
        return server_send_text(request->fd, "HTTP/1.1 204 Gone\r\n\r\n");
    const unsigned status = (unsigned)server_take_number(&rest);
    if (request->count <= server_take_number(&rest))
        return send_document(request, status, "<Error><Code>SomeCode</Code></Error>", SIZE_MAX);
    return server_send_text(request->fd, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: 0\r\n\r\n");
}

/* An object of several parts: begun by POST ?uploads, stored by PUT ?partNumber=N, joined by POST ?uploadId
 * or removed by DELETE. */
bool server_answer_parts(struct request *request)
{
    const bool post = strcmp(request->method, "POST") == 0;
    if (strstr(request->rest, "prefix=") != NULL)
        return send_document(request, 200, PAGE("false", ""), SIZE_MAX);
    if (strcmp(request->method, "DELETE") == 0)
        return server_send_text(request->fd, "HTTP/1.1 204 Gone\r\n\r\n");
    if (post && strstr(request->rest, "uploads=") != NULL)
        return send_document(
            request, 200,
            "<InitiateMultipartUploadResult><UploadId>a/b</UploadId></InitiateMultipartUploadResult>",
            SIZE_MAX);
    if (strncmp(request->rest, "refused/", 8) == 0 && strstr(request->rest, "partNumber=2&") != NULL)
        return send_document(request, 403, "<Error><Code>SomeCode</Code></Error>", SIZE_MAX);
    if (!post)
        return server_send_text(request->fd, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: 0\r\n\r\n");
    if (strncmp(request->rest, "torn/", 5) == 0)
        return send_document(request, 200, "<Error><Code>InternalError</Code></Error>", SIZE_MAX);
    return send_document(
        request, 200, "<CompleteMultipartUploadResult><ETag>\"both\"</ETag></CompleteMultipartUploadResult>",
        SIZE_MAX);
}
