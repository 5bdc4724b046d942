/*
 * A client of chat as on a microcontroller, to measure its size. The platform
 * is a few variables that the compiler knows nothing about.
 */

#include "chat_client.h"

volatile uint32_t ticks;
volatile int network;
volatile uint8_t byte;

static struct chat_client_t client;
static uint8_t encoded_in[128];
static uint8_t encoded_out[128];
static uint8_t workspace_in[128];
static uint8_t workspace_out[128];

/* The documentation states these sizes. */
typedef char client_is_small[(sizeof(struct chat_client_t) <= 152) ? 1 : -1];

static void on_connected(struct chat_client_t *self_p)
{
    chat_client_init_connect_req(self_p)->user_p = "Erik";
    chat_client_send(self_p);
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;
    network = message_p->text_p[0];
}

static void move_bytes(void)
{
    uint8_t *buf_p;
    const uint8_t *output_p;
    size_t size;

    buf_p = chat_client_receive_buffer(&client, &size);
    buf_p[0] = byte;
    chat_client_received(&client, 1, ticks);
    output_p = chat_client_output(&client, &size);

    if (size > 0) {
        byte = output_p[0];
        chat_client_written(&client, 1);
    }
}

int main(void)
{
    (void)chat_client_init(&client,
                           &encoded_in[0],
                           sizeof(encoded_in),
                           &workspace_in[0],
                           sizeof(workspace_in),
                           &encoded_out[0],
                           sizeof(encoded_out),
                           &workspace_out[0],
                           sizeof(workspace_out),
                           on_connected,
                           NULL,
                           NULL,
                           on_message_ind,
                           ticks);
    chat_client_start(&client, ticks);

    while (true) {
        network = (int)chat_client_poll(&client, ticks);

        if (network == 1) {
            chat_client_connected(&client, ticks);
        } else if (network == 2) {
            chat_client_disconnected(&client, ticks);
        }

        move_bytes();
        ticks += chat_client_timeout(&client, ticks);
    }
}
