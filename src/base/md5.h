/*
 * MD5 (RFC 1321), for file formats that use it as an identifier; not secure against forgery. Implemented here
 * because libraries on FIPS 140 systems refuse it.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_BYTES = 16, MD5_HEX = 32 };

void md5(const void *data, size_t size, uint8_t digest[MD5_BYTES]);

/* Writes the digest as upper-case hexadecimal digits and a NUL. */
void md5_hex(const void *data, size_t size, char hex[MD5_HEX + 1]);

#endif
