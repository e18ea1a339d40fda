#include "net/trouble.h"

const char *trouble_status_advice(unsigned status)
{
    switch (status) {
    case 401:
    case 403:
        return "it may not be seen without rights";
    case 404:
    case 410:
        return "check the URL";
    case 429:
    case 502:
    case 503:
    case 504:
        return "try again later";
    default:
        return "check the URL, or ask its owner";
    }
}

bool trouble_is_brief(unsigned status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

bool trouble_is_broken(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return true;
    default:
        return false;
    }
}

/* CURLE_TOO_LARGE, by its number: the library that is loaded may be newer than the header of this build, and
 * what came with 8.6 is unknown to a header before it. */
enum { TOO_LARGE = 100 };

void trouble_set(CURLcode code, struct pm_error *error)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(error, PM_ERROR_IO, "its host can't be found (check the name and the network)");
        break;
    case CURLE_COULDNT_CONNECT:
        error_set(error, PM_ERROR_IO, "its host takes no connection (check its name and port)");
        break;
    case CURLE_OPERATION_TIMEDOUT:
        error_set_hint(error, PM_ERROR_TIMEOUT, PM_HINT_CONNECT_TIME, "its host does not answer");
        break;
    case CURLE_TOO_MANY_REDIRECTS:
        error_set(error, PM_ERROR_IO, "is redirected more than %d times (name the file's own URL)",
                  FETCH_REDIRECTS_MAX);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        error_set(error, PM_ERROR_UNSUPPORTED,
                  "its server answers in, or redirects to, neither http nor https (name the file's own URL)");
        break;
    case CURLE_URL_MALFORMAT:
        error_set(error, PM_ERROR_USAGE, "is no well-formed URL (check it)");
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        error_set(error, PM_ERROR_IO,
                  "its server's certificate is not trusted (check the name, or set SSL_CERT_FILE)");
        break;
    case TOO_LARGE: /* longer than any line of header may be, or any URL */
        error_set(
            error, PM_ERROR_LIMIT,
            "its server's answer has a header line without end, or its URL is too long (name another URL)");
        break;
    case CURLE_OUT_OF_MEMORY: /* before 8.6, libcurl calls a header line that is too long for it so, too */
        error_set_hint(
            error, PM_ERROR_MEMORY, PM_HINT_FEWER_TRANSFERS,
            "needs more memory than there is, or its server's answer has a header line without end");
        break;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        error_set(error, PM_ERROR_IO, "its connection breaks (try again later)");
        break;
    default:
        error_set(error, PM_ERROR_IO, "can't be fetched: %s (check the URL)", curl_easy_strerror(code));
    }
}
