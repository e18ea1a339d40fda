/*
 * What a client of the server sends: a head, and in it a path with a recipe and a file's name, a range, dates
 * and an Accept field. Checks: parts of the head are within it; a file's name stays below the root; a range
 * is within the picture; a parsed date is written as text that parses to the same date.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/conditional.h"
#include "http/forwarded.h"
#include "http/hosts.h"
#include "http/http_date.h"
#include "http/request_head.h"
#include "serve/negotiate.h"
#include "serve/request.h"

static const time_t now = 1700000000;

static void expect_within(struct span span, const char *head, size_t size)
{
    FUZZ_ASSERT(span.data == NULL || (span.data >= head && span.data + span.size <= head + size));
}

static void expect_below_root(const char *file)
{
    FUZZ_ASSERT(file[0] != '/' && strlen(file) < REQUEST_FILE_MAX);
    for (const char *part = file; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        FUZZ_ASSERT(strncmp(part, "..", 2) != 0 || (part[2] != '/' && part[2] != '\0'));
    }
}

static void try_path(struct span path)
{
    struct pm_error error = {0};
    struct request request;
    int status = request_parse(path.data, path.size, &request, &error);
    FUZZ_ASSERT(status == 0 || (status >= 400 && status < 600 && error.message[0] != '\0'));
    if (status == 0)
        expect_below_root(request.file);
}

static void try_date(struct span text)
{
    time_t when, again;
    char date[HTTP_DATE_MAX];
    if (text.data == NULL || !http_date_parse(text, now, &when))
        return;
    http_date_write(when, date);
    FUZZ_ASSERT(http_date_parse((struct span){date, strlen(date)}, now, &again) && again == when);
}

static void try_conditions(const struct http_request *request)
{
    static const uint64_t sizes[] = {0, 1, 1000, UINT64_MAX};
    const struct validators validators = {.etag = "\"abc\"", .modified = now - 100, .now = now};
    FUZZ_ASSERT(http_part(request, HTTP_IF_MATCH).data != NULL ||
                http_part(request, HTTP_IF_UNMODIFIED_SINCE).data != NULL ||
                !conditional_failed(request, &validators));
    (void)conditional_fresh(request, &validators);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t offset = 0, length = 0;
        int status = conditional_range(request, &validators, sizes[i], &offset, &length);
        FUZZ_ASSERT(status == 200 || status == 206 || status == 416);
        FUZZ_ASSERT(status != 206 || (length > 0 && offset < sizes[i] && length <= sizes[i] - offset));
    }
}

/* Which port is asked for changes nothing, nor does a name that is not among those given. */
static void try_host(struct span host)
{
    static const struct hosts own = {.loopback = true},
                              more = {.loopback = true, .names = {".example"}, .count = 1};
    struct pm_error error = {0};
    const int status = hosts_check(&own, host, &error), with_more = hosts_check(&more, host, &error);
    FUZZ_ASSERT(status == 0 || status == 400 || (status == 421 && error.message[0] != '\0'));
    FUZZ_ASSERT(with_more == status || (status == 421 && with_more == 0));
}

/* Whoever is trusted: the client is an address, and something is said or not. */
static void try_proxies(struct span head)
{
    struct proxies none = {.count = 0}, all = {.count = 0};
    struct pm_error error = {0};
    struct in6_addr address;
    char one[INET6_ADDRSTRLEN] = "", other[INET6_ADDRSTRLEN] = "";
    FUZZ_ASSERT(proxies_add(&all, "0.0.0.0/0", &error) == 0 && proxies_add(&all, "::/0", &error) == 0);
    const enum forwarded last = forwarded_client(&none, head, one);
    const enum forwarded first = forwarded_client(&all, head, other);
    FUZZ_ASSERT((last == FORWARDED_NOT) == (first == FORWARDED_NOT));
    FUZZ_ASSERT(last != FORWARDED_FOR || address_parse((struct span){one, strlen(one)}, &address));
    FUZZ_ASSERT(first != FORWARDED_FOR || address_parse((struct span){other, strlen(other)}, &address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request request = {0};
    char *head = malloc(size + 1);
    FUZZ_ASSERT(head != NULL);
    if (size > 0)
        memcpy(head, data, size);
    long length = http_parse(head, size, &request);
    FUZZ_ASSERT(length <= (long)size && length > -600);
    if (length > 0) {
        for (enum http_part part = 0; part < HTTP_PARTS; part++)
            expect_within(http_part(&request, part), head, (size_t)length);
        FUZZ_ASSERT(http_part(&request, HTTP_PATH).size > 0 && http_part(&request, HTTP_PATH).data[0] == '/');
        try_path(http_part(&request, HTTP_PATH));
        try_date(http_part(&request, HTTP_IF_MODIFIED_SINCE));
        try_conditions(&request);
        (void)negotiate_format(http_part(&request, HTTP_ACCEPT), NULL, &(struct auto_formats){0});
        try_host(http_part(&request, HTTP_HOST));
        try_proxies((struct span){head, (size_t)length});
    }
    free(head);
    return 0;
}
