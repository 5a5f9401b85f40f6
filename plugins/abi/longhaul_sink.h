/*
 * longhaul_sink.h: the C interface between longhaul and a sink in a shared library, version 1.
 *
 * This file is all that a sink in C, C++, Zig or Go needs. It requires C99 and no library.
 *
 * A sink `name` is in a library named `longhaul_sink_<name>`, with the prefix and suffix of the platform:
 * liblonghaul_sink_name.so, liblonghaul_sink_name.dylib, longhaul_sink_name.dll. The library exports one function,
 * longhaul_sink_v1, declared at the end of this file. It returns a table of the other functions. The major version is
 * part of the function's name, so a library for another major version does not have the symbol and is never misread.
 *
 * Ownership
 *
 *   - Bytes are borrowed: they are valid until the call returns. Copy them to keep them for longer. Only the bytes in
 *     the table, and the host, are valid until the process ends.
 *   - A function returns a status. It passes everything else to the reply before it returns, and the host copies it.
 *     Neither side ever frees memory of the other.
 *   - longhaul_configured and longhaul_open belong to the plugin. The host drops each exactly once, in any order,
 *     unless a call on it returned LONGHAUL_PANICKED: the host never calls that sink again.
 *
 * Texts
 *
 *   All texts are UTF-8. The host's JSON has no white space between its tokens, and escapes only quotes, backslashes and
 *   control characters.
 *
 * Threads
 *
 *   The functions of a longhaul_configured may be called from several threads at once. Those of a longhaul_open are
 *   called from one thread at a time, not always the same. host->log may be called from any thread at any time. A
 *   reply may only be used during its call, on the thread of that call.
 *
 * A plugin must not print anything: standard output may carry the records of another stream. The library stays loaded
 * until the process ends.
 */
#ifndef LONGHAUL_SINK_H
#define LONGHAUL_SINK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define LONGHAUL_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define LONGHAUL_EXPORT __attribute__((visibility("default")))
#else
#define LONGHAUL_EXPORT
#endif

/* The maximum length of a receipt in bytes. */
#define LONGHAUL_MAX_RECEIPT 4096

/* The bits of `features` that a host must support: it rejects a plugin with an unknown one as too new. */
#define LONGHAUL_NEEDED_FEATURES 0xffff0000

/* The result of a call. With every status except LONGHAUL_OK, the plugin puts a LONGHAUL_MESSAGE into the reply. */
typedef uint32_t longhaul_status;

/* Success. */
#define LONGHAUL_OK 0
/* The options are invalid. LONGHAUL_KEY names the option, if it is a single one. */
#define LONGHAUL_CONFIG 1
/* The sink rejects a record, and would reject it again. */
#define LONGHAUL_REJECTED 2
/* The sink cannot write at present: the disk is full, the database is down. The run can be resumed later. */
#define LONGHAUL_UNAVAILABLE 3
/* The reader of a pipe closed it: the run ends without an error message. */
#define LONGHAUL_CLOSED 4
/* The sink or the host broke the contract. */
#define LONGHAUL_BROKEN 5
/* The plugin's code panicked, or threw an exception. */
#define LONGHAUL_PANICKED 6

/* The kind of a text in a reply. The host ignores unknown kinds. */
typedef uint32_t longhaul_part;

/* The error message, as one lowercase clause. */
#define LONGHAUL_MESSAGE 1
/* The invalid option. */
#define LONGHAUL_KEY 2
/* A cause of the error. May be put several times, outermost first. */
#define LONGHAUL_CAUSE 3
/* The receipt of a commit. */
#define LONGHAUL_RECEIPT 4
/* The destination is a file: its absolute path. */
#define LONGHAUL_FILE 5
/* The destination is standard output. The text is empty. */
#define LONGHAUL_STDOUT 6
/* Any other destination, described by the sink. */
#define LONGHAUL_ELSEWHERE 7

/* The level of a log line. A smaller number is more important. */
typedef uint32_t longhaul_level;

/* Never the level of a line. As a limit, it turns the log off. */
#define LONGHAUL_OFF 0
#define LONGHAUL_ERROR 1
#define LONGHAUL_WARN 2
#define LONGHAUL_INFO 3
#define LONGHAUL_DEBUG 4
#define LONGHAUL_TRACE 5

/* Borrowed bytes. Texts are not zero-terminated. */
typedef struct longhaul_bytes {
    const uint8_t *ptr; /* may be null if len is 0 */
    size_t len;
} longhaul_bytes;

