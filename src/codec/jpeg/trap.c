/*
 * libjpeg calls error_exit when it can't continue, emit_message with -1 for a warning, and progress_monitor
 * once per strip; all three may leave by longjmp. The distinction between truncation and damage is made here:
 * libjpeg only warns of either.
 */
#include <jerror.h>
#include <stdarg.h>
#include <string.h>

#include "codec/jpeg/trap.h"

/* The last place is for all codes that the loaded library may have beyond that. */
_Static_assert((int)JMSG_LASTMSGCODE < (int)JPEG_MESSAGES_MAX, "every libjpeg message must have its place");

struct jpeg_trap *jpeg_trap_of(j_common_ptr cinfo)
{
    return (struct jpeg_trap *)cinfo->err;
}

void jpeg_trap_leave(struct jpeg_trap *trap, enum pm_error_kind kind, enum pm_hint hint, const char *format,
                     ...)
{
    char message[sizeof trap->error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set_hint(trap->error, kind, hint, "%s", message);
    longjmp(trap->escape, 1);
}

static void warn_once(struct jpeg_trap *trap, int code, const char *message)
{
    const unsigned place = (unsigned)code < JPEG_MESSAGES_MAX ? (unsigned)code : JPEG_MESSAGES_MAX - 1;
    if (trap->warned[place])
        return;
    trap->warned[place] = true;
    context_warn(trap->context, "%s", message);
}

void jpeg_trap_cut_short(struct jpeg_trap *trap, const char *rest)
{
    if (!trap->allow_truncated)
        jpeg_trap_leave(trap, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                        "ends too early; fetch or copy it again");
    if (!trap->cut_short)
        context_warn(trap->context, "ends too early; %s", rest);
    trap->cut_short = true;
}

/* A scan's data end at a marker before its part of the image is complete: the file was truncated at a
 * substituted EOI (jpeg/input.c). */
static void break_off(struct jpeg_trap *trap, bool progressive)
{
    if (trap->end_made_up) {
        jpeg_trap_cut_short(trap,
                            progressive ? "what is missing is coarse or grey" : "the missing part is grey");
        return;
    }
    if (!trap->allow_truncated)
        jpeg_trap_leave(
            trap, PM_ERROR_CORRUPT, PM_HINT_ALLOW_TRUNCATED,
            "is damaged: the data of its pixels end before the picture does; fetch or copy it again");
    warn_once(trap, JWRN_HIT_MARKER, "is damaged; pixels after the damage may be wrong");
}

static enum pm_error_kind kind_of(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY:
        return PM_ERROR_MEMORY;
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
        return PM_ERROR_UNSUPPORTED;
    default:
        return PM_ERROR_CORRUPT;
    }
}

static void give_up(j_common_ptr cinfo)
{
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    char message[JMSG_LENGTH_MAX];
    trap->manager.format_message(cinfo, message);
    if (trap->manager.msg_code == JERR_ARITH_NOTIMPL)
        jpeg_trap_leave(trap, PM_ERROR_UNSUPPORTED, PM_HINT_NONE,
                        "is an arithmetic-coded JPEG, which this system's libjpeg was built without");
    jpeg_trap_leave(trap, kind_of(trap->manager.msg_code), PM_HINT_NONE, "can't be %s by libjpeg: %s",
                    cinfo->is_decompressor ? "decoded" : "encoded", message);
}

static void hear_message(j_common_ptr cinfo, int level)
{
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    if (level >= 0) /* a trace */
        return;
    trap->manager.num_warnings++;
    int code = trap->manager.msg_code;
    if (code == JWRN_HIT_MARKER) {
        break_off(trap, ((j_decompress_ptr)cinfo)->progressive_mode);
        return;
    }
    if (trap->end_made_up && code == JWRN_EXTRANEOUS_DATA)
        return; /* in place of the EOI; jpeg_decode reports that it is missing */
    char message[JMSG_LENGTH_MAX];
    trap->manager.format_message(cinfo, message);
    warn_once(trap, code, message);
}

static void print_nothing(j_common_ptr cinfo)
{
    (void)cinfo;
}

static void make_progress(j_common_ptr cinfo)
{
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    if (context_checkpoint(trap->context) != 0)
        longjmp(trap->escape, 1);
}

void jpeg_trap_init(struct jpeg_trap *trap, struct context *context)
{
    *trap = (struct jpeg_trap){.context = context, .error = context->error};
    jpeg_std_error(&trap->manager);
    trap->manager.error_exit = give_up;
    trap->manager.emit_message = hear_message;
    trap->manager.output_message = print_nothing;
    trap->progress.progress_monitor = make_progress;
}

int jpeg_try(struct jpeg_trap *trap, int (*body)(void *), void *argument)
{
    if (setjmp(trap->escape) != 0)
        return -1;
    return body(argument);
}
