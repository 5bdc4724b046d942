/*
 * A server, of the original or ours, driven over stdin and stdout. It responds
 * to each ConnectReq and broadcasts each MessageInd, also to its sender.
 *
 * Usage: chat_server <uri>
 *
 * Commands: send <text>, burst <count> (both to all clients, as the user
 *           "server"), quit
 * Events:   listening, client_connected, client_disconnected,
 *           connect_req <user>, message <user> <text>, failed <problem>
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chat_server.h"
#include "script.h"

#define CLIENTS_MAX 32

static struct chat_server_t server;
static struct chat_server_client_t clients[CLIENTS_MAX];

static uint8_t clients_input[CLIENTS_MAX][SCRIPT_BUFFER_SIZE];

/* The encoder fails, silently, if a message fills its buffer to the last byte. */
static uint8_t encoded_out[SCRIPT_BUFFER_SIZE + 1];

/* Decoded messages copy their strings, so these need a little more. */
static uint8_t workspace_in[SCRIPT_BUFFER_SIZE + 4096];
static uint8_t workspace_out[SCRIPT_BUFFER_SIZE + 4096];

static void on_client_connected(struct chat_server_t *self_p,
                                struct chat_server_client_t *client_p)
{
    (void)self_p;
    (void)client_p;

    script_event("client_connected");
}

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;
    (void)client_p;

    script_event("client_disconnected");
}

static void on_connect_req(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_connect_req_t *message_p)
{
    (void)client_p;

    script_event("connect_req %s", message_p->user_p);
    chat_server_init_connect_rsp(self_p);
    chat_server_reply(self_p);
}

static void broadcast(char *user_p, char *text_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_server_init_message_ind(&server);
    message_p->user_p = user_p;
    message_p->text_p = text_p;
    chat_server_broadcast(&server);
}

static void on_message_ind(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;
    (void)client_p;

    script_event("message %s %s", message_p->user_p, message_p->text_p);
    broadcast(message_p->user_p, message_p->text_p);
}

static void send_burst(int count)
{
    int i;
    char text[16];

    for (i = 1; i <= count; i++) {
        snprintf(&text[0], sizeof(text), "%d", i);
        broadcast("server", &text[0]);
    }
}

static void on_command(const char *name_p, char *argument_p)
{
    if (strcmp(name_p, "send") == 0) {
        broadcast("server", argument_p);
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
    chat_server_process(&server, fd, events);
}

int main(int argc, char *argv[])
{
    int epoll_fd;
    int res;

    if (argc != 2) {
        script_fail("usage: chat_server <uri>");
    }

    epoll_fd = script_init();
    res = chat_server_init(&server,
                           argv[1],
                           &clients[0],
                           CLIENTS_MAX,
                           &clients_input[0][0],
                           sizeof(clients_input[0]),
                           &encoded_out[0],
                           sizeof(encoded_out),
                           &workspace_in[0],
                           sizeof(workspace_in),
                           &workspace_out[0],
                           sizeof(workspace_out),
                           on_client_connected,
                           on_client_disconnected,
                           on_connect_req,
                           on_message_ind,
                           epoll_fd,
                           NULL);

    if (res != 0) {
        script_fail("init");
    }

    if (chat_server_start(&server) != 0) {
        script_fail("start");
    }

    script_event("listening");
    script_run(epoll_fd, on_command, process);

    return 0;
}
