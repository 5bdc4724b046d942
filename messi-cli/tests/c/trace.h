/*
 * Between the runner of traces and the drivers of the implementations.
 */

#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messi_connection.h"

/** The case that is run. */
struct trace_case_t {
    char name[128];
    bool is_server;
    size_t limit;
    uint32_t now;
    uint32_t seed;
};

/* Reported by a driver. */
void trace_event(const char *format_p, ...)
    __attribute__ ((format (printf, 1, 2)));
void trace_written(const uint8_t *data_p, size_t size);
void trace_fail(const char *format_p, ...)
    __attribute__ ((format (printf, 1, 2)));

/** Returns the text, or `-` if it is empty. */
const char *trace_text(const char *text_p);

/** Returns the reason as it is written in traces. */
const char *trace_reason(enum messi_disconnect_reason_t reason);

/** Begins a case. Returns false if the driver can't run it. */
bool driver_begin(const struct trace_case_t *case_p);

/* The actions. */
void driver_at(uint32_t now);
void driver_start(void);
void driver_stop(void);
void driver_connected(void);
void driver_failed(void);
void driver_eof(void);
void driver_receive(const uint8_t *data_p, size_t size);
void driver_room(size_t size);
void driver_send(const char *member_p, char *first_p, char *second_p);

#endif
