#include "net/s3_account.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* NULL if it is not set, or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *either(const char *name, const char *other)
{
    const char *value = variable(name);
    return value != NULL ? value : variable(other);
}

static void forget(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void s3_account_free(struct s3_account *account)
{
    free(account->endpoint);
    forget(account->id);
    forget(account->secret);
    forget(account->token);
    *account = (struct s3_account){0};
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f || strchr("@?#", *text) != NULL)
            return false;
    }
    return true;
}

static int read_place(struct s3_account *account, struct pm_error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char *region = either("AWS_REGION", "AWS_DEFAULT_REGION");
    const char *endpoint = either("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    char amazon[96];
    region = region != NULL ? region : "us-east-1";
    if (strlen(region) > 48 || strspn(region, letters) < strlen(region))
        return error_set(error, PM_ERROR_USAGE, "AWS_REGION is not the name of a region (such as us-east-1)");
    snprintf(account->signing, sizeof account->signing, "aws:amz:%s:s3", region);
    snprintf(amazon, sizeof amazon, "https://s3.%s.amazonaws.com", region);
    endpoint = endpoint != NULL ? endpoint : amazon;
    const char *host = strstr(endpoint, "://");
    if ((strncmp(endpoint, "http://", 7) != 0 && strncmp(endpoint, "https://", 8) != 0) || host[3] == '\0' ||
        !is_plain(endpoint))
        return error_set(
            error, PM_ERROR_USAGE,
            "AWS_ENDPOINT_URL is not the address of a server (such as https://storage.example.org)");
    account->endpoint = strdup(endpoint);
    if (account->endpoint == NULL)
        return error_memory(error, 0);
    for (size_t length = strlen(endpoint); length > 0 && account->endpoint[length - 1] == '/'; length--)
        account->endpoint[length - 1] = '\0';
    return 0;
}

static int keep(char **value, const char *text, struct pm_error *error)
{
    forget(*value);
    *value = strdup(text);
    return *value != NULL ? 0 : error_memory(error, 0);
}

/* Removes white space at both ends, in place. */
static char *trim(char *text)
{
    static const char space[] = " \t\r\n";
    text += strspn(text, space);
    size_t length = strlen(text);
    while (length > 0 && strchr(space, text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/* A line of the profile: "aws_access_key_id = ...". Other settings are ignored. */
static int take_line(struct s3_account *account, char *line, struct pm_error *error)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return 0;
    *equals = '\0';
    const char *name = trim(line), *value = trim(equals + 1);
    if (value[0] == '\0')
        return 0;
    if (strcmp(name, "aws_access_key_id") == 0)
        return keep(&account->id, value, error);
    if (strcmp(name, "aws_secret_access_key") == 0)
        return keep(&account->secret, value, error);
    return strcmp(name, "aws_session_token") == 0 ? keep(&account->token, value, error) : 0;
}

static int take_profile(struct s3_account *account, FILE *file, const char *profile, struct pm_error *error)
{
    char *line = NULL;
    size_t room = 0;
    bool mine = false;
    int status = 0;
    while (status == 0 && getline(&line, &room, file) >= 0) {
        char *text = trim(line), *end;
        if (text[0] == '[') {
            end = strchr(text, ']');
            if (end != NULL)
                *end = '\0';
            mine = strcmp(trim(text + 1), profile) == 0;
        } else if (mine && text[0] != '#' && text[0] != ';') {
            status = take_line(account, text, error);
        }
    }
    if (line != NULL)
        explicit_bzero(line, room);
    free(line);
    return status;
}

/* The file is named, or it is where Amazon's tools have it. */
static int read_file(struct s3_account *account, struct pm_error *error)
{
    char path[PATH_MAX], shown[96];
    const char *named = variable("AWS_SHARED_CREDENTIALS_FILE"), *home = variable("HOME"),
               *profile = variable("AWS_PROFILE");
    snprintf(path, sizeof path, "%s%s",
             named != NULL  ? named
             : home != NULL ? home
                            : "",
             named != NULL ? "" : "/.aws/credentials");
    profile = profile != NULL ? profile : "default";
    FILE *file = fopen(path, "re");
    if (file == NULL && (named != NULL || errno != ENOENT))
        return error_set(error, PM_ERROR_KEY, "%s: the S3 credentials can't be read: %s",
                         text_shown(path, shown, sizeof shown), strerror(errno));
    if (file == NULL)
        return error_set(error, PM_ERROR_KEY,
                         "there is no key for S3 (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write "
                         "them to ~/.aws/credentials)");
    const int status = take_profile(account, file, profile, error);
    fclose(file);
    if (status == 0 && (account->id == NULL || account->secret == NULL))
        return error_set(error, PM_ERROR_KEY,
                         "%s has no key for the profile %.32s (check AWS_PROFILE, or set AWS_ACCESS_KEY_ID)",
                         text_shown(path, shown, sizeof shown), profile);
    return status;
}

static int read_key(struct s3_account *account, struct pm_error *error)
{
    const char *id = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY"),
               *token = variable("AWS_SESSION_TOKEN");
    if (id == NULL && secret == NULL)
        return read_file(account, error);
    if (id == NULL || secret == NULL)
        return error_set(error, PM_ERROR_KEY, "%s is not set, but %s is (set both)",
                         id == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         id == NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (keep(&account->id, id, error) != 0 || keep(&account->secret, secret, error) != 0)
        return -1;
    return token != NULL ? keep(&account->token, token, error) : 0;
}

/* A line break in a token would add header lines. */
static int check_key(const struct s3_account *account, struct pm_error *error)
{
    const char *const values[] = {account->id, account->secret, account->token};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (const char *at = values[i]; at != NULL && *at != '\0'; at++) {
            if ((unsigned char)*at < ' ' || *at == 0x7f)
                return error_set(error, PM_ERROR_KEY,
                                 "the key for S3 has a control character (check the AWS variables)");
        }
    }
    return 0;
}

int s3_account_read(struct s3_account *account, struct pm_error *error)
{
    *account = (struct s3_account){0};
    if (read_place(account, error) == 0 && read_key(account, error) == 0 && check_key(account, error) == 0)
        return 0;
    s3_account_free(account);
    return -1;
}
