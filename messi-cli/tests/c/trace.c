/*
 * Runs traces against the generated client and server of chat without I/O.
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

#include "chat_client.h"
#include "chat_server.h"

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

static struct chat_client_t client;
static struct chat_server_t server;
static struct chat_server_client_t server_clients[2];
static struct chat_server_client_t *server_client_p;
static bool is_server;
static bool is_initialized;
static size_t limit;
static uint32_t now;
static size_t room;

/* The effects of the last action, in order. */
static char events[EVENTS_MAX][LINE_MAX_SIZE];
static int number_of_events;
static uint8_t written[4096];
static size_t written_size;

static uint8_t input_buf[2][256];
static uint8_t output_buf[2][256];
static uint8_t message_buf[256];
static uint8_t workspace_in[1024];
static uint8_t workspace_out[1024];

static void fail(const char *format_p, ...)
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

static void event(const char *format_p, ...)
{
    va_list arguments;

    if (number_of_events == EVENTS_MAX) {
        fail("too many events");
    }

    va_start(arguments, format_p);
    vsnprintf(events[number_of_events], LINE_MAX_SIZE, format_p, arguments);
    va_end(arguments);
    number_of_events++;
}

static const char *text_or_dash(const char *text_p)
{
    return ((text_p[0] == '\0') ? "-" : text_p);
}

static const char *reason_name(enum messi_disconnect_reason_t reason)
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

    return (names[reason]);
}

/* --- The client --- */

static void on_connected(struct chat_client_t *self_p)
{
    (void)self_p;
    event("connected");
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t reason)
{
    (void)self_p;
    event("disconnected %s", reason_name(reason));
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;
    event("message connect_rsp");
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;
    event("message message_ind %s %s",
          text_or_dash(message_p->user_p),
          text_or_dash(message_p->text_p));
}

static void init_client(void)
{
    if (chat_client_init(&client,
                         &input_buf[0][0],
                         limit + 4,
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &output_buf[0][0],
                         limit + 4,
                         &workspace_out[0],
                         sizeof(workspace_out),
                         on_connected,
                         on_disconnected,
                         on_connect_rsp,
                         on_message_ind,
                         (uint32_t)line_number) != 0) {
        fail("chat_client_init");
    }
}

static void settle_client(void)
{
    enum messi_action_t action;

    while ((action = chat_client_poll(&client, now)) != messi_action_wait_t) {
        event((action == messi_action_connect_t) ? "connect" : "close");
    }
}

/* --- The server --- */

static void on_client_connected(struct chat_server_t *self_p,
                                struct chat_server_client_t *client_p)
{
    (void)self_p;
    (void)client_p;
    event("connected");
}

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;
    event("disconnected %s", reason_name(client_p->core.disconnect_reason));
}

static void on_server_connect_req(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_connect_req_t *message_p)
{
    (void)self_p;
    (void)client_p;
    event("message connect_req %s", text_or_dash(message_p->user_p));
}

static void on_server_message_ind(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_message_ind_t *message_p)
{
    (void)self_p;
    (void)client_p;
    event("message message_ind %s %s",
          text_or_dash(message_p->user_p),
          text_or_dash(message_p->text_p));
}

static void init_server(void)
{
    if (chat_server_init(&server,
                         &server_clients[0],
                         2,
                         &input_buf[0][0],
                         limit + 4,
                         &output_buf[0][0],
                         limit + 4,
                         &message_buf[0],
                         limit + 4,
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &workspace_out[0],
                         sizeof(workspace_out),
                         on_client_connected,
                         on_client_disconnected,
                         on_server_connect_req,
                         on_server_message_ind) != 0) {
        fail("chat_server_init");
    }

    server_client_p = &server_clients[0];
}

static void settle_server(void)
{
    while (chat_server_poll(&server, now) != NULL) {
        event("close");
    }
}

/* --- Actions --- */

static void settle(void)
{
    if (is_server) {
        settle_server();
    } else {
        settle_client();
    }
}

static const uint8_t *output(size_t *size_p)
{
    if (is_server) {
        return (chat_server_output(server_client_p, size_p));
    } else {
        return (chat_client_output(&client, size_p));
    }
}

/* Writes as much as there is room for. */
static void write_output(void)
{
    const uint8_t *buf_p;
    size_t size;

    while (true) {
        buf_p = output(&size);
        size = ((size < room) ? size : room);

        if (size == 0) {
            return;
        }

        if (written_size + size > sizeof(written)) {
            fail("too much output");
        }

        memcpy(&written[written_size], buf_p, size);
        written_size += size;
        room -= size;

        if (is_server) {
            chat_server_written(server_client_p, size);
        } else {
            chat_client_written(&client, size);
        }
    }
}

static void receive(const uint8_t *data_p, size_t size)
{
    if (is_server) {
        chat_server_input(&server, server_client_p, data_p, size, now);
    } else {
        chat_client_input(&client, data_p, size, now);
    }

    settle();
    write_output();
}

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
            fail("bad hexadecimal bytes");
        }

        value = 16 * value + byte;
        digits++;

        if (digits % 2 == 0) {
            data_p[size] = (uint8_t)value;
            size++;
            value = 0;
        }
    }

    return (size);
}