/* The records of a page, or of a part of a long one: lines of JSON, each ending in '\n', in contiguous bytes. */
typedef struct longhaul_batch {
    longhaul_bytes bytes; /* all records; valid NDJSON */
    const size_t *ends;   /* for each record, the index after its '\n'; the last one is bytes.len */
    size_t records;       /* the number of records, and of ends */
} longhaul_batch;

/* An earlier commit. */
typedef struct longhaul_position {
    longhaul_bytes receipt; /* the receipt that the commit returned */
    uint64_t mark;          /* the mark that the commit received */
} longhaul_position;

/* A configured sink. Opaque to the host. */
typedef struct longhaul_configured longhaul_configured;

/* An open sink. Opaque to the host. */
typedef struct longhaul_open longhaul_open;

/* The result of `open`. */
typedef struct longhaul_opened {
    longhaul_open *sink; /* never null */
    uint64_t at;         /* the number of pages of the pull that are durable in the sink */
} longhaul_opened;

/* Receives the texts that a call returns, and copies them immediately. */
typedef struct longhaul_reply {
    void *data; /* of the host; pass it to `put` */
    void (*put)(void *data, longhaul_part part, longhaul_bytes text);
} longhaul_reply;

/* The functions of the host. Later versions only append fields: check `size` before using a field that is not here. */
typedef struct longhaul_host {
    uint32_t size;            /* the size in bytes of the host's version of this table */
    longhaul_level max_level; /* the host drops lines above this level */
    void *data;               /* of the host; pass it to `log` */
    void (*log)(void *data, longhaul_level level, longhaul_bytes text);
} longhaul_host;

/* The description of a sink, and its functions. None of them may be null. */
typedef struct longhaul_sink_table {
    uint32_t size;          /* sizeof(longhaul_sink_table) in the plugin's version of this file */
    uint32_t features;      /* one bit for each feature beyond this version. None is defined yet: 0 */
    longhaul_bytes name;    /* the same as in the library's name: [a-z][a-z0-9_]* */
    longhaul_bytes version; /* the version of the plugin, for display */
    longhaul_bytes summary; /* one line that says what the sink does */
    longhaul_bytes options; /* a JSON Schema of type `object`; its `properties` are the options */

    /* Checks and stores the options, a JSON object. Must not open, create or change anything.
     * With LONGHAUL_OK, *out must not be null. */
    longhaul_status (*configure)(longhaul_bytes options, longhaul_configured **out, longhaul_reply reply);

    /* Returns the destination of a pull's records: puts LONGHAUL_FILE, LONGHAUL_STDOUT or LONGHAUL_ELSEWHERE.
     * Must not change anything.
     *
     * The variables are JSON: {"folder":"/data","values":{"stream":"users"}}, possibly with more values. Relative paths
     * are relative to `folder`. In the options, {stream} is a placeholder for users. */
    longhaul_status (*destination)(const longhaul_configured *sink, longhaul_bytes variables, longhaul_reply reply);

    /* Opens the sink for one pull. The variables are as in `destination`.
     *
     * For a new pull, `from` is null and out->at must be 0. Otherwise `from` is the last commit that the host saved.
     * The sink either rolls back to it (`at` is its mark), or reports that later pages are already durable (`at` is
     * greater, and the host does not write those pages again). The host may call this even after `finish` succeeded:
     * opening must then succeed, and finishing again must change nothing. */
    longhaul_status (*open)(const longhaul_configured *sink, longhaul_bytes variables, const longhaul_position *from,
                            longhaul_opened *out, longhaul_reply reply);

    /* Frees a configured sink. The sinks that it opened may still be in use. */
    void (*drop_configured)(longhaul_configured *sink);

    /* Writes records of the next page. The sink may buffer them, but must copy them. */
    longhaul_status (*write)(longhaul_open *sink, longhaul_batch batch, longhaul_reply reply);

    /* Makes everything written so far durable, and puts a LONGHAUL_RECEIPT of at most LONGHAUL_MAX_RECEIPT bytes of
     * UTF-8: the position of the sink. `mark` is the number of pages written in this pull. */
    longhaul_status (*commit)(longhaul_open *sink, uint64_t mark, longhaul_reply reply);

    /* Publishes the committed records. The host only calls `drop_sink` afterwards. */
    longhaul_status (*finish)(longhaul_open *sink, longhaul_reply reply);

    /* Frees an open sink. If it was not finished, it must publish nothing. */
    void (*drop_sink)(longhaul_open *sink);
} longhaul_sink_table;

/* The only exported function. It may be called more than once and must return the same table each time. */
LONGHAUL_EXPORT const longhaul_sink_table *longhaul_sink_v1(const longhaul_host *host);

#ifdef __cplusplus
}
#endif

#endif
