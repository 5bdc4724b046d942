/*
 * Runs traces against the generated client and server of chat without I/O.
 */

#include <string.h>

#include "chat_client.h"
#include "chat_server.h"
#include "trace.h"

static struct trace_case_t current;
static struct chat_client_t client;
static struct chat_server_t server;
static struct chat_server_client_t server_clients[2];
static struct chat_server_client_t *server_client_p;
static uint32_t now;
static size_t room;

static uint8_t input_buf[2][256];
static uint8_t output_buf[2][256];
static uint8_t message_buf[256];
static uint8_t workspace_in[1024];
static uint8_t workspace_out[1024];

/* --- The client --- */

static void on_connected(struct chat_client_t *self_p)
{
    (void)self_p;
    trace_event("connected");
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t reason)
{
    (void)self_p;
    trace_event("disconnected %s", trace_reason(reason));
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;
    trace_event("message connect_rsp");
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;
    trace_event("message message_ind %s %s",
          trace_text(message_p->user_p),
          trace_text(message_p->text_p));
}

static void init_client(void)
{
    if (chat_client_init(&client,
                         &input_buf[0][0],
                         current.limit + 4,
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &output_buf[0][0],
                         current.limit + 4,
                         &workspace_out[0],
                         sizeof(workspace_out),
                         on_connected,
                         on_disconnected,
                         on_connect_rsp,
                         on_message_ind,
                         current.seed) != 0) {
        trace_fail("chat_client_init");
    }
}

static void settle_client(void)
{
    enum messi_action_t action;

    while ((action = chat_client_poll(&client, now)) != messi_action_wait_t) {
        trace_event((action == messi_action_connect_t) ? "connect" : "close");
    }
}

/* --- The server --- */

static void on_client_connected(struct chat_server_t *self_p,
                                struct chat_server_client_t *client_p)
{
    (void)self_p;
    (void)client_p;
    trace_event("connected");
}

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;
    trace_event("disconnected %s", trace_reason(chat_server_client_disconnect_reason(client_p)));
}

static void on_server_connect_req(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_connect_req_t *message_p)
{
    (void)self_p;
    (void)client_p;
    trace_event("message connect_req %s", trace_text(message_p->user_p));
}

static void on_server_message_ind(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_message_ind_t *message_p)
{
    (void)self_p;
    (void)client_p;
    trace_event("message message_ind %s %s",
          trace_text(message_p->user_p),
          trace_text(message_p->text_p));
}

static void init_server(void)
{
    if (chat_server_init(&server,
                         &server_clients[0],
                         2,
                         &input_buf[0][0],
                         current.limit + 4,
                         &output_buf[0][0],
                         current.limit + 4,
                         &message_buf[0],
                         current.limit + 4,
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &workspace_out[0],
                         sizeof(workspace_out),
                         on_client_connected,
                         on_client_disconnected,
                         on_server_connect_req,
                         on_server_message_ind) != 0) {
        trace_fail("chat_server_init");
    }

    server_client_p = &server_clients[0];
}

static void settle_server(void)
{
    while (chat_server_poll(&server, now) != NULL) {
        trace_event("close");
    }
}

/* --- Actions --- */

static void settle(void)
{
    if (current.is_server) {
        settle_server();
    } else {
        settle_client();
    }
}

static const uint8_t *output(size_t *size_p)
{
    if (current.is_server) {
        return chat_server_output(server_client_p, size_p);
    } else {
        return chat_client_output(&client, size_p);
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

        trace_written(buf_p, size);
        room -= size;

        if (current.is_server) {
            chat_server_written(server_client_p, size);
        } else {
            chat_client_written(&client, size);
        }
    }
}

static void finish(void)
{
    settle();
    write_output();
}

bool driver_begin(const struct trace_case_t *case_p)
{
    current = *case_p;
    now = case_p->now;
    room = SIZE_MAX;

    if (case_p->is_server) {
        init_server();
    } else {
        init_client();
    }

    return true;
}

void driver_at(uint32_t time)
{
    now = time;
    finish();
}

void driver_start(void)
{
    chat_client_start(&client, now);
    finish();
}

void driver_stop(void)
{
    chat_client_stop(&client);
    finish();
}

void driver_connected(void)
{
    if (current.is_server) {
        server_client_p = chat_server_accept(&server, now);
    } else {
        chat_client_connected(&client, now);
    }

    finish();
}

void driver_failed(void)
{
    chat_client_disconnected(&client, now);
    finish();
}

void driver_eof(void)
{
    if (current.is_server) {
        chat_server_disconnected(&server, server_client_p);
    } else {
        chat_client_disconnected(&client, now);
    }

    finish();
}

void driver_receive(const uint8_t *data_p, size_t size)
{
    if (current.is_server) {
        chat_server_input(&server, server_client_p, data_p, size, now);
    } else {
        chat_client_input(&client, data_p, size, now);
    }

    finish();
}

void driver_room(size_t size)
{
    room = size;
    finish();
}

static void prepare_message_ind(char *user_p, char *text_p)
{
    struct chat_message_ind_t *message_p;

    if (current.is_server) {
        message_p = chat_server_init_message_ind(&server);
    } else {
        message_p = chat_client_init_message_ind(&client);
    }

    message_p->user_p = user_p;
    message_p->text_p = text_p;
}

void driver_send(const char *member_p, char *first_p, char *second_p)
{
    if (strcmp(member_p, "connect_req") == 0) {
        chat_client_init_connect_req(&client)->user_p = first_p;
    } else if (strcmp(member_p, "connect_rsp") == 0) {
        chat_server_init_connect_rsp(&server);
    } else {
        prepare_message_ind(first_p, second_p);
    }

    if (current.is_server) {
        (void)chat_server_send(&server, server_client_p);
    } else {
        (void)chat_client_send(&client);
    }

    finish();
}
