#include "batch/verify.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/content.h"
#include "batch/place.h"
#include "batch/store.h"
#include "io/file.h"

struct verify {
    const struct verify_config *config;
    struct verify_report *report;
    struct walk_list list;
    uint32_t unit;   /* with a plan: that the list is of */
    struct set seen; /* inputs: one may be named twice */
    struct journal *journal;
    struct set inputs;  /* lines, by input */
    struct set results; /* paths of all results */
    struct set recipes; /* lines, by settings */
    struct names names; /* of results */
    bool failed;        /* no memory */
};

const char *verify_name(enum verified state)
{
    static const char *const names[VERIFY_STATES] = {"done",    "damaged",  "failed",   "missing",
                                                     "changed", "vanished", "stranger", "temporary"};
    return names[state];
}

static uint64_t field_hash(const char *line, unsigned field)
{
    const char *text = line_field(line, field);
    return set_hash(text, line_field_length(text));
}

static uint64_t input_hash(const void *line)
{
    return field_hash(line, LINE_INPUT);
}

static bool input_equal(const void *a, const void *b)
{
    return line_same(a, b, LINE_INPUT);
}

static uint64_t recipe_hash(const void *line)
{
    return field_hash(line, LINE_SETTINGS);
}

static bool recipe_equal(const void *a, const void *b)
{
    return line_same(a, b, LINE_SETTINGS);
}

static void tell(struct verify *verify, enum verified state, const char *path, const char *why)
{
    verify->report->counts[state]++;
    if (state != VERIFY_DONE && verify->config->found != NULL)
        verify->config->found(verify->config->listener, state, path, why);
}

/* Marks the shard of the entry, which has something left to do. */
static void mark(struct verify *verify, const struct walk_entry *entry)
{
    if (verify->report->shards == NULL || entry->output[0] == '\0')
        return;
    const struct settings *settings = verify->config->settings;
    const uint32_t shard =
        settings->plan != NULL
            ? verify->unit
            : shard_of(place_below_output(settings->output, entry->output), verify->config->shards);
    verify->report->shards[shard / 8] |= (uint8_t)(1 << shard % 8);
}

static bool add_result(void *self, const char *path)
{
    struct verify *verify = self;
    const char *copy = names_add(&verify->names, path, strlen(path));
    verify->failed |= copy == NULL || set_put(&verify->results, copy) != 0;
    return true;
}

static void add_line(void *self, const char *line)
{
    struct verify *verify = self;
    enum pm_error_kind kind;
    enum pm_stage stage;
    if (line_field(line, LINE_SETTINGS) == NULL)
        return;
    const bool failure = line_failure(line, &kind, &stage);
    /* An input has several lines if runs gave its result different formats. */
    const char *other = set_find(&verify->inputs, line);
    if (other == NULL || line_time(line) >= line_time(other))
        verify->failed |= set_put(&verify->inputs, line) != 0;
    if (failure)
        return;
    verify->failed |= set_put(&verify->recipes, line) != 0;
    line_results(line, add_result, verify);
}

/* The journal's line of an input. */
static const char *find_line(struct verify *verify, const char *input, struct pm_error *error)
{
    struct buffer line = {0};
    const char *found = NULL;
    if (buffer_append(&line, "\t", 1) == 0 && line_append_path(&line, input) == 0 &&
        buffer_append(&line, "", 1) == 0)
        found = set_find(&verify->inputs, line.data);
    else
        error_memory(error, 0);
    buffer_free(&line);
    return found;
}

static bool is_there(void *self, const char *path)
{
    struct stat status;
    (void)self;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
}

/* An entry without a line. */
static void check_unknown(struct verify *verify, const struct walk_entry *entry, bool exists)
{
    if (entry->from_folder && exists && !content_identify_file(entry->input).readable) {
        verify->report->left_out++;
        verify->report->images--;
    } else if (!exists) {
        tell(verify, VERIFY_VANISHED, entry->input, "it is not there");
    } else {
        mark(verify, entry);
        tell(verify, VERIFY_MISSING, entry->input, "it was not processed");
    }
}

