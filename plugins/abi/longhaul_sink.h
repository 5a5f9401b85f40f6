/*
 * longhaul_sink.h: the C table through which longhaul talks to a sink in a shared library, version 1.
 *
 * All that a sink in C, C++, Zig or Go needs. It asks for no library, and C99 is enough.
 *
 * A sink `name` lives in a library named `longhaul_sink_<name>`, with the prefix and suffix of the platform:
 * liblonghaul_sink_name.so, liblonghaul_sink_name.dylib, longhaul_sink_name.dll. The library exports one function,
 * longhaul_sink_v1, declared at the end of this file, which returns a table of the others. The major version is part
 * of its name: a library made for another one lacks the symbol, and nothing in it is read on a guess.
 *
 * Who owns what
 *
 *   - Bytes are borrowed: they are valid until the call returns, and whoever wants them for longer copies them. Those
 *     in the table, and the host, are valid for as long as the process lives.
 *   - Whatever a function answers beyond its status it hands to the reply before it returns, and the host copies it.
 *     No memory is ever released on the other side of the border.
 *   - longhaul_configured and longhaul_open are the plugin's own. The host drops each exactly once, in any order,
 *     unless a call on it answered LONGHAUL_PANICKED: such a sink is never entered again.
 *
 * Texts
 *
 *   All texts are UTF-8. The JSON that the host hands over has no white space between its tokens, and escapes nothing
 *   but quotes, backslashes and control characters.
 *
 * Threads
 *
 *   The functions of a longhaul_configured may be called from several threads at once. Those of a longhaul_open are
 *   called from one thread at a time, not always the same. host->log may be called from any thread at any time, a
 *   reply only from the thread of the call that it came with, during that call.
 *
 * Nothing may be printed: standard output may be where the records of another stream go. The library stays loaded
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

/* The most bytes that a receipt may have. */
#define LONGHAUL_MAX_RECEIPT 4096

/* The bits of `features` that a host must know: where it does not, it refuses the plugin as too new. */
#define LONGHAUL_NEEDED_FEATURES 0xffff0000

/* How a call ended. On any status but LONGHAUL_OK the plugin has put a LONGHAUL_MESSAGE into the reply. */
typedef uint32_t longhaul_status;

/* Done. */
#define LONGHAUL_OK 0
/* The options make no sense. LONGHAUL_KEY names the one at fault, where it is one. */
#define LONGHAUL_CONFIG 1
/* The sink does not take this record, and will not next time. */
#define LONGHAUL_REJECTED 2
/* The sink cannot take anything now: disk full, database away. The run can be taken up later. */
#define LONGHAUL_UNAVAILABLE 3
/* The reader at the other end of a pipe went away: the run ends quietly. */
#define LONGHAUL_CLOSED 4
/* The sink broke its own contract, or found the host doing so. */
#define LONGHAUL_BROKEN 5
/* The plugin's code panicked, whatever that is in its language. */
#define LONGHAUL_PANICKED 6

/* What a text in an answer is. The host ignores parts that it does not know. */
typedef uint32_t longhaul_part;

/* What went wrong, as one lowercase clause. */
#define LONGHAUL_MESSAGE 1
/* The option at fault. */
#define LONGHAUL_KEY 2
/* What lay beneath the message. May be put several times, outermost first. */
#define LONGHAUL_CAUSE 3
/* The receipt of a commit. */
#define LONGHAUL_RECEIPT 4
/* A destination that is a file: its absolute path. */
#define LONGHAUL_FILE 5
/* A destination that is standard output. The text is empty. */
#define LONGHAUL_STDOUT 6
/* Any other destination, in the sink's own words. */
#define LONGHAUL_ELSEWHERE 7

/* How much a line of the log matters: the smaller, the more. */
typedef uint32_t longhaul_level;

/* No line has this level; as a limit it silences the log. */
#define LONGHAUL_OFF 0
#define LONGHAUL_ERROR 1
#define LONGHAUL_WARN 2
#define LONGHAUL_INFO 3
#define LONGHAUL_DEBUG 4
#define LONGHAUL_TRACE 5

/* Borrowed bytes. Texts come without a closing zero. */
typedef struct longhaul_bytes {
    const uint8_t *ptr; /* may be null where len is 0 */
    size_t len;
} longhaul_bytes;

/* The records of one page: JSON values of one line each, every one ended by '\n', in one run of bytes. */
typedef struct longhaul_batch {
    longhaul_bytes bytes; /* all records; they can go to a file as they are */
    const size_t *ends;   /* for each record, the index just past its '\n'; the last one is bytes.len */
    size_t records;       /* how many ends, and so records, there are */
} longhaul_batch;

