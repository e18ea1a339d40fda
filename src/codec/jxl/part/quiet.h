/*
 * Silences libjxl: built without NDEBUG, as by Debian, it prints a trace of each error to this process's
 * standard error, which in a sandboxed worker would be a forbidden system call. Its references to printf
 * functions are redirected, and nobody else's. src/PRIVATE.md has a row for it.
 */
#ifndef CODEC_JXL_PART_QUIET_H
#define CODEC_JXL_PART_QUIET_H

/* Called once when the part is loaded. Where it can't, libjxl prints. */
void jxl_quiet(void);

#endif
