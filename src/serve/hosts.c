#include "serve/hosts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BAD_REQUEST = 400, MISDIRECTED = 421, NAME_SHOWN = 100 };

/* IPv4 addresses as IPv4-mapped IPv6 addresses. */
static bool parse_address(struct span text, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr v4;
    if (text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (inet_pton(AF_INET6, copy, address) == 1)
        return true;
    if (inet_pton(AF_INET, copy, &v4) != 1)
        return false;
    *address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(address->s6_addr + 12, &v4, sizeof v4);
    return true;
}

static bool is_loopback_address(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) || (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

/* reg-name of RFC 3986, section 3.2.2. */
static bool is_name(struct span text)
{
    static const char marks[] = "-._~%!$&'()*+,;=";
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.data[i];
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && (c == '\0' || strchr(marks, c) == NULL))
            return false;
    }
    return true;
}

static bool is_port(struct span text)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.size == 0 || text.data[0] == ':';
}

/* Takes the port off, and the brackets of an IPv6 address. False when it is malformed (RFC 9110, section
 * 7.2). Which port a name was asked for at does not matter: it may be forwarded. */
static bool split(struct span *host, bool *brackets)
{
    const struct span whole = *host;
    *brackets = whole.size > 0 && whole.data[0] == '[';
    const char *end = memchr(whole.data, *brackets ? ']' : ':', whole.size);
    if (*brackets && end == NULL)
        return false;
    const size_t length = end != NULL ? (size_t)(end - whole.data) : whole.size;
    const size_t inside = *brackets ? 1 : 0;
    const struct span port = {whole.data + length + inside, whole.size - length - inside};
    *host = (struct span){whole.data + inside, length - inside};
    return is_port(port);
}

/* A name that ends in a dot is the same one. */
static struct span without_last_dot(struct span name)
{
    if (name.size > 1 && name.data[name.size - 1] == '.')
        name.size--;
    return name;
}

static bool ends_with(struct span name, const char *end)
{
    const size_t length = strlen(end);
    return name.size >= length && strncasecmp(name.data + name.size - length, end, length) == 0;
}

static bool is_same_name(struct span name, const char *other)
{
    return name.size == strlen(other) && ends_with(name, other);
}

/* The name itself; or for ".example.org" that one or a name below it. */
static bool matches(struct span name, const char *pattern)
{
    return is_same_name(name, pattern) ||
           (pattern[0] == '.' && (is_same_name(name, pattern + 1) || ends_with(name, pattern)));
}

static bool is_given_address(const struct hosts *hosts, const struct in6_addr *address)
{
    struct in6_addr given;
    for (size_t i = 0; i < hosts->count; i++) {
        if (parse_address((struct span){hosts->names[i], strlen(hosts->names[i])}, &given) &&
            memcmp(&given, address, sizeof given) == 0)
            return true;
    }
    return false;
}

static bool is_given_name(const struct hosts *hosts, struct span name)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (matches(name, hosts->names[i]))
            return true;
    }
    return false;
}

static bool takes_any(const struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->names[i], "*") == 0)
            return true;
    }
    return hosts->count == 0 && !hosts->loopback;
}

int hosts_check(const struct hosts *hosts, struct span host, struct pm_error *error)
{
    bool brackets;
    struct in6_addr address;
    struct span name = host;
    if (host.data == NULL)
        return 0;
    if (!split(&name, &brackets) || (brackets && !parse_address(name, &address)) ||
        (!brackets && !is_name(name))) {
        error_set(error, PM_ERROR_USAGE, "the request's Host is malformed");
        return BAD_REQUEST;
    }
    if (takes_any(hosts))
        return 0;
    if (parse_address(name, &address)) {
        if (!hosts->loopback || is_loopback_address(&address) || is_given_address(hosts, &address))
            return 0;
    } else {
        name = without_last_dot(name);
        if (matches(name, ".localhost") || is_given_name(hosts, name))
            return 0;
    }
    error_set(error, PM_ERROR_USAGE, "'%.*s' is none of this server's names (ask for one of them)",
              (int)(name.size < NAME_SHOWN ? name.size : NAME_SHOWN), name.data);
    return MISDIRECTED;
}

int hosts_add(struct hosts *hosts, const char *name, struct pm_error *error)
{
    struct in6_addr address;
    const struct span text = {name, strlen(name)};
    const bool named = text.size > 0 && strcmp(name, ".") != 0 && is_name(text);
    if (!named && !parse_address(text, &address))
        return error_set(
            error, PM_ERROR_USAGE,
            "'%.100s' is no name of a host (without a port: images.example.org, .example.org for "
            "all names below it, 192.0.2.1, 2001:db8::1, * for any)",
            name);
    hosts->names[hosts->count++] = name;
    return 0;
}
