#include "http/request_head.h"

#include <string.h>
#include <strings.h>

enum { BAD_REQUEST = 400, URI_TOO_LONG = 414, HEAD_TOO_LARGE = 431, VERSION_UNKNOWN = 505 };

/* tchar of RFC 9110, section 5.6.2. */
static bool is_token(const char *text, size_t size)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && (c == '\0' || strchr(marks, c) == NULL))
            return false;
    }
    return size > 0;
}

static bool span_is(struct span span, const char *word)
{
    return span.size == strlen(word) && strncasecmp(span.data, word, span.size) == 0;
}

struct span span_trim(struct span text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text.data++, text.size--;
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

struct span http_part(const struct http_request *request, enum http_part part)
{
    const size_t at = request->parts[part].at, size = request->parts[part].size;
    return at + size > 0 ? (struct span){request->head + at, size} : (struct span){0};
}

_Static_assert(HTTP_HEAD_MAX <= UINT16_MAX, "an offset can hold every position in a head");

static void set_part(struct http_request *request, enum http_part part, struct span text)
{
    request->parts[part].at = (uint16_t)(text.data - request->head);
    request->parts[part].size = (uint16_t)text.size;
}

/* Is `word` in a comma-separated list? */
static bool list_has(struct span list, const char *word)
{
    size_t at = 0;
    while (at < list.size) {
        const char *comma = memchr(list.data + at, ',', list.size - at);
        size_t end = comma != NULL ? (size_t)(comma - list.data) : list.size;
        if (span_is(span_trim((struct span){list.data + at, end - at}), word))
            return true;
        at = end + 1;
    }
    return false;
}

/* The target is "/path?query", or the same after "http://host" (RFC 9112, section 3.2). */
static int parse_target(struct span target, struct http_request *request)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(schemes[i]);
        if (target.size <= length || strncasecmp(target.data, schemes[i], length) != 0)
            continue;
        const char *slash = memchr(target.data + length, '/', target.size - length);
        if (slash == NULL)
            return BAD_REQUEST;
        set_part(request, HTTP_HOST,
                 (struct span){target.data + length, (size_t)(slash - target.data) - length});
        target.size -= (size_t)(slash - target.data);
        target.data = slash;
    }
    for (size_t i = 0; i < target.size; i++) {
        if (target.data[i] <= ' ' || target.data[i] == '\x7f') /* bytes from 0x80 on are negative */
            if ((unsigned char)target.data[i] < 0x80)
                return BAD_REQUEST;
    }
    if (target.size == 0 || target.data[0] != '/')
        return BAD_REQUEST;
    const char *mark = memchr(target.data, '?', target.size);
    const size_t length = mark != NULL ? (size_t)(mark - target.data) : target.size;
    set_part(request, HTTP_PATH, (struct span){target.data, length});
    if (mark != NULL)
        set_part(request, HTTP_QUERY, (struct span){mark + 1, target.size - length - 1});
    return 0;
}

/* "GET /path HTTP/1.1". 0, or the status of the refusal. */
static int parse_request_line(struct span line, struct http_request *request)
{
    const char *first = memchr(line.data, ' ', line.size);
    if (first == NULL)
        return BAD_REQUEST;
    size_t method = (size_t)(first - line.data), rest = line.size - method - 1;
    const char *second = memchr(first + 1, ' ', rest);
    if (second == NULL || !is_token(line.data, method))
        return BAD_REQUEST;
    set_part(request, HTTP_METHOD_NAME, (struct span){line.data, method});
    request->method = method == 3 && memcmp(line.data, "GET", 3) == 0       ? HTTP_GET
                      : method == 4 && memcmp(line.data, "HEAD", 4) == 0    ? HTTP_HEAD
                      : method == 7 && memcmp(line.data, "OPTIONS", 7) == 0 ? HTTP_OPTIONS
                                                                            : HTTP_OTHER;
    const char *version = second + 1;
    size_t left = (size_t)(line.data + line.size - version);
    if (left != 8 || memcmp(version, "HTTP/", 5) != 0 || version[6] != '.')
        return BAD_REQUEST;
    if (version[5] != '1' || version[7] < '0' || version[7] > '9')
        return VERSION_UNKNOWN;
    request->minor = (unsigned)(version[7] - '0');
    request->keep_alive = request->minor >= 1;
    return parse_target((struct span){first + 1, (size_t)(second - first - 1)}, request);
}

/* Fields that must not be repeated or combined; and "close", which overrides "keep-alive". */
struct seen {
    bool host, length, coding, close;
};

