/*
 * Runs traces against the generated client of chat for the async framework.
 */

#include <string.h>

#include "chat_client.h"
#include "trace.h"

static struct trace_case_t current;
static struct async_t async;
static struct chat_client_t client;
static int connects;
static int disconnects;

static uint8_t input_buf[256];
static uint8_t output_buf[256];
static uint8_t workspace_in[1024];
static uint8_t workspace_out[1024];

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

/* The framework closes the connection itself if the server does, or if
   connecting fails. */
static void finish(bool is_closed_by_framework)
{
    stand_in_run_calls(&async);

    if (is_closed_by_framework || (client.base.stcp.disconnects > disconnects)) {
        trace_event("close");
    }

    if (client.base.stcp.connects > connects) {
        trace_event("connect");
    }

    disconnects = client.base.stcp.disconnects;
    connects = client.base.stcp.connects;
}

bool driver_begin(const struct trace_case_t *case_p)
{
    current = *case_p;

    /* The framework accepts all output, and does not cancel connecting. */
    if (case_p->is_server
        || (strstr(&case_p->name[0], "leaves at the next frame") != NULL)
        || (strstr(&case_p->name[0], "unwritten bytes") != NULL)
        || (strstr(&case_p->name[0], "given up after five") != NULL)) {
        return false;
    }

    async_init(&async);
    connects = 0;
    disconnects = 0;

    if (chat_client_init(&client,
                         "tcp://127.0.0.1:6000",
                         &input_buf[0],
                         case_p->limit + 4,
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &output_buf[0],
                         case_p->limit + 4,
                         &workspace_out[0],
                         sizeof(workspace_out),
                         on_connected,
                         on_disconnected,
                         on_connect_rsp,
                         on_message_ind,
                         &async) != 0) {
        trace_fail("chat_client_init");
    }

    client.base.stcp.on_write = trace_written;
    client.base.now = case_p->now;

    return true;
}

void driver_at(uint32_t now)
{
    stand_in_set_time(&async, now - current.now);
    finish(false);
}

void driver_start(void)
{
    chat_client_start(&client);
    finish(false);
}

void driver_stop(void)
{
    chat_client_stop(&client);
    finish(false);
}

void driver_connected(void)
{
    stand_in_connected(&client.base.stcp, 0);
    finish(false);
}

void driver_failed(void)
{
    stand_in_connected(&client.base.stcp, -1);
    finish(true);
}

void driver_eof(void)
{
    stand_in_closed(&client.base.stcp);
    finish(true);
}

void driver_receive(const uint8_t *data_p, size_t size)
{
    stand_in_input(&client.base.stcp, data_p, size);
    finish(false);
}

void driver_room(size_t size)
{
    (void)size;
    trace_fail("the framework accepts all output");
}

void driver_send(const char *member_p, char *first_p, char *second_p)
{
    struct chat_message_ind_t *message_p;

    if (strcmp(member_p, "connect_req") == 0) {
        chat_client_init_connect_req(&client)->user_p = first_p;
    } else {
        message_p = chat_client_init_message_ind(&client);
        message_p->user_p = first_p;
        message_p->text_p = second_p;
    }

    (void)chat_client_send(&client);
    finish(false);
}