static void check_known(struct verify *verify, const struct walk_entry *entry, const char *line,
                        const struct stat *status)
{
    enum pm_error_kind kind;
    enum pm_stage stage;
    char why[64];
    const char *difference = line_input_difference(line, status);
    if (difference != NULL) {
        mark(verify, entry);
        tell(verify, VERIFY_CHANGED, entry->input, difference);
    } else if (line_failure(line, &kind, &stage)) {
        const bool permanent = journal_is_permanent(kind);
        if (!permanent)
            mark(verify, entry);
        snprintf(why, sizeof why, "%s, in %s", pm_error_kind_name(kind), pm_stage_name(stage));
        tell(verify, permanent ? VERIFY_DAMAGED : VERIFY_FAILED, entry->input, why);
    } else if (line_results(line, is_there, NULL)) {
        tell(verify, VERIFY_DONE, entry->input, NULL);
    } else {
        mark(verify, entry);
        tell(verify, VERIFY_MISSING, entry->input, "its result is missing or empty");
    }
}

/* An entry that a run would report as failed, or leave out. */
static void check_problem(struct verify *verify, const struct walk_entry *entry)
{
    struct pm_error why = {0};
    if (entry->from_folder) {
        verify->report->left_out++;
        verify->report->images--;
        return;
    }
    walk_tell_problem(entry, &why);
    tell(verify, VERIFY_FAILED, entry->input, why.message);
}

static int check_inputs(struct verify *verify, struct pm_error *error)
{
    for (size_t i = 0; i < verify->list.count && error->kind == PM_OK; i++) {
        const struct walk_entry *entry = &verify->list.entries[i];
        struct stat status = {0};
        if (set_find(&verify->seen, entry->input) != NULL)
            continue;
        const char *copy = names_add(&verify->names, entry->input, strlen(entry->input));
        if (copy == NULL || set_put(&verify->seen, copy) != 0)
            return error_memory(error, 0);
        verify->report->images++;
        const bool exists = entry->url != NULL || stat(entry->input, &status) == 0;
        const char *line = find_line(verify, entry->input, error);
        if (entry->problem != 0)
            check_problem(verify, entry);
        else if (line != NULL && !exists)
            tell(verify, VERIFY_VANISHED, entry->input, "it is not there any more");
        else if (line != NULL)
            check_known(verify, entry, line, &status);
        else
            check_unknown(verify, entry, exists);
    }
    return error->kind == PM_OK ? 0 : -1;
}

/* Inputs of the journal that were not among them. */
static void check_others(struct verify *verify)
{
    for (size_t i = 0; i < verify->inputs.capacity; i++) {
        const char *line = verify->inputs.slots[i], *input = line != NULL ? line_field(line, LINE_INPUT) : "";
        char path[PATH_MAX];
        line_unescape(input, line_field_length(input), path, sizeof path);
        if (line != NULL && set_find(&verify->seen, path) == NULL)
            tell(verify, VERIFY_VANISHED, path,
                 access(path, F_OK) == 0 ? "it is not among the inputs" : "it is not there any more");
    }
}

/* The inputs named, or those of the plan's units one after the other. */
static int check_all(struct verify *verify, struct pm_error *error)
{
    const struct verify_config *config = verify->config;
    struct settings settings = *config->settings;
    const struct walk_options options = {.settings = &settings, .unchecked = true};
    const bool planned = settings.plan != NULL;
    const uint32_t first = planned ? settings.shard.index : 0,
                   end = planned && settings.shard.count == 0 ? config->shards : first + 1;
    int status = 0;
    for (uint32_t unit = first; unit < end && status == 0; unit++) {
        verify->unit = unit;
        if (planned)
            settings.shard = (struct shard){.index = unit, .count = config->shards, .planned = true};
        status = walk_inputs(config->inputs, config->ninputs, &options, &verify->list, error);
        if (status == 0)
            status = check_inputs(verify, error);
        walk_free(&verify->list);
    }
    if (status == 0 && !(planned && config->settings->shard.count > 0))
        check_others(verify);
    return status;
}

