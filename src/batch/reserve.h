/*
 * Reserve memory for libcrypto. Its initialisation does not handle failed allocations: OpenSSL 3.0 continues
 * without the locks that it could not create, and crashes. So when the heap is exhausted, small allocations
 * of libcrypto come from a reserve; the next image reports that memory ran out.
 *
 * libcrypto's clean-up at exit() is disabled as well: OpenMP's runtime calls exit() when it gets no thread,
 * while other threads use libcrypto.
 */
#ifndef BATCH_RESERVE_H
#define BATCH_RESERVE_H

/* Call before libcrypto's first allocation; later calls have no effect. Applies to the whole process. */
void reserve_for_libcrypto(void);

#endif
