#include "http/hosts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/address.h"

enum { BAD_REQUEST = 400, MISDIRECTED = 421, NAME_SHOWN = 100 };

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

/* "example.org." is the same name as "example.org". */
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

/* Is it the pattern's name, or for ".example.org" that name or one below it? */
static bool matches(struct span name, const char *pattern)
{
    return is_same_name(name, pattern) ||
           (pattern[0] == '.' && (is_same_name(name, pattern + 1) || ends_with(name, pattern)));
}

static bool is_given_address(const struct hosts *hosts, const struct in6_addr *address)
{
    struct in6_addr given;
    for (size_t i = 0; i < hosts->count; i++) {
        if (address_parse((struct span){hosts->names[i], strlen(hosts->names[i])}, &given) &&
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
    if (!address_split(&name, &brackets) || (brackets && !address_parse(name, &address)) ||
        (!brackets && !is_name(name))) {
        error_set(error, PM_ERROR_USAGE, "the request's Host is malformed");
        return BAD_REQUEST;
    }
    if (takes_any(hosts))
        return 0;
    if (address_parse(name, &address)) {
        if (!hosts->loopback || address_is_loopback(&address) || is_given_address(hosts, &address))
            return 0;
    } else {
        name = without_last_dot(name);
        if (matches(name, ".localhost") || is_given_name(hosts, name))
            return 0;
    }
    error_set(error, PM_ERROR_USAGE, "'%.*s' is not a name of this server (use one of its names)",
              (int)(name.size < NAME_SHOWN ? name.size : NAME_SHOWN), name.data);
    return MISDIRECTED;
}

int hosts_add(struct hosts *hosts, const char *name, struct pm_error *error)
{
    struct in6_addr address;
    const struct span text = {name, strlen(name)};
    const bool named = text.size > 0 && strcmp(name, ".") != 0 && is_name(text);
    if (!named && !address_parse(text, &address))
        return error_set(error, PM_ERROR_USAGE,
                         "'%.100s' is not a host name (without a port: images.example.org, .example.org for "
                         "all names below it, 192.0.2.1, 2001:db8::1, * for any)",
                         name);
    hosts->names[hosts->count++] = name;
    return 0;
}