/* Where an earlier commit stood. */
typedef struct longhaul_position {
    longhaul_bytes receipt; /* what the commit gave */
    uint64_t mark;          /* what it was given */
} longhaul_position;

/* A configured sink. Only the plugin knows what is inside. */
typedef struct longhaul_configured longhaul_configured;

/* An open sink. Only the plugin knows what is inside. */
typedef struct longhaul_open longhaul_open;

/* What `open` gives. */
typedef struct longhaul_opened {
    longhaul_open *sink; /* never null */
    uint64_t at;         /* how many pages of the pull are durable in it */
} longhaul_opened;

/* Takes the texts of one call's answer, and copies them at once. */
typedef struct longhaul_reply {
    void *data; /* the host's own, to be handed back to `put` */
    void (*put)(void *data, longhaul_part part, longhaul_bytes text);
} longhaul_reply;

/* What the host offers to a library. It only grows at its end; look at `size` before using more than is seen here. */
typedef struct longhaul_host {
    uint32_t size;            /* of this table in bytes, as the host knows it */
    longhaul_level max_level; /* lines above this level are dropped; a plugin need not make them */
    void *data;               /* the host's own, to be handed back to `log` */
    void (*log)(void *data, longhaul_level level, longhaul_bytes text);
} longhaul_host;

/* What a library says of its sink, and the functions to use it. None of them may be null. */
typedef struct longhaul_sink_table {
    uint32_t size;          /* of this table in bytes, as the plugin knows it: sizeof(longhaul_sink_table) */
    uint32_t features;      /* one bit for each ability beyond this version. None is defined yet: 0 */
    longhaul_bytes name;    /* as in the library's name: [a-z][a-z0-9_]* */
    longhaul_bytes version; /* the plugin's own, for people */
    longhaul_bytes summary; /* one line that says what the sink does */
    longhaul_bytes options; /* a JSON Schema of type `object`, whose `properties` are the options */

    /* Checks the options, a JSON object, and keeps them. Nothing is opened, made or touched yet.
     * On LONGHAUL_OK, *out is not null. */
    longhaul_status (*configure)(longhaul_bytes options, longhaul_configured **out, longhaul_reply reply);

    /* Says where the records of a pull will be found: puts LONGHAUL_FILE, LONGHAUL_STDOUT or LONGHAUL_ELSEWHERE.
     * Nothing is touched.
     *
     * The variables are JSON: {"folder":"/data","values":{"stream":"users"}}, with more values perhaps. Relative paths
     * count from `folder`; in the options, {stream} stands for users. */
    longhaul_status (*destination)(const longhaul_configured *sink, longhaul_bytes variables, longhaul_reply reply);

    /* Opens the sink for one pull, with variables like those of `destination`.
     *
     * `from` is null where the pull begins; then out->at is 0. Else it is the position of the last commit that the
     * host knows of, and the sink goes back to it (`at` is its mark) or says that later pages are durable already
     * (`at` is greater; the host does not write those again). It may come after `finish` has done its work: opening
     * then succeeds, and finishing again changes nothing. */
    longhaul_status (*open)(const longhaul_configured *sink, longhaul_bytes variables, const longhaul_position *from,
                            longhaul_opened *out, longhaul_reply reply);

    /* Ends a configured sink. Those that it opened may live on. */
    void (*drop_configured)(longhaul_configured *sink);

    /* Takes the records of one page. It may keep them in memory, but not by the pointers in `batch`. */
    longhaul_status (*write)(longhaul_open *sink, longhaul_batch batch, longhaul_reply reply);

    /* Makes everything written so far durable, and puts a LONGHAUL_RECEIPT of at most LONGHAUL_MAX_RECEIPT bytes of
     * UTF-8: the sink's note of where it stands. `mark` counts the pages that the pull has delivered. */
    longhaul_status (*commit)(longhaul_open *sink, uint64_t mark, longhaul_reply reply);

    /* Publishes what was committed. Nothing but `drop_sink` is called after it. */
    longhaul_status (*finish)(longhaul_open *sink, longhaul_reply reply);

    /* Ends an open sink, finished or not. One that was not finished publishes nothing. */
    void (*drop_sink)(longhaul_open *sink);
} longhaul_sink_table;

/* The one exported function. It may be called more than once and returns the same table each time. */
LONGHAUL_EXPORT const longhaul_sink_table *longhaul_sink_v1(const longhaul_host *host);

#ifdef __cplusplus
}
#endif

#endif