static int take_length(struct span value, struct http_request *request, struct seen *seen)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return BAD_REQUEST;
        request->has_body = request->has_body || value.data[i] != '0';
    }
    if (value.size == 0 || seen->length)
        return BAD_REQUEST;
    seen->length = true;
    return 0;
}

static int take_field(struct span name, struct span value, struct http_request *request, struct seen *seen)
{
    static const char *const kept[HTTP_PARTS] = {
        [HTTP_ACCEPT] = "accept",
        [HTTP_RANGE] = "range",
        [HTTP_IF_RANGE] = "if-range",
        [HTTP_IF_MATCH] = "if-match",
        [HTTP_IF_UNMODIFIED_SINCE] = "if-unmodified-since",
        [HTTP_IF_NONE_MATCH] = "if-none-match",
        [HTTP_IF_MODIFIED_SINCE] = "if-modified-since",
        [HTTP_USER_AGENT] = "user-agent",
        [HTTP_REFERER] = "referer",
    };
    for (enum http_part part = HTTP_ACCEPT; part < HTTP_PARTS; part++) {
        if (span_is(name, kept[part])) {
            set_part(request, part, value);
            return 0;
        }
    }
    if (span_is(name, "connection")) {
        seen->close |= list_has(value, "close");
        request->keep_alive = !seen->close && (request->keep_alive || list_has(value, "keep-alive"));
    } else if (span_is(name, "host")) {
        if (seen->host)
            return BAD_REQUEST;
        seen->host = true;
        if (http_part(request, HTTP_HOST).data ==
            NULL) /* the target's host takes precedence (RFC 9112, section 3.2.2) */
            set_part(request, HTTP_HOST, value);
    } else if (span_is(name, "content-length")) {
        return take_length(value, request, seen);
    } else if (span_is(name, "transfer-encoding")) {
        seen->coding = true;
        request->has_body = true;
    }
    return 0;
}

/* "Name: value". 0, or the status of the refusal. */
static int parse_field(struct span line, struct http_request *request, struct seen *seen)
{
    const char *colon = memchr(line.data, ':', line.size);
    if (colon == NULL || !is_token(line.data, (size_t)(colon - line.data)))
        return BAD_REQUEST; /* obsolete line folding too (RFC 9112, section 5.2) */
    struct span name = {line.data, (size_t)(colon - line.data)};
    struct span value = span_trim((struct span){colon + 1, line.size - name.size - 1});
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return BAD_REQUEST;
    }
    return take_field(name, value, request, seen);
}

/* The line at *at, which is moved past its CR LF. False when the line is incomplete. A single CR or LF stays
 * in it and is refused when its parts are checked. */
static bool next_line(const char *bytes, size_t size, size_t *at, struct span *line)
{
    const char *end = memmem(bytes + *at, size - *at, "\r\n", 2);
    if (end == NULL)
        return false;
    *line = (struct span){bytes + *at, (size_t)(end - bytes) - *at};
    *at = (size_t)(end - bytes) + 2;
    return true;
}

long http_parse(const char *bytes, size_t size, struct http_request *request)
{
    struct span line;
    struct seen seen = {0};
    size_t at = 0;
    *request = (struct http_request){.head = bytes};
    if (size > HTTP_HEAD_MAX)
        size = HTTP_HEAD_MAX;
    while (size - at >= 2 && bytes[at] == '\r' && bytes[at + 1] == '\n')
        at += 2; /* blank lines before the head are skipped (RFC 9112, section 2.2) */
    if (memmem(bytes + at, size - at, "\r\n\r\n", 4) == NULL) {
        if (size < HTTP_HEAD_MAX)
            return 0;
        return next_line(bytes, size, &at, &line) ? -HEAD_TOO_LARGE : -URI_TOO_LONG;
    }
    int status = next_line(bytes, size, &at, &line) ? parse_request_line(line, request) : BAD_REQUEST;
    while (status == 0 && next_line(bytes, size, &at, &line) && line.size > 0)
        status = parse_field(line, request, &seen);
    if (status == 0 && ((request->minor >= 1 && !seen.host) || (seen.length && seen.coding)))
        status = BAD_REQUEST;
    return status == 0 ? (long)at : -status;
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unknown";
}

const char *http_refusal(int status)
{
    switch (status) {
    case URI_TOO_LONG:
        return "the request line is too long (at most 16 KiB)";
    case HEAD_TOO_LARGE:
        return "the request's fields are too long (at most 16 KiB)";
    case VERSION_UNKNOWN:
        return "only HTTP/1.0 and HTTP/1.1 are supported";
    default:
        return "the request is not well-formed HTTP/1.1";
    }
}
