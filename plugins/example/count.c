/*
 * A sink that counts the records of a stream, and writes the count to a file when the pull is complete. It is the sink
 * of src/lib.rs, in C. It needs longhaul_sink.h and a Unix system.
 *
 *     mkdir -m 755 -p plugins
 *     cc -shared -fPIC -I longhaul/plugins/abi -o plugins/liblonghaul_sink_count.so count.c
 *
 * The receipt of a commit is the count, so a resumed pull continues counting from there and counts no record twice.
 * Dropping an unfinished sink requires no rollback.
 */
#include "longhaul_sink.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_SIZE = 4096 };

struct longhaul_configured {
    char path[TEXT_SIZE]; /* as configured, with placeholders */
};

struct longhaul_open {
    char path[TEXT_SIZE];
    unsigned long long records;
};

static const longhaul_host *host;

static longhaul_bytes bytes_of(const char *text) {
    longhaul_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return bytes;
}

/* Returns an error. The host shows where in the configuration `key` is set. */
static longhaul_status fail(longhaul_reply reply, longhaul_status status, const char *key, const char *format, ...) {
    char message[2 * TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    reply.put(reply.data, LONGHAUL_MESSAGE, bytes_of(message));
    if (key != NULL) reply.put(reply.data, LONGHAUL_KEY, bytes_of(key));
    return status;
}

/* Copies the JSON string at `at`, and returns the position after it. Returns null if the string is too long or contains
 * an escaped control character. The host escapes only those, quotes and backslashes. */
static const char *read_text(const char *at, char *text) {
    size_t length = 0;
    for (at++; *at != '"'; at++) {
        int escaped = *at == '\\';
        at += escaped;
        if (length == TEXT_SIZE - 1 || (escaped && *at != '"' && *at != '\\')) {
            text[length] = '\0';
            return NULL;
        }
        text[length++] = *at;
    }
    text[length] = '\0';
    return at + 1;
}

/* Reads the next member of a JSON object, and returns the position after it. Returns null at the end, and also if the
 * value is not a string that can be read: then `name` is not empty. */
static const char *next_member(const char *at, char *name, char *value) {
    name[0] = '\0';
    at = strchr(at, '"');
    if (at == NULL || (at = read_text(at, name)) == NULL) return NULL;
    at++; /* the colon; the host writes no white space */
    return *at == '"' ? read_text(at, value) : NULL;
}

/* Copies the member `wanted` of the object at `at` to `value`. Returns false if there is none. */
static int find_member(const char *at, const char *wanted, char *value) {
    char name[TEXT_SIZE];
    while ((at = next_member(at, name, value)) != NULL) {
        if (strcmp(name, wanted) == 0) return 1;
    }
    return 0;
}

/* Replaces the placeholders in `template`, and makes the path absolute. */
static longhaul_status expand(const char *template, longhaul_bytes bytes, char *path, longhaul_reply reply) {
    char variables[4 * TEXT_SIZE], name[TEXT_SIZE], value[TEXT_SIZE];
    size_t length = bytes.len < sizeof variables ? bytes.len : sizeof variables - 1;
    memcpy(variables, bytes.ptr, length);
    variables[length] = '\0';
    const char *values = strstr(variables, "\"values\":{");
    if (length < bytes.len || values == NULL || !find_member(variables, "folder", value)) {
        return fail(reply, LONGHAUL_BROKEN, NULL, "cannot read the variables");
    }
    values += strlen("\"values\":");

    length = template[0] == '/' ? 0 : (size_t)snprintf(path, TEXT_SIZE, "%s/", value);
    for (const char *at = template; *at != '\0' && length < TEXT_SIZE; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end == NULL) {
            length += (size_t)snprintf(path + length, TEXT_SIZE - length, "%c", *at);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        if (!find_member(values, name, value)) {
            return fail(reply, LONGHAUL_CONFIG, "path", "`{%s}` is not a known placeholder", name);
        }
        length += (size_t)snprintf(path + length, TEXT_SIZE - length, "%s", value);
        at = end;
    }
    if (length < TEXT_SIZE) return LONGHAUL_OK;
    return fail(reply, LONGHAUL_CONFIG, "path", "the path `%s` is too long", template);
}

static longhaul_status configure(longhaul_bytes bytes, longhaul_configured **out, longhaul_reply reply) {
    char options[2 * TEXT_SIZE], name[TEXT_SIZE], value[TEXT_SIZE];
    if (bytes.len >= sizeof options) return fail(reply, LONGHAUL_CONFIG, NULL, "the options are too long");
    memcpy(options, bytes.ptr, bytes.len);
    options[bytes.len] = '\0';

    longhaul_configured *sink = calloc(1, sizeof *sink);
    if (sink == NULL) return fail(reply, LONGHAUL_UNAVAILABLE, NULL, "out of memory");
    longhaul_status status = LONGHAUL_OK;
    const char *at = options;
    while (status == LONGHAUL_OK && (at = next_member(at, name, value)) != NULL) {
        if (strcmp(name, "path") != 0) {
            status = fail(reply, LONGHAUL_CONFIG, name, "`%s` is not an option of this sink", name);
        }
        strcpy(sink->path, value);
    }
    if (status == LONGHAUL_OK && name[0] != '\0') {
        status = fail(reply, LONGHAUL_CONFIG, name, "`%s` is not a text, or is too long", name);
    } else if (status == LONGHAUL_OK && sink->path[0] == '\0') {
        status = fail(reply, LONGHAUL_CONFIG, "path", "`path` is missing");
    }
    if (status == LONGHAUL_OK) *out = sink;
    else free(sink);
    return status;
}

static longhaul_status destination(const longhaul_configured *sink, longhaul_bytes variables, longhaul_reply reply) {
    char path[TEXT_SIZE];
    longhaul_status status = expand(sink->path, variables, path, reply);
    if (status == LONGHAUL_OK) reply.put(reply.data, LONGHAUL_FILE, bytes_of(path));
    return status;
}

/* Reads the count from a receipt. Returns false if the receipt is not a count. */
static int read_count(longhaul_bytes receipt, unsigned long long *count) {
    for (size_t at = 0; at < receipt.len; at++) {
        unsigned digit = receipt.ptr[at] - (unsigned)'0';
        if (digit > 9 || *count > (ULLONG_MAX - digit) / 10) return 0;
        *count = *count * 10 + digit;
    }
    return receipt.len > 0;
}

static longhaul_status open_sink(const longhaul_configured *sink, longhaul_bytes variables, const longhaul_position *from,
                                 longhaul_opened *out, longhaul_reply reply) {
    longhaul_open *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return fail(reply, LONGHAUL_UNAVAILABLE, NULL, "out of memory");
    longhaul_status status = expand(sink->path, variables, opened->path, reply);
    if (status != LONGHAUL_OK) {
        free(opened);
        return status;
    }
    if (from != NULL && !read_count(from->receipt, &opened->records)) {
        free(opened);
        return fail(reply, LONGHAUL_BROKEN, NULL, "the receipt `%.*s` was not issued by this sink",
                    (int)from->receipt.len, (const char *)from->receipt.ptr);
    }
    out->sink = opened;
    out->at = from == NULL ? 0 : from->mark;
    return LONGHAUL_OK;
}

static longhaul_status write_batch(longhaul_open *sink, longhaul_batch batch, longhaul_reply reply) {
    (void)reply;
    sink->records += batch.records;
    return LONGHAUL_OK;
}

static longhaul_status commit(longhaul_open *sink, uint64_t mark, longhaul_reply reply) {
    (void)mark; /* the host saves it with the receipt */
    char receipt[32];
    snprintf(receipt, sizeof receipt, "%llu", sink->records);
    reply.put(reply.data, LONGHAUL_RECEIPT, bytes_of(receipt));
    return LONGHAUL_OK;
}

/* Creates the missing folders of `path`. If that fails, creating the file fails as well. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

/* Replaces the file at once, so that readers see either the old content or the count. */
static longhaul_status finish(longhaul_open *sink, longhaul_reply reply) {
    char part[TEXT_SIZE + 8];
    make_folders(sink->path);
    snprintf(part, sizeof part, "%s.part", sink->path);
    FILE *file = fopen(part, "w");
    int written = file != NULL && fprintf(file, "%llu\n", sink->records) > 0 && fflush(file) == 0 &&
                  fsync(fileno(file)) == 0;
    if (file != NULL && fclose(file) != 0) written = 0;
    if (!written || rename(part, sink->path) != 0) {
        reply.put(reply.data, LONGHAUL_CAUSE, bytes_of(strerror(errno)));
        return fail(reply, LONGHAUL_UNAVAILABLE, NULL, "cannot write `%s`", sink->path);
    }
    if (host->max_level >= LONGHAUL_DEBUG) host->log(host->data, LONGHAUL_DEBUG, bytes_of("wrote the count"));
    return LONGHAUL_OK;
}

static void drop_configured(longhaul_configured *sink) { free(sink); }

static void drop_sink(longhaul_open *sink) { free(sink); }

#define TEXT(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

const longhaul_sink_table *longhaul_sink_v1(const longhaul_host *host_table) {
    static const longhaul_sink_table table = {
        .size = sizeof(longhaul_sink_table),
        .name = TEXT("count"),
        .version = TEXT("1.0.0"),
        .summary = TEXT("counts the records of each stream, in C"),
        .options = TEXT("{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":"
                        "\"the file that the count is written to\"}},\"required\":[\"path\"],"
                        "\"additionalProperties\":false}"),
        .configure = configure,
        .destination = destination,
        .open = open_sink,
        .drop_configured = drop_configured,
        .write = write_batch,
        .commit = commit,
        .finish = finish,
        .drop_sink = drop_sink,
    };
    host = host_table;
    return &table;
}
