#include "http/address.h"

#include <arpa/inet.h>
#include <string.h>

bool address_parse(struct span text, struct in6_addr *address)
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

bool address_is_loopback(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) || (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

void address_write(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, address->s6_addr + 12, text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

static bool is_port(struct span text)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.size == 0 || text.data[0] == ':';
}

/* Any port is accepted: it may be forwarded to the server's. */
bool address_split(struct span *host, bool *brackets)
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