static bool is_same_file(const FTSENT *entry, const char *path)
{
    struct stat a, b;
    return path != NULL && stat(entry->fts_accpath, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

static void check_file(struct verify *verify, const char *path, const char *name)
{
    const struct settings *settings = verify->config->settings;
    const char *below = place_find_below_output(settings->output, path);
    if (set_find(&verify->results, path) != NULL || below == NULL ||
        (settings->shard.count > 0 && !shard_has(&settings->shard, below)))
        return;
    if (temporary_has_name(name))
        tell(verify, VERIFY_TEMPORARY, path, "a run is writing it, or was killed");
    else
        tell(verify, VERIFY_STRANGER, path, "the journal has no such result");
}

/* Visits the files of the output folder. */
static int check_output(struct verify *verify, struct pm_error *error)
{
    const struct settings *settings = verify->config->settings;
    char *folder = strdup(settings->output);
    if (folder == NULL)
        return error_memory(error, 0);
    for (size_t length = strlen(folder); length > 1 && folder[length - 1] == '/';)
        folder[--length] = '\0';
    FTS *tree = fts_open((char *const[]){folder, NULL},
                         FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOSTAT | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    int status = tree != NULL ? 0 : error_memory(error, 0);
    errno = 0;
    while (status == 0 && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_D && is_same_file(entry, settings->journal))
            fts_set(tree, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            status = error_set(error, PM_ERROR_IO, "the output folder can't be read: %s",
                               strerror(entry->fts_errno));
        else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP && entry->fts_info != FTS_NS &&
                 !is_same_file(entry, settings->journal))
            check_file(verify, entry->fts_path, entry->fts_name);
        errno = 0;
    }
    if (tree != NULL)
        fts_close(tree);
    free(folder);
    return status;
}

static int read_journal(struct verify *verify, struct pm_error *error)
{
    const struct settings *settings = verify->config->settings;
    const struct journal_options options = {.path = settings->journal,
                                            .use = JOURNAL_LOOK,
                                            .settings = "",
                                            .output = settings->output,
                                            .shard = &settings->shard};
    verify->journal = journal_open(&options, error);
    if (verify->journal == NULL)
        return -1;
    journal_each(verify->journal, add_line, verify);
    verify->report->recipes = verify->recipes.count;
    return verify->failed ? error_memory(error, 0) : 0;
}

int verify_run(const struct verify_config *config, struct verify_report *report, struct pm_error *error)
{
    struct verify verify = {.config = config, .report = report};
    *report = (struct verify_report){0};
    set_init(&verify.inputs, input_hash, input_equal);
    set_init_texts(&verify.results);
    set_init_texts(&verify.seen);
    set_init(&verify.recipes, recipe_hash, recipe_equal);
    if (config->shards > 0)
        report->shards = calloc(config->shards / 8 + 1, 1);
    int status = config->shards > 0 && report->shards == NULL ? error_memory(error, 0) : 0;
    if (status == 0 && settings_to_store(config->settings))
        status = error_set(
            error, PM_ERROR_UNSUPPORTED,
            "results in S3 storage are not checked ('pixmill run' with --resume makes what is missing)");
    if (status == 0 && (read_journal(&verify, error) != 0 || check_all(&verify, error) != 0 ||
                        check_output(&verify, error) != 0))
        status = -1;
    set_free(&verify.seen);
    set_free(&verify.inputs);
    set_free(&verify.results);
    set_free(&verify.recipes);
    names_free(&verify.names);
    if (journal_close(verify.journal, error) != 0)
        status = -1;
    return status;
}
