/* Finding out about a Python interpreter by running it, for the lab and for help. */
#ifndef CLI_INTERPRETER_H
#define CLI_INTERPRETER_H

#include "base/error.h"
#include "bench/measure/python.h"

/* Runs the program `asked`, a path or a name in PATH, to find out its version and whether it can import the
 * module pixmill of this version. Fills `interpreter`; on failure its version, too, if it is known. Returns
 * 0, or -1 with `error` filled. Takes about 50 ms; a program that says nothing is ended after 20 s. */
int interpreter_examine(const char *asked, struct interpreter *interpreter, struct pm_error *error);

#endif
