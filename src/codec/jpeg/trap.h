/*
 * libjpeg's errors, warnings and progress. libjpeg reports an error by a function that must not return: the
 * trap returns from it by longjmp to the one setjmp in jpeg_try. Before use, set cinfo.err = &trap.manager;
 * after creation, cinfo.progress = &trap.progress.
 */
#ifndef CODEC_JPEG_TRAP_H
#define CODEC_JPEG_TRAP_H

#include <setjmp.h>
#include <stdbool.h>

#include "base/context.h"
#include "codec/jpeg/jpeg.h"

enum { JPEG_MESSAGES_MAX = 256 };

struct jpeg_memory;

struct jpeg_trap {
    struct jpeg_error_mgr manager; /* first: libjpeg passes a pointer to it */
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    struct context *context;
    struct pm_error *error;
    struct jpeg_memory *memory; /* set by jpeg_memory_lend */
    bool allow_truncated;
    bool end_made_up;               /* the file ended, and libjpeg was given an EOI */
    bool cut_short;                 /* jpeg_trap_cut_short was called, and that is allowed */
    bool warned[JPEG_MESSAGES_MAX]; /* kinds of warnings already given */
};

void jpeg_trap_init(struct jpeg_trap *trap, struct context *context);

/* Calls body(argument), in which libjpeg may be used. Returns its result, or -1 with trap->error filled if
 * libjpeg failed or a checkpoint stopped the job. */
int jpeg_try(struct jpeg_trap *trap, int (*body)(void *), void *argument);

/* Fills the error (as printf) and leaves jpeg_try. */
__attribute__((noreturn, format(printf, 4, 5))) void
jpeg_trap_leave(struct jpeg_trap *trap, enum pm_error_kind kind, enum pm_hint hint, const char *format, ...);

/* The file ended before the last pixel: fails, or, if that is allowed, warns and says what happened to the
 * rest
 * ("the missing part is grey"). */
void jpeg_trap_cut_short(struct jpeg_trap *trap, const char *rest);

/* The trap of a compressor or decompressor. */
struct jpeg_trap *jpeg_trap_of(j_common_ptr cinfo);

#endif
