/*
 * The server of my_protocol in C for Linux: responds to each FooReq, sends a
 * FieReq after each second BarInd, and prints each event.
 *
 *     messi generate_c_source --runtime -o generated ../../my_protocol.proto
 *     gcc -std=c99 -Wall -Wextra -I generated server.c generated/[a-z]*.c -o server
 *     ./server [uri]
 */

#include <stdio.h>
#include <sys/epoll.h>

#include "my_protocol_server.h"

#define CLIENTS_MAX 10

static uint8_t clients_input[CLIENTS_MAX][128];
static uint8_t message[128];
static uint8_t workspace_in[128];
static uint8_t workspace_out[128];
static int number_of_bars;

static void on_client_connected(struct my_protocol_server_t *self_p,
                                struct my_protocol_server_client_t *client_p)
{
    (void)self_p;

    printf("Client %u connected.\n", (unsigned)my_protocol_server_client_id(client_p));
}

static void on_client_disconnected(struct my_protocol_server_t *self_p,
                                   struct my_protocol_server_client_t *client_p)
{
    (void)self_p;

    printf("Client %u disconnected: %s\n",
           (unsigned)my_protocol_server_client_id(client_p),
           messi_disconnect_reason_string(
               my_protocol_server_client_disconnect_reason(client_p)));
}

static void on_foo_req(struct my_protocol_server_t *self_p,
                       struct my_protocol_server_client_t *client_p,
                       struct my_protocol_foo_req_t *message_p)
{
    (void)client_p;
    (void)message_p;

    printf("Got FooReq. Responding with FooRsp.\n");
    my_protocol_server_init_foo_rsp(self_p);
    my_protocol_server_reply(self_p);
}

static void on_bar_ind(struct my_protocol_server_t *self_p,
                       struct my_protocol_server_client_t *client_p,
                       struct my_protocol_bar_ind_t *message_p)
{
    (void)message_p;

    number_of_bars++;
    printf("Got BarInd number %d.\n", number_of_bars);

    if (number_of_bars % 2 == 0) {
        printf("Sending FieReq.\n");
        my_protocol_server_init_fie_req(self_p);
        my_protocol_server_send(self_p, client_p);
    }
}

static void on_fie_rsp(struct my_protocol_server_t *self_p,
                       struct my_protocol_server_client_t *client_p,
                       struct my_protocol_fie_rsp_t *message_p)
{
    (void)self_p;
    (void)client_p;
    (void)message_p;

    printf("Got FieRsp.\n");
}

int main(int argc, char *argv[])
{
    struct my_protocol_server_t server;
    struct my_protocol_server_client_t clients[CLIENTS_MAX];
    struct epoll_event event;
    const char *uri_p;
    int epoll_fd;

    uri_p = ((argc > 1) ? argv[1] : "tcp://127.0.0.1:7840");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Server URI: %s\n", uri_p);
    epoll_fd = epoll_create1(0);

    if (epoll_fd == -1) {
        perror("epoll_create1");

        return 1;
    }

    if (my_protocol_server_init(&server,
                                uri_p,
                                &clients[0],
                                CLIENTS_MAX,
                                &clients_input[0][0],
                                sizeof(clients_input[0]),
                                &message[0],
                                sizeof(message),
                                &workspace_in[0],
                                sizeof(workspace_in),
                                &workspace_out[0],
                                sizeof(workspace_out),
                                on_client_connected,
                                on_client_disconnected,
                                on_foo_req,
                                on_bar_ind,
                                on_fie_rsp,
                                epoll_fd,
                                NULL) != 0) {
        fprintf(stderr, "server: invalid URI\n");

        return 1;
    }

    if (my_protocol_server_start(&server) != 0) {
        perror("server");

        return 1;
    }

    printf("Server started.\n");

    while (true) {
        if (epoll_wait(epoll_fd, &event, 1, -1) == 1) {
            my_protocol_server_process(&server, event.data.fd, event.events);
        }
    }
}
