/* What is known to be wrong with an input before any work: the entry's `problem` (walk.h), and its words. */
#ifndef BATCH_PROBLEM_H
#define BATCH_PROBLEM_H

#include <stdbool.h>

#include "batch/walk.h"

/* Who named an input: whoever wrote the command line means the folders that stand there to be walked. A list
 * is often made by a program, of names that strangers chose, and a folder in it ("/..") is a mistake. A list
 * read with -0 that has no NUL is one name. */
enum namer { BY_USER, BY_LIST, BY_UNPARTED_LIST };

/* Why there is no file called `name`, when it can be guessed: a WALK_... problem, else 0. */
int problem_of_missing(const char *name, enum namer namer);

#endif
