#include "http/http_date.h"

#include <stdio.h>
#include <string.h>

static const char days[][10] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
enum { DAYS = 7, MONTHS = 12, ABBREVIATED = 3 };

enum { FIXED_LENGTH = 29 };

static void put_two(char *text, int number)
{
    text[0] = (char)('0' + number / 10);
    text[1] = (char)('0' + number % 10);
}

/* Without printf, which takes many times as long: every response has one or two dates. */
void http_date_write(time_t when, char date[HTTP_DATE_MAX])
{
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
        gmtime_r(&(time_t){0}, &tm);
    memcpy(date, "Sun, 06 Nov 1994 08:49:37 GMT", FIXED_LENGTH + 1);
    memcpy(date, days[tm.tm_wday], 3);
    put_two(date + 5, tm.tm_mday);
    memcpy(date + 8, months[tm.tm_mon], 3);
    put_two(date + 12, (tm.tm_year + 1900) / 100);
    put_two(date + 14, (tm.tm_year + 1900) % 100);
    put_two(date + 17, tm.tm_hour);
    put_two(date + 20, tm.tm_min);
    put_two(date + 23, tm.tm_sec);
}

const char *http_date_now(struct http_now *now)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    if (time.tv_sec != now->when)
        http_date_write(time.tv_sec, now->date);
    now->when = time.tv_sec;
    return now->date;
}

/* Each of these functions removes its part from the beginning of the text, or returns false. */

static bool take(struct span *text, const char *piece)
{
    size_t size = strlen(piece);
    if (text->size < size || memcmp(text->data, piece, size) != 0)
        return false;
    text->data += size;
    text->size -= size;
    return true;
}

static bool take_number(struct span *text, size_t digits, int *value)
{
    if (text->size < digits)
        return false;
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        *value = 10 * *value + text->data[i] - '0';
    }
    text->data += digits;
    text->size -= digits;
    return true;
}

static bool take_day(struct span *text, size_t length)
{
    for (int i = 0; i < DAYS; i++) {
        char day[sizeof days[0]] = "";
        memcpy(day, days[i], length > 0 ? length : strlen(days[i]));
        if (take(text, day))
            return true;
    }
    return false;
}

static bool take_month(struct span *text, int *month)
{
    for (*month = 0; *month < MONTHS; ++*month) {
        if (take(text, months[*month]))
            return true;
    }
    return false;
}

static bool take_time(struct span *text, struct tm *tm)
{
    return take_number(text, 2, &tm->tm_hour) && take(text, ":") && take_number(text, 2, &tm->tm_min) &&
           take(text, ":") && take_number(text, 2, &tm->tm_sec);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool parse_fixed(struct span text, struct tm *tm)
{
    return take_day(&text, ABBREVIATED) && take(&text, ", ") && take_number(&text, 2, &tm->tm_mday) &&
           take(&text, " ") && take_month(&text, &tm->tm_mon) && take(&text, " ") &&
           take_number(&text, 4, &tm->tm_year) && take(&text, " ") && take_time(&text, tm) &&
           take(&text, " GMT") && text.size == 0;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool parse_rfc850(struct span text, time_t now, struct tm *tm)
{
    struct tm today;
    if (!take_day(&text, 0) || !take(&text, ", ") || !take_number(&text, 2, &tm->tm_mday) ||
        !take(&text, "-") || !take_month(&text, &tm->tm_mon) || !take(&text, "-") ||
        !take_number(&text, 2, &tm->tm_year) || !take(&text, " ") || !take_time(&text, tm) ||
        !take(&text, " GMT") || text.size != 0 || gmtime_r(&now, &today) == NULL)
        return false;
    int year = today.tm_year + 1900;
    tm->tm_year += year - year % 100;
    if (tm->tm_year > year + 50)
        tm->tm_year -= 100;
    else if (tm->tm_year <= year - 50)
        tm->tm_year += 100;
    return true;
}

/* Sun Nov  6 08:49:37 1994 */
static bool parse_asctime(struct span text, struct tm *tm)
{
    return take_day(&text, ABBREVIATED) && take(&text, " ") && take_month(&text, &tm->tm_mon) &&
           take(&text, " ") &&
           (take(&text, " ") ? take_number(&text, 1, &tm->tm_mday) : take_number(&text, 2, &tm->tm_mday)) &&
           take(&text, " ") && take_time(&text, tm) && take(&text, " ") &&
           take_number(&text, 4, &tm->tm_year) && text.size == 0;
}

bool http_date_parse(struct span text, time_t now, time_t *when)
{
    enum { LEAP_SECOND = 60 };
    struct tm tm = {0};
    if (text.data == NULL)
        return false;
    if (!parse_fixed(text, &tm) && !parse_rfc850(text, now, &tm) && !parse_asctime(text, &tm))
        return false;
    tm.tm_year -= 1900;
    if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > LEAP_SECOND)
        return false;
    /* timegm turns the 31st of February into the 3rd of March; an existing day does not change. */
    int day = tm.tm_mday, month = tm.tm_mon;
    struct tm midnight = {.tm_year = tm.tm_year, .tm_mon = month, .tm_mday = day};
    timegm(&midnight);
    if (midnight.tm_mday != day || midnight.tm_mon != month)
        return false;
    *when = timegm(&tm);
    return true;
}