static void action_in(const char *argument_p)
{
    uint8_t data[512];
    size_t size;
    size_t i;

    size = parse_hex(argument_p, &data[0], sizeof(data));

    if (!mode.is_byte_by_byte) {
        receive(&data[0], size);
        return;
    }

    for (i = 0; i < size; i++) {
        receive(&data[i], 1);
    }
}

static char *field(char *text_p)
{
    char *space_p;

    if (strcmp(text_p, "-") == 0) {
        return ("");
    }

    for (space_p = text_p; *space_p != '\0'; space_p++) {
        if (*space_p == '_') {
            *space_p = ' ';
        }
    }

    return (text_p);
}

static void action_send(const char *argument_p)
{
    char member[32];
    char first[512] = "";
    char second[512] = "";
    struct chat_message_ind_t *message_p;

    sscanf(argument_p, "%31s %511s %511s", &member[0], &first[0], &second[0]);

    if (strcmp(&member[0], "connect_req") == 0) {
        chat_client_init_connect_req(&client)->user_p = field(&first[0]);
    } else if (strcmp(&member[0], "connect_rsp") == 0) {
        chat_server_init_connect_rsp(&server);
    } else if (strcmp(&member[0], "message_ind") == 0) {
        if (is_server) {
            message_p = chat_server_init_message_ind(&server);
        } else {
            message_p = chat_client_init_message_ind(&client);
        }

        message_p->user_p = field(&first[0]);
        message_p->text_p = field(&second[0]);
    } else {
        fail("unknown member");
    }

    if (is_server) {
        (void)chat_server_send(&server, server_client_p);
    } else {
        (void)chat_client_send(&client);
    }
}

static void action_connected(void)
{
    if (is_server) {
        server_client_p = chat_server_accept(&server, now);
    } else {
        chat_client_connected(&client, now);
    }
}

static void action_disconnected(void)
{
    if (is_server) {
        chat_server_disconnected(&server, server_client_p);
    } else {
        chat_client_disconnected(&client, now);
    }
}

static void initialize(void)
{
    if (!is_initialized) {
        is_initialized = true;

        if (is_server) {
            init_server();
        } else {
            init_client();
        }
    }
}

static bool run_setting(const char *word_p, const char *argument_p)
{
    if (strcmp(word_p, "side") == 0) {
        is_server = (strcmp(argument_p, "server") == 0);
    } else if (strcmp(word_p, "limit") == 0) {
        limit = (size_t)atoi(argument_p);
    } else {
        return (false);
    }

    return (true);
}

static void run_action(const char *word_p, const char *argument_p)
{
    if (run_setting(word_p, argument_p)) {
        return;
    }

    initialize();

    if (strcmp(word_p, "at") == 0) {
        now = mode.clock_offset + (uint32_t)strtoul(argument_p, NULL, 10);
    } else if (strcmp(word_p, "start") == 0) {
        chat_client_start(&client, now);
    } else if (strcmp(word_p, "stop") == 0) {
        chat_client_stop(&client);
    } else if (strcmp(word_p, "connected") == 0) {
        action_connected();
    } else if ((strcmp(word_p, "failed") == 0) || (strcmp(word_p, "eof") == 0)) {
        action_disconnected();
    } else if (strcmp(word_p, "in") == 0) {
        action_in(argument_p);
    } else if (strcmp(word_p, "room") == 0) {
        room = (size_t)atoi(argument_p);
    } else if (strcmp(word_p, "send") == 0) {
        action_send(argument_p);
    } else {
        fail("unknown word %s", word_p);
    }

    settle();
    write_output();
}

/* --- Expectations --- */

static void expect_event(const char *argument_p)
{
    if (number_of_events == 0) {
        fail("no event, but expected: %s", argument_p);
    }

    if (strcmp(events[0], argument_p) != 0) {
        fail("event %s, but expected: %s", events[0], argument_p);
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
        fail("other output, of %d bytes", (int)written_size);
    }

    written_size -= size;
    memmove(&written[0], &written[size], written_size);
}

static void expect_nothing(void)
{
    if (number_of_events > 0) {
        fail("unexpected before this line: event %s", events[0]);
    }

    if (written_size > 0) {
        fail("unexpected before this line: %d bytes of output beginning with %02x",
             (int)written_size,
             written[0]);
    }
}

/* --- Files --- */

static void begin_case(void)
{
    is_initialized = false;
    is_server = false;
    limit = 124;
    room = SIZE_MAX;
    now = mode.clock_offset;
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

    if (strcmp(line_p, "event") == 0) {
        expect_event(argument_p);
    } else if (strcmp(line_p, "out") == 0) {
        expect_output(argument_p);
    } else if (strcmp(line_p, "case") == 0) {
        expect_nothing();
        begin_case();
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

    printf("%d files, %d modes: ok\n", argc - 1, (int)(sizeof(modes) / sizeof(modes[0])));

    return (0);
}
