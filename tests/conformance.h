/* Public collections of images, which lie outside the repository. */
#ifndef TESTS_CONFORMANCE_H
#define TESTS_CONFORMANCE_H

/* The folder $PIXMILL_CONFORMANCE, or ../shared/conformance. Skips the test when it is not there. */
const char *conformance_folder(void);

#endif
