/*
 * The example in C with one change, for the tests: the compiler defines `CHANGE` as a statement that changes `table`.
 */
#define longhaul_sink_v1 longhaul_sink_count
#include "count.c"
#undef longhaul_sink_v1

#ifndef ENTRY
#define ENTRY longhaul_sink_v1
#endif

/* Return unknown statuses, and nothing else. */
longhaul_status unknown_configure(longhaul_bytes options, longhaul_configured **out, longhaul_reply reply) {
    (void)options, (void)out, (void)reply;
    return 77;
}

longhaul_status unknown_destination(const longhaul_configured *sink, longhaul_bytes variables, longhaul_reply reply) {
    (void)sink, (void)variables, (void)reply;
    return 0xffffffff;
}

longhaul_status unknown_open(const longhaul_configured *sink, longhaul_bytes variables, const longhaul_position *from,
                             longhaul_opened *out, longhaul_reply reply) {
    (void)sink, (void)variables, (void)from, (void)out, (void)reply;
    return 77;
}

longhaul_status unknown_write(longhaul_open *sink, longhaul_batch batch, longhaul_reply reply) {
    (void)sink, (void)batch, (void)reply;
    return 77;
}

longhaul_status unknown_commit(longhaul_open *sink, uint64_t mark, longhaul_reply reply) {
    (void)sink, (void)mark, (void)reply;
    return 77;
}

longhaul_status unknown_finish(longhaul_open *sink, longhaul_reply reply) {
    (void)sink, (void)reply;
    return 7;
}

/* Succeed without a result. */
longhaul_status empty_configure(longhaul_bytes options, longhaul_configured **out, longhaul_reply reply) {
    (void)options, (void)out, (void)reply;
    return LONGHAUL_OK;
}

longhaul_status empty_destination(const longhaul_configured *sink, longhaul_bytes variables, longhaul_reply reply) {
    (void)sink, (void)variables, (void)reply;
    return LONGHAUL_OK;
}

longhaul_status empty_open(const longhaul_configured *sink, longhaul_bytes variables, const longhaul_position *from,
                           longhaul_opened *out, longhaul_reply reply) {
    (void)sink, (void)variables, (void)from, (void)out, (void)reply;
    return LONGHAUL_OK;
}

longhaul_status empty_commit(longhaul_open *sink, uint64_t mark, longhaul_reply reply) {
    (void)sink, (void)mark, (void)reply;
    return LONGHAUL_OK;
}

/* Log the arguments. */
longhaul_status logged_configure(longhaul_bytes options, longhaul_configured **out, longhaul_reply reply) {
    host->log(host->data, LONGHAUL_INFO, options);
    return configure(options, out, reply);
}

longhaul_status logged_open(const longhaul_configured *sink, longhaul_bytes variables, const longhaul_position *from,
                            longhaul_opened *out, longhaul_reply reply) {
    host->log(host->data, LONGHAUL_INFO, variables);
    return open_sink(sink, variables, from, out, reply);
}

longhaul_status logged_write(longhaul_open *sink, longhaul_batch batch, longhaul_reply reply) {
    host->log(host->data, LONGHAUL_INFO, batch.bytes);
    return write_batch(sink, batch, reply);
}

LONGHAUL_EXPORT const longhaul_sink_table *ENTRY(const longhaul_host *host_table) {
    static longhaul_sink_table table;
    table = *longhaul_sink_count(host_table);
    CHANGE;
    return &table;
}
