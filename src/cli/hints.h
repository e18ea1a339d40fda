/* What an error's hint means on the command line. */
#ifndef CLI_HINTS_H
#define CLI_HINTS_H

#include <stddef.h>

#include "pixmill/error.h"

/* "raise --memory", or NULL for PM_HINT_NONE. */
const char *hint_words(enum pm_hint hint);

/* The message with its hint in brackets, into text[size]. Returns text. */
const char *hint_message(const struct pm_error *error, char *text, size_t size);

enum { HINT_MESSAGE_MAX = sizeof((struct pm_error *)NULL)->message + 128 };

#endif
