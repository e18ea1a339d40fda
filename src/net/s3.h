/* Objects in S3 storage: the functions of the same names in struct remote_part, and what pull.c asks. */
#ifndef NET_S3_H
#define NET_S3_H

#include "net/pull.h"

struct fetch *s3_put(struct remote *remote, const char *url, const uint8_t *data, size_t size,
                     const char *type);
struct fetch *s3_remove(struct remote *remote, const char *url);
int s3_list(struct remote *remote, const char *prefix, uint64_t max, object_visitor *visit, void *self,
            struct pm_error *error);
int s3_look(struct remote *remote, const char *url, struct object_status *status, struct pm_error *error);

/* The request for an object's content. NULL with the fetch's error filled. */
struct s3_call *s3_get(struct pull *pull);

/* An upload's request has succeeded, or failed with the fetch's error: true if there is another one to do,
 * which is prepared. Otherwise the fetch ends as *state says. */
bool s3_goes_on(struct pull *pull, enum fetch_state *state);

void s3_free(struct s3_call *call);

#endif
