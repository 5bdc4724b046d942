/*
 * Runs traces against an implementation of chat, which a driver connects.
 * See ../traces/README.md for their format.
 *
 * Usage: trace FILE…
 *
 * Each case runs with input at once and byte by byte, and with a clock that
 * wraps around during the case.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define LINE_MAX_SIZE 1024
#define EVENTS_MAX 16

/* How a case is run. */
struct mode_t {
    bool is_byte_by_byte;
    uint32_t clock_offset;
};

static const struct mode_t modes[] = {
    { false, 0 },
    { true, 0 },
    { false, 0xfffffffe },
    { true, 0xffffff00 },
    { false, 0xffffe000 }
};

/* Place in the file, for messages. */
static const char *path_p;
static int line_number;
static struct mode_t mode;

static struct trace_case_t current;
static bool is_skipped;
static bool is_initialized;
static int cases_run;

/* The effects of the last action, in order. */
static char events[EVENTS_MAX][LINE_MAX_SIZE];
static int number_of_events;
static uint8_t written[4096];
static size_t written_size;

void trace_fail(const char *format_p, ...)
{
    va_list arguments;

    fprintf(stderr,
            "%s:%d (%s, clock from %u): ",
            path_p,
            line_number,
            mode.is_byte_by_byte ? "byte by byte" : "at once",
            (unsigned)mode.clock_offset);
    va_start(arguments, format_p);
    vfprintf(stderr, format_p, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void trace_event(const char *format_p, ...)
{
    va_list arguments;

    if (number_of_events == EVENTS_MAX) {
        trace_fail("too many events");
    }

    va_start(arguments, format_p);
    vsnprintf(events[number_of_events], LINE_MAX_SIZE, format_p, arguments);
    va_end(arguments);
    number_of_events++;
}

void trace_written(const uint8_t *data_p, size_t size)
{
    if (written_size + size > sizeof(written)) {
        trace_fail("too much output");
    }

    memcpy(&written[written_size], data_p, size);
    written_size += size;
}

const char *trace_text(const char *text_p)
{
    return (text_p[0] == '\0') ? "-" : text_p;
}

const char *trace_reason(enum messi_disconnect_reason_t reason)
{
    static const char *names[] = {
        "message_encode_error",
        "message_decode_error",
        "connection_closed",
        "keep_alive_timeout",
        "general_error",
        "message_too_big",
        "output_full",
        "unexpected_type",
        "disconnected"
    };

    return names[reason];
}

/* --- Actions --- */

/* Removes the spaces of a hexadecimal argument, and decodes it. */
static size_t parse_hex(const char *text_p, uint8_t *data_p, size_t size_max)
{
    size_t size;
    int digits;
    unsigned value;
    unsigned byte;
    char digit[2] = { 0, 0 };

    size = 0;
    digits = 0;
    value = 0;

    for (; *text_p != '\0'; text_p++) {
        if (*text_p == ' ') {
            continue;
        }

        digit[0] = *text_p;

        if ((sscanf(&digit[0], "%x", &byte) != 1) || (size == size_max)) {
            trace_fail("bad hexadecimal bytes");
        }

        value = 16 * value + byte;
        digits++;

        if (digits % 2 == 0) {
            data_p[size] = (uint8_t)value;
            size++;
            value = 0;
        }
    }

    return size;
}

static void action_in(const char *argument_p)
{
    uint8_t data[512];
    size_t size;
    size_t i;

    size = parse_hex(argument_p, &data[0], sizeof(data));

    if (!mode.is_byte_by_byte) {
        driver_receive(&data[0], size);
        return;
    }

    for (i = 0; i < size; i++) {
        driver_receive(&data[i], 1);
    }
}

static char *field(char *text_p)
{
    char *space_p;

    if (strcmp(text_p, "-") == 0) {
        return "";
    }

    for (space_p = text_p; *space_p != '\0'; space_p++) {
        if (*space_p == '_') {
            *space_p = ' ';
        }
    }

    return text_p;
}

static void action_send(const char *argument_p)
{
    char member[32];
    char first[512] = "";
    char second[512] = "";

    sscanf(argument_p, "%31s %511s %511s", &member[0], &first[0], &second[0]);
    driver_send(&member[0], field(&first[0]), field(&second[0]));
}

static void initialize(void)
{
    if (!is_initialized) {
        is_initialized = true;
        is_skipped = !driver_begin(&current);
        cases_run += (is_skipped ? 0 : 1);
    }
}

static bool run_setting(const char *word_p, const char *argument_p)
{
    if (strcmp(word_p, "side") == 0) {
        current.is_server = (strcmp(argument_p, "server") == 0);
    } else if (strcmp(word_p, "limit") == 0) {
        current.limit = (size_t)atoi(argument_p);
    } else {
        return false;
    }

    return true;
}

static void run_action(const char *word_p, const char *argument_p)
{
    if (strcmp(word_p, "at") == 0) {
        driver_at(mode.clock_offset + (uint32_t)strtoul(argument_p, NULL, 10));
    } else if (strcmp(word_p, "start") == 0) {
        driver_start();
    } else if (strcmp(word_p, "stop") == 0) {
        driver_stop();
    } else if (strcmp(word_p, "connected") == 0) {
        driver_connected();
    } else if (strcmp(word_p, "failed") == 0) {
        driver_failed();
    } else if (strcmp(word_p, "eof") == 0) {
        driver_eof();
    } else if (strcmp(word_p, "in") == 0) {
        action_in(argument_p);
    } else if (strcmp(word_p, "room") == 0) {
        driver_room((size_t)atoi(argument_p));
    } else if (strcmp(word_p, "send") == 0) {
        action_send(argument_p);
    } else {
        trace_fail("unknown word %s", word_p);
    }
}

/* --- Expectations --- */

static void expect_event(const char *argument_p)
{
    if (number_of_events == 0) {
        trace_fail("no event, but expected: %s", argument_p);
    }

    if (strcmp(events[0], argument_p) != 0) {
        trace_fail("event %s, but expected: %s", events[0], argument_p);
    }

    number_of_events--;
    memmove(events[0], events[1], sizeof(events) - sizeof(events[0]));
}

static void expect_output(const char *argument_p)
{
    uint8_t data[512];
    size_t size;

    size = parse_hex(argument_p, &data[0], sizeof(data));

    if ((written_size < size) || (memcmp(&written[0], &data[0], size) != 0)) {
        trace_fail("other output, of %d bytes", (int)written_size);
    }

    written_size -= size;
    memmove(&written[0], &written[size], written_size);
}

static void expect_nothing(void)
{
    if (number_of_events > 0) {
        trace_fail("unexpected before this line: event %s", events[0]);
    }

    if (written_size > 0) {
        trace_fail("unexpected before this line: %d bytes of output beginning with %02x",
             (int)written_size,
             written[0]);
    }
}

/* --- Files --- */

static void begin_case(const char *name_p)
{
    snprintf(&current.name[0], sizeof(current.name), "%s", name_p);
    current.is_server = false;
    current.limit = 124;
    current.now = mode.clock_offset;
    current.seed = (uint32_t)line_number;
    is_initialized = false;
    is_skipped = false;
}

/* Returns true if the line is one of a case that the driver can run. */
static bool run_case_or_setting(const char *word_p, const char *argument_p)
{
    if (strcmp(word_p, "case") == 0) {
        expect_nothing();
        begin_case(argument_p);
    } else if (!run_setting(word_p, argument_p)) {
        initialize();

        return !is_skipped;
    }

    return false;
}

static void run_line(char *line_p)
{
    char *argument_p;
    size_t length;

    length = strcspn(line_p, "\n");

    while ((length > 0) && (line_p[length - 1] == ' ')) {
        length--;
    }

    line_p[length] = '\0';

    if ((line_p[0] == '#') || (line_p[0] == '\0')) {
        return;
    }

    argument_p = strchr(line_p, ' ');

    if (argument_p != NULL) {
        *argument_p = '\0';
        argument_p++;
    } else {
        argument_p = &line_p[length];
    }

    if (!run_case_or_setting(line_p, argument_p)) {
        return;
    }

    if (strcmp(line_p, "event") == 0) {
        expect_event(argument_p);
    } else if (strcmp(line_p, "out") == 0) {
        expect_output(argument_p);
    } else {
        expect_nothing();
        run_action(line_p, argument_p);
    }
}

static void run_file(void)
{
    FILE *file_p;
    char line[LINE_MAX_SIZE];

    file_p = fopen(path_p, "r");

    if (file_p == NULL) {
        perror(path_p);
        exit(1);
    }

    line_number = 0;

    while (fgets(&line[0], sizeof(line), file_p) != NULL) {
        line_number++;
        run_line(&line[0]);
    }

    expect_nothing();
    fclose(file_p);
}

int main(int argc, char *argv[])
{
    size_t i;
    int j;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        for (j = 1; j < argc; j++) {
            mode = modes[i];
            path_p = argv[j];
            run_file();
        }
    }

    printf("%d cases: ok\n", cases_run);

    return (cases_run > 0) ? 0 : 1;
}
