#include "http/forwarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { V4_BITS = 32, V6_BITS = 128, LINES_MAX = 64 };

int proxies_add(struct proxies *proxies, const char *text, struct pm_error *error)
{
    const char *slash = strchr(text, '/');
    const size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    struct proxy proxy = {.bits = V6_BITS};
    char *end = NULL;
    if (address_parse((struct span){text, length}, &proxy.address)) {
        const bool v4 = memchr(text, ':', length) == NULL;
        const unsigned long max = v4 ? V4_BITS : V6_BITS;
        const bool digits = slash != NULL && slash[1] >= '0' && slash[1] <= '9';
        const unsigned long bits = digits ? strtoul(slash + 1, &end, 10) : max;
        if (slash == NULL || (digits && *end == '\0' && bits <= max)) {
            proxy.bits = (unsigned)bits + (v4 ? V6_BITS - V4_BITS : 0);
            proxies->list[proxies->count++] = proxy;
            return 0;
        }
    }
    return error_set(
        error, PM_ERROR_USAGE,
        "'%.100s' is not a proxy's address (192.0.2.1, 2001:db8::1, or a network such as 10.0.0.0/8)", text);
}

static bool has_prefix(const struct in6_addr *address, const struct proxy *proxy)
{
    const unsigned bytes = proxy->bits / 8, bits = proxy->bits % 8;
    const uint8_t *a = address->s6_addr, *b = proxy->address.s6_addr;
    return memcmp(a, b, bytes) == 0 && (bits == 0 || (a[bytes] ^ b[bytes]) >> (8 - bits) == 0);
}

static bool is_proxy(const struct proxies *proxies, const struct in6_addr *address)
{
    for (size_t i = 0; i < proxies->count; i++) {
        if (has_prefix(address, &proxies->list[i]))
            return true;
    }
    return false;
}

bool proxies_have(const struct proxies *proxies, const char *address)
{
    struct in6_addr parsed;
    return address_parse((struct span){address, strlen(address)}, &parsed) && is_proxy(proxies, &parsed);
}

/* Is the quotation mark at text[at] a character of a quoted string? It follows a backslash then, which does
 * not itself follow one. */
static bool is_escaped(const char *text, size_t at)
{
    size_t backslashes = 0;
    while (backslashes < at && text[at - backslashes - 1] == '\\')
        backslashes++;
    return backslashes % 2 != 0;
}

/* Removes the last element from a list whose separator is `mark`. Quotes are matched from the end, so that a
 * quote that a client left open does not hide what a proxy appended. A string that a proxy quoted may come
 * from the client (its Host). */
static struct span take_last(struct span *list, char mark)
{
    size_t at = list->size;
    bool quoted = false;
    while (at > 0 && (list->data[at - 1] != mark || quoted)) {
        at--;
        quoted ^= list->data[at] == '"' && !(quoted && is_escaped(list->data, at));
    }
    const struct span last = {list->data + at, list->size - at};
    list->size = at > 0 ? at - 1 : 0;
    return span_trim(last);
}

static struct span without_quotes(struct span text)
{
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        return (struct span){text.data + 1, text.size - 2};
    return text;
}

/* The address of a node: "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80" or "2001:db8::1".
 */
static bool parse_node(struct span node, struct in6_addr *address)
{
    bool brackets;
    if (address_parse(node, address))
        return true;
    return address_split(&node, &brackets) && address_parse(node, address);
}

/* The address of an element of Forwarded: 'for="[2001:db8::1]:80";proto=https'. */
static bool parse_pairs(struct span element, struct in6_addr *address)
{
    static const char name[] = "for=";
    const size_t length = sizeof name - 1;
    while (element.size > 0) {
        struct span pair = take_last(&element, ';');
        if (pair.size > length && strncasecmp(pair.data, name, length) == 0)
            return parse_node(without_quotes((struct span){pair.data + length, pair.size - length}), address);
    }
    return false;
}

/* The lines of a field, all of which are one list. */
struct lines {
    struct span values[LINES_MAX];
    size_t count; /* may exceed LINES_MAX */
};

static void find_lines(struct span head, struct lines *forwarded, struct lines *plain)
{
    const struct {
        const char *name;
        struct lines *lines;
    } fields[] = {{"Forwarded:", forwarded}, {"X-Forwarded-For:", plain}};
    const char *at = head.data, *end = head.data + head.size, *line_end;
    for (; (line_end = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL; at = line_end + 2) {
        const size_t size = (size_t)(line_end - at);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            const size_t length = strlen(fields[i].name);
            struct lines *lines = fields[i].lines;
            if (size < length || strncasecmp(at, fields[i].name, length) != 0)
                continue;
            if (lines->count < LINES_MAX)
                lines->values[lines->count] = (struct span){at + length, size - length};
            lines->count++;
        }
    }
}

/* The last address that is not a proxy's, searched from the end of the last line; if all are, the first. */
static enum forwarded find_client(const struct proxies *proxies, struct lines *lines,
                                  bool (*parse)(struct span element, struct in6_addr *address),
                                  struct in6_addr *client)
{
    if (lines->count == 0)
        return FORWARDED_NOT;
    if (lines->count > LINES_MAX)
        return FORWARDED_UNKNOWN;
    for (size_t i = lines->count; i-- > 0;) {
        struct span *list = &lines->values[i];
        do {
            if (!parse(take_last(list, ','), client))
                return FORWARDED_UNKNOWN;
            if (!is_proxy(proxies, client))
                return FORWARDED_FOR;
        } while (list->size > 0);
    }
    return FORWARDED_FOR;
}

enum forwarded forwarded_client(const struct proxies *proxies, struct span head,
                                char client[INET6_ADDRSTRLEN])
{
    struct lines forwarded = {.count = 0}, plain = {.count = 0};
    struct in6_addr one = {0}, other = {0};
    find_lines(head, &forwarded, &plain);
    const enum forwarded by_one = find_client(proxies, &forwarded, parse_pairs, &one);
    const enum forwarded by_other = find_client(proxies, &plain, parse_node, &other);
    if (by_one == FORWARDED_NOT && by_other == FORWARDED_NOT)
        return FORWARDED_NOT;
    if (by_one == FORWARDED_UNKNOWN || by_other == FORWARDED_UNKNOWN ||
        (by_one == by_other && memcmp(&one, &other, sizeof one) != 0))
        return FORWARDED_UNKNOWN;
    address_write(by_one == FORWARDED_FOR ? &one : &other, client);
    return FORWARDED_FOR;
}
