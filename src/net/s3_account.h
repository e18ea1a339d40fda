/* The account for S3 storage: server, region and key, from the environment or from the file of credentials
 * that Amazon's tools use. Never from the command line, which other users of the machine can read. */
#ifndef NET_S3_ACCOUNT_H
#define NET_S3_ACCOUNT_H

#include "base/error.h"

struct s3_account {
    char *endpoint; /* http://HOST or https://HOST, perhaps with a port and a path; without a final slash */
    char *id, *secret; /* of the key */
    char *token;       /* of a temporary key; NULL: none */
    char signing[96];  /* libcurl's CURLOPT_AWS_SIGV4 */
};

/* Returns 0, or -1 with `error` filled. */
int s3_account_read(struct s3_account *account, struct pm_error *error);

/* Wipes the secrets. {0} is allowed. */
void s3_account_free(struct s3_account *account);

#endif
