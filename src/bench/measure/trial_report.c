#include "bench/measure/trial_report.h"

#include <math.h>
#include <stdio.h>

#include "backend/message.h"
#include "base/error.h"
#include "base/json_read.h"
#include "base/text.h"

static double number_of(const struct json_value *object, const char *key)
{
    const double number = json_member_number(object, key);
    return number > 0 ? number : 0;
}

static uint64_t count_of(const struct json_value *object, const char *key)
{
    const double number = number_of(object, key);
    return number < 1e15 ? (uint64_t)llround(number) : 0;
}

static void read_report(const struct json_value *from, struct trial_report *report)
{
    *report = (struct trial_report){
        .startup_s = number_of(from, "startup_s"),
        .wall_s = number_of(from, "wall_s"),
        .workers = (unsigned)count_of(from, "workers"),
        .images = count_of(from, "images"),
        .pixels = count_of(from, "pixels"),
        .blocked_s = number_of(from, "blocked_s"),
        .user_s = number_of(from, "user_s"),
        .system_s = number_of(from, "system_s"),
        .voluntary_switches = count_of(from, "voluntary_switches"),
        .involuntary_switches = count_of(from, "involuntary_switches"),
        .minor_faults = count_of(from, "minor_faults"),
        .major_faults = count_of(from, "major_faults"),
    };
    if (json_member(from, "error") != NULL) {
        error_set(&report->error, PM_ERROR_WORKER, "%s", json_member_string(from, "error"));
        text_shown(json_member_string(from, "culprit"), report->culprit, sizeof report->culprit);
    } else if (report->images == 0 || !(report->wall_s > 0)) {
        error_set(&report->error, PM_ERROR_WORKER, "the trial's report has no result");
    }
}

int trial_report_receive(int socket, bool json, struct trial_report *report)
{
    if (!json)
        return message_receive(socket, report, sizeof *report);
    char text[TRIAL_JSON_MAX];
    struct json_document document;
    struct pm_error error = {0};
    const long size = message_receive_up_to(socket, text, sizeof text);
    const struct json_value *root = size > 0 ? json_read(&document, text, (size_t)size, &error) : NULL;
    if (root == NULL)
        return -1;
    read_report(root, report);
    json_close(&document);
    return 0;
}
