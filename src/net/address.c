/*
 * IANA's special-purpose address registries (RFC 6890 and its successors): the blocks that are not globally
 * reachable; and multicast. Of IPv6 only 2000::/3 is assigned at all. An IPv4 address that is embedded in an
 * IPv6 address is checked as IPv4.
 */
#include "net/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

static const struct block4 {
    uint32_t prefix;
    unsigned bits;
    const char *kind;
} blocks4[] = {
    {0x00000000, 8, "unspecified"}, /* 0.0.0.0/8: this host */
    {0x0a000000, 8, "private"},     /* 10.0.0.0/8 */
    {0x64400000, 10, "private"},    /* 100.64.0.0/10: carriers' NAT */
    {0x7f000000, 8, "loopback"},    /* 127.0.0.0/8 */
    {0xa9fe0000, 16, "link-local"}, /* 169.254.0.0/16: including metadata services of clouds */
    {0xac100000, 12, "private"},    /* 172.16.0.0/12 */
    {0xc0000000, 24, "reserved"},   /* 192.0.0.0/24: protocol assignments */
    {0xc0000200, 24, "reserved"},   /* 192.0.2.0/24: documentation */
    {0xc0586300, 24, "reserved"},   /* 192.88.99.0/24: 6to4 relays */
    {0xc0a80000, 16, "private"},    /* 192.168.0.0/16 */
    {0xc6120000, 15, "reserved"},   /* 198.18.0.0/15: benchmarks */
    {0xc6336400, 24, "reserved"},   /* 198.51.100.0/24: documentation */
    {0xcb007100, 24, "reserved"},   /* 203.0.113.0/24: documentation */
    {0xe0000000, 4, "multicast"},   /* 224.0.0.0/4 */
    {0xf0000000, 4, "reserved"},    /* 240.0.0.0/4, including broadcast */
};

/* `address` in the host's byte order. */
static const char *refusal4(uint32_t address)
{
    for (size_t i = 0; i < sizeof blocks4 / sizeof *blocks4; i++) {
        if ((address ^ blocks4[i].prefix) >> (32 - blocks4[i].bits) == 0)
            return blocks4[i].kind;
    }
    return NULL;
}

enum { INNER_NONE = 0xff };

static const struct block6 {
    uint8_t prefix[16];
    unsigned bits;
    const char *kind;
    unsigned inner; /* offset of the embedded IPv4 address, which decides */
} blocks6[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, NULL, 12},             /* ::ffff:0:0/96: IPv4, mapped */
    {{0, 0x64, 0xff, 0x9b}, 96, NULL, 12},                  /* 64:ff9b::/96: IPv4, translated */
    {{0x20, 0x02}, 16, NULL, 2},                            /* 2002::/16: 6to4 */
    {{[15] = 1}, 128, "loopback", INNER_NONE},              /* ::1 */
    {{0}, 128, "unspecified", INNER_NONE},                  /* :: */
    {{0xfc}, 7, "private", INNER_NONE},                     /* fc00::/7: unique local */
    {{0xfe, 0x80}, 10, "link-local", INNER_NONE},           /* fe80::/10 */
    {{0xff}, 8, "multicast", INNER_NONE},                   /* ff00::/8 */
    {{0x20, 0x01, 0x00}, 23, "reserved", INNER_NONE},       /* 2001::/23: Teredo, benchmarks, ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "reserved", INNER_NONE}, /* 2001:db8::/32: documentation */
    {{0x3f, 0xff, 0x00}, 20, "reserved", INNER_NONE},       /* 3fff::/20: documentation */
    {{0x20}, 3, NULL, INNER_NONE},                          /* 2000::/3: the Internet */
};

static int has_prefix(const uint8_t *address, const struct block6 *block)
{
    unsigned whole = block->bits / 8, rest = block->bits % 8;
    if (memcmp(address, block->prefix, whole) != 0)
        return 0;
    return rest == 0 || (address[whole] ^ block->prefix[whole]) >> (8 - rest) == 0;
}

static const char *refusal6(const uint8_t *address)
{
    for (size_t i = 0; i < sizeof blocks6 / sizeof *blocks6; i++) {
        const struct block6 *block = &blocks6[i];
        if (!has_prefix(address, block))
            continue;
        if (block->inner == INNER_NONE)
            return block->kind;
        const uint8_t *inner = address + block->inner;
        return refusal4(get_be32(inner));
    }
    return "reserved";
}

const char *address_refusal(const struct sockaddr *address)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&in, address, sizeof in);
        return refusal4(ntohl(in.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&in6, address, sizeof in6);
        return refusal6(in6.sin6_addr.s6_addr);
    default:
        return "no Internet";
    }
}
