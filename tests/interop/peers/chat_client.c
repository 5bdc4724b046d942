/*
 * A client, of the original or ours, driven over stdin and stdout.
 *
 * Usage: chat_client <uri> <user>
 *
 * Commands: send <text>, burst <count>, quit
 * Events:   connected, disconnected <reason>, connect_rsp,
 *           message <user> <text>, failed <problem>
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chat_client.h"
#include "script.h"

static struct chat_client_t client;
static char *user_p;

static uint8_t encoded_in[SCRIPT_BUFFER_SIZE];
static uint8_t encoded_out[SCRIPT_BUFFER_SIZE];

/* Decoded messages copy their strings, so these need a little more. */
static uint8_t workspace_in[SCRIPT_BUFFER_SIZE + 4096];
static uint8_t workspace_out[SCRIPT_BUFFER_SIZE + 4096];

static void on_connected(struct chat_client_t *self_p)
{
    script_event("connected");
    chat_client_init_connect_req(self_p)->user_p = user_p;
    chat_client_send(self_p);
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t reason)
{
    (void)self_p;

    script_event("disconnected %s", messi_disconnect_reason_string(reason));
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;

    script_event("connect_rsp");
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;

    script_event("message %s %s", message_p->user_p, message_p->text_p);
}

static void send_text(char *text_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_client_init_message_ind(&client);
    message_p->user_p = user_p;
    message_p->text_p = text_p;
    chat_client_send(&client);
}

static void send_burst(int count)
{
    int i;
    char text[16];

    for (i = 1; i <= count; i++) {
        snprintf(&text[0], sizeof(text), "%d", i);
        send_text(&text[0]);
    }
}

static void on_command(const char *name_p, char *argument_p)
{
    if (strcmp(name_p, "send") == 0) {
        send_text(argument_p);
    } else if (strcmp(name_p, "burst") == 0) {
        send_burst(atoi(argument_p));
    } else if (strcmp(name_p, "quit") == 0) {
        exit(0);
    } else {
        script_fail("unknown command");
    }
}

static void process(int fd, uint32_t events)
{
    chat_client_process(&client, fd, events);
}

int main(int argc, char *argv[])
{
    int epoll_fd;
    int res;

    if (argc != 3) {
        script_fail("usage: chat_client <uri> <user>");
    }

    user_p = argv[2];
    epoll_fd = script_init();
    res = chat_client_init(&client,
                           argv[1],
                           &encoded_in[0],
                           sizeof(encoded_in),
                           &workspace_in[0],
                           sizeof(workspace_in),
                           &encoded_out[0],
                           sizeof(encoded_out),
                           &workspace_out[0],
                           sizeof(workspace_out),
                           on_connected,
                           on_disconnected,
                           on_connect_rsp,
                           on_message_ind,
                           epoll_fd,
                           NULL);

    if (res != 0) {
        script_fail("init");
    }

    chat_client_start(&client);
    script_run(epoll_fd, on_command, process);

    return 0;
}
