/* Problems of an input that are known before any work: the entry's `problem` (walk.h), and its message. */
#ifndef BATCH_PROBLEM_H
#define BATCH_PROBLEM_H

#include <stdbool.h>

#include "batch/walk.h"

/* Where the name of an input comes from. Folders on the command line are walked. A list is often made by a
 * program from untrusted names, so a folder in it ("/..") is a mistake. A list read with -0 that has no NUL
 * is one name. */
enum namer { BY_USER, BY_LIST, BY_UNPARTED_LIST };

/* A likely reason why there is no file `name`: a WALK_... problem, else 0. */
int problem_of_missing(const char *name, enum namer namer);

/* Leaves out a file that was found in a folder and is not an image: WALK_NO_IMAGE. False if the entry is
 * anything else. */
bool problem_no_image(struct walk_entry *entry);

/* Fills `error`: why there are no inputs. Returns -1. */
int problem_nothing_found(const struct walk_list *list, struct pm_error *error);

#endif
