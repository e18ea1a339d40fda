/* Public collections of images, which lie outside the repository. */
#ifndef TESTS_CONFORMANCE_H
#define TESTS_CONFORMANCE_H

/* The folder $PIXMILL_CONFORMANCE, or ../shared/conformance; NULL when it is not there, after saying that the
 * test that needs it is skipped. */
const char *conformance_folder(void);

#endif
