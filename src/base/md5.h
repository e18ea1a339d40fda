/*
 * MD5 (RFC 1321), for file formats that name their parts by it. It proves nothing against whoever means to
 * deceive. Here rather than from a library, for those of FIPS 140 systems refuse it.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_BYTES = 16, MD5_HEX = 32 };

void md5(const void *data, size_t size, uint8_t digest[MD5_BYTES]);

/* The digest in upper-case hexadecimal digits, with a NUL behind them. */
void md5_hex(const void *data, size_t size, char hex[MD5_HEX + 1]);

#endif
