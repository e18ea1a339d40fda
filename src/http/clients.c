#include "http/clients.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "http/address.h"

enum { PREFIX = 8 }; /* bytes of an IPv6 address */

void clients_init(struct clients *clients)
{
    *clients = (struct clients){0};
    if (getrandom(&clients->seed, sizeof clients->seed, GRND_NONBLOCK) != (ssize_t)sizeof clients->seed) {
        const double now = clock_now(); /* if there are no random bytes yet, early after boot */
        memcpy(&clients->seed, &now, sizeof now);
    }
}

static struct in6_addr key_of(const char *address)
{
    struct in6_addr key;
    if (!address_parse((struct span){address, strlen(address)}, &key))
        return (struct in6_addr){.s6_addr = {[PREFIX] = 1}}; /* no address becomes this one */
    if (!IN6_IS_ADDR_V4MAPPED(&key))
        memset(key.s6_addr + PREFIX, 0, sizeof key.s6_addr - PREFIX);
    return key;
}

/* Two rounds of a multiplication by an odd number that the seed changes (multiply-shift hashing). */
static size_t chain_of(const struct clients *clients, const struct in6_addr *key)
{
    uint64_t words[2];
    memcpy(words, key, sizeof words);
    uint64_t hash = (words[0] ^ clients->seed) * 0x9e3779b97f4a7c15ull;
    hash = (hash ^ hash >> 32 ^ words[1] ^ clients->seed << 1) * (clients->seed | 1);
    return (size_t)(hash >> 52) % CLIENTS_CHAINS;
}

struct client *clients_hold(struct clients *clients, const char *address)
{
    const struct in6_addr key = key_of(address);
    struct client **chain = &clients->chains[chain_of(clients, &key)], *client = *chain;
    while (client != NULL && memcmp(&client->key, &key, sizeof key) != 0)
        client = client->next;
    if (client == NULL) {
        client = calloc(1, sizeof *client);
        if (client == NULL)
            return NULL;
        client->key = key;
        client->next = *chain;
        *chain = client;
    }
    client->users++;
    return client;
}

void clients_release(struct clients *clients, struct client *client)
{
    if (client == NULL || --client->users > 0)
        return;
    struct client **link = &clients->chains[chain_of(clients, &client->key)];
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    free(client);
}
