/* A multi handle of libcurl's, on which slow name lookups delay nobody. */
#ifndef NET_MULTI_H
#define NET_MULTI_H

#include <curl/curl.h>

/* Keeps up to `connections` open. NULL: no memory. curl_multi_cleanup frees it. */
CURLM *multi_open(long connections);

#endif
