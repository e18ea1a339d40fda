/* What the module keeps for a run (struct remote, `own`). */
#ifndef NET_NET_H
#define NET_NET_H

#include "net/blocking.h"
#include "net/s3_account.h"

struct net {
    struct lines lines;
    pthread_mutex_t lock; /* of the following */
    bool has_account;
    struct s3_account account;
};

/* The account for S3 storage, read when it is first needed. NULL with `error` filled. */
const struct s3_account *net_account(struct remote *remote, struct pm_error *error);

#endif
