/*
 * Memory for libcrypto when the heap has none. It does not bear being refused any while it sets itself up:
 * OpenSSL 3.0 goes on without the locks that it could not make, and crashes. So its small allocations come
 * out of a reserve then, and it does not learn that memory ran out; the next image will.
 *
 * Nor does it take itself down at exit(), which OpenMP's runtime calls when it gets no thread, while others
 * are at work with libcrypto.
 */
#ifndef BATCH_RESERVE_H
#define BATCH_RESERVE_H

/* To be called before libcrypto's first allocation; later, nothing happens. The setting is the process's. */
void reserve_for_libcrypto(void);

#endif
