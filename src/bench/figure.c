#include "bench/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char dash[] = "–";

/* Three significant digits, or two and an exponent if it is very small. */
static void significant(char *text, size_t size, double value)
{
    /* Rounded first: 0.9996 has as many digits before the point as 1. */
    snprintf(text, size, "%.2e", value);
    if (!isfinite(value)) /* too large for the unit */
        return;
    int power = value == 0 ? 2 : atoi(strchr(text, 'e') + 1);
    if (power < -4)
        snprintf(text, size, "%.1e", value);
    else
        snprintf(text, size, "%.*f", power < 2 ? 2 - power : 0, value);
}

/* The value in the first unit that makes it less than `step`, or the last. */
static struct figure scaled(double value, double unit, double step, const char *const *units, size_t count)
{
    struct figure figure;
    size_t at = 0;
    value /= unit;
    while (at + 1 < count && fabs(value) >= step * 0.9995) {
        value /= step;
        at++;
    }
    char number[24];
    significant(number, sizeof number, value);
    snprintf(figure.text, sizeof figure.text, "%s %s", number, units[at]);
    return figure;
}

static struct figure word(const char *text)
{
    struct figure figure;
    snprintf(figure.text, sizeof figure.text, "%s", text);
    return figure;
}

struct figure figure_number(double value)
{
    if (!isfinite(value))
        return word(isnan(value) ? dash : "∞");
    struct figure figure;
    significant(figure.text, sizeof figure.text, value);
    return figure;
}

struct figure figure_rate(double value)
{
    static const char *const units[] = {"k", "M", "G"};
    static const double plain = 99999.5;
    return isfinite(value) && value >= plain ? scaled(value, 1e3, 1000, units, 3) : figure_number(value);
}

struct figure figure_ratio(double value)
{
    struct figure figure = figure_number(value);
    if (value < 0.9995)
        snprintf(figure.text, sizeof figure.text, value < 0.0995 ? "%.2g" : "%.2f", value);
    return figure;
}

struct figure figure_level(double value)
{
    static const char *const units[] = {"", " k", " M", " G"};
    struct figure figure;
    size_t at = 0;
    for (bool large = value > 9999; large && at < 3 && value > 999.9; at++)
        value /= 1e3;
    snprintf(figure.text, sizeof figure.text, "%.6g%s", value, units[at]);
    return figure;
}

struct figure figure_seconds(double value)
{
    static const char *const units[] = {"ns", "µs", "ms", "s"};
    if (!isfinite(value))
        return word(dash);
    return value == 0 ? word("0 s") : scaled(value, 1e-9, 1000, units, 4);
}

struct figure figure_bytes(double value)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    return isfinite(value) ? scaled(value, 1, 1024, units, 5) : word(dash);
}

struct figure figure_percent(double share)
{
    if (!isfinite(share))
        return word(dash);
    struct figure figure;
    double percent = 100 * share;
    int decimals = fabs(percent) >= 10 || percent == 0 ? 0 : fabs(percent) >= 1 ? 1 : 2;
    snprintf(figure.text, sizeof figure.text, "%.*f %%", decimals, percent);
    return figure;
}

struct figure figure_jobs(double jobs)
{
    if (!isfinite(jobs))
        return word(isnan(jobs) ? dash : "never");
    struct figure figure;
    snprintf(figure.text, sizeof figure.text, "%.0f", jobs);
    return figure;
}

struct figure_range figure_range(struct interval interval, struct figure (*figure)(double))
{
    struct figure_range range;
    const struct figure low = figure(interval.low), high = figure(interval.high);
    const char *unit = strchr(low.text, ' '), *other = strchr(high.text, ' ');
    const bool same = unit != NULL && other != NULL && strcmp(unit, other) == 0;
    if (isnan(interval.low) || isnan(interval.high))
        snprintf(range.text, sizeof range.text, "%s", dash);
    else
        snprintf(range.text, sizeof range.text, "%.*s to %s",
                 (int)(same ? (size_t)(unit - low.text) : strlen(low.text)), low.text, high.text);
    return range;
}

const char *figure_date(const char *date, char *text, size_t size)
{
    struct tm when = {0};
    char rest[64];
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%SZ", &when);
    if (end == NULL || *end != '\0' || strftime(rest, sizeof rest, "%B %Y, %H:%M UTC", &when) == 0)
        snprintf(text, size, "%s", date);
    else
        snprintf(text, size, "%d %s", when.tm_mday, rest);
    return text;
}
