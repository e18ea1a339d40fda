#include "net/multi.h"

/* Options of libcurl 8.20 and later, by number: the library that is loaded may be newer than the header of
 * this build. An older library refuses them, and needs neither: it looks up each name in a thread of its own,
 * and does not wait for it after CURLOPT_QUICK_EXIT. Later ones have a pool of threads for each multi handle.
 */
enum {
    RESOLVE_THREADS_MAX = 20, /* CURLMOPT_RESOLVE_THREADS_MAX */
    QUICK_EXIT = 21,          /* CURLMOPT_QUICK_EXIT */
};

/* For all purposes as many as there are lookups. Threads start when they are needed; with the usual 20, as
 * many lookups without an answer, even of transfers that have been given up, would make all others wait. */
enum { THREADS = 1 << 20 };

CURLM *multi_open(long connections)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt(multi, (CURLMoption)RESOLVE_THREADS_MAX, (long)THREADS);
    /* curl_multi_cleanup does not wait for lookups, which may take the system's resolver half a minute. */
    curl_multi_setopt(multi, (CURLMoption)QUICK_EXIT, 1L);
    return multi;
}
