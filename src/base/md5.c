#include "base/md5.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { BLOCK = 64, ROUNDS = 64 };

/* floor(2^32 * |sin(i + 1)|) */
static const uint32_t sines[ROUNDS] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static uint32_t rotate(uint32_t x, unsigned bits)
{
    return x << bits | x >> (32 - bits);
}

static void put_32(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> 8 * i);
}

/* RFC 1321, section 3.4. */
static void add_block(uint32_t state[4], const uint8_t *block)
{
    static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t mixed;
        unsigned word;
        switch (i / 16) {
        case 0:
            mixed = (b & c) | (~b & d);
            word = i;
            break;
        case 1:
            mixed = (b & d) | (c & ~d);
            word = (5 * i + 1) % 16;
            break;
        case 2:
            mixed = b ^ c ^ d;
            word = (3 * i + 5) % 16;
            break;
        default:
            mixed = c ^ (b | ~d);
            word = 7 * i % 16;
        }
        uint32_t next =
            b + rotate(a + mixed + sines[i] + get_le32(block + (size_t)4 * word), shifts[i / 16][i % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void md5(const void *data, size_t size, uint8_t digest[MD5_BYTES])
{
    enum { LENGTH = 8 };
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const uint8_t *bytes = data;
    size_t done = 0;
    for (; size - done >= BLOCK; done += BLOCK)
        add_block(state, bytes + done);
    uint8_t last[2 * BLOCK] = {0};
    const size_t left = size - done, padded = left + 1 + LENGTH <= BLOCK ? BLOCK : 2 * BLOCK;
    if (left > 0)
        memcpy(last, bytes + done, left);
    last[left] = 0x80;
    put_32(last + padded - LENGTH, (uint32_t)((uint64_t)size << 3));
    put_32(last + padded - LENGTH + 4, (uint32_t)((uint64_t)size >> 29));
    for (size_t at = 0; at < padded; at += BLOCK)
        add_block(state, last + at);
    for (size_t i = 0; i < 4; i++)
        put_32(digest + 4 * i, state[i]);
}

void md5_hex(const void *data, size_t size, char hex[MD5_HEX + 1])
{
    uint8_t digest[MD5_BYTES];
    md5(data, size, digest);
    for (size_t i = 0; i < MD5_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02X", digest[i]);
}
