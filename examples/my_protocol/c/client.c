/*
 * The client of my_protocol in C for Linux: sends a FooReq and two BarInds,
 * responds to each FieReq, and prints each event. It runs until it is killed,
 * and reconnects automatically.
 *
 *     messi generate_c_source --runtime -o generated ../../my_protocol.proto
 *     gcc -std=c99 -Wall -Wextra -I generated client.c generated/[a-z]*.c -o client
 *     ./client [uri]
 */

#include <stdio.h>
#include <sys/epoll.h>

#include "my_protocol_client.h"

static uint8_t encoded_in[128];
static uint8_t encoded_out[128];
static uint8_t workspace_in[128];
static uint8_t workspace_out[128];

static void on_connected(struct my_protocol_client_t *self_p)
{
    printf("Connected. Sending FooReq.\n");
    my_protocol_client_init_foo_req(self_p);
    my_protocol_client_send(self_p);
}

static void on_disconnected(struct my_protocol_client_t *self_p,
                            enum messi_disconnect_reason_t disconnect_reason)
{
    (void)self_p;

    printf("Disconnected: %s\n", messi_disconnect_reason_string(disconnect_reason));
}

static void on_foo_rsp(struct my_protocol_client_t *self_p,
                       struct my_protocol_foo_rsp_t *message_p)
{
    (void)message_p;

    printf("Got FooRsp. Sending BarInd twice.\n");
    my_protocol_client_init_bar_ind(self_p);
    my_protocol_client_send(self_p);
    my_protocol_client_send(self_p);
}

static void on_fie_req(struct my_protocol_client_t *self_p,
                       struct my_protocol_fie_req_t *message_p)
{
    (void)message_p;

    printf("Got FieReq. Responding with FieRsp.\n");
    my_protocol_client_init_fie_rsp(self_p);
    my_protocol_client_send(self_p);
}

int main(int argc, char *argv[])
{
    struct my_protocol_client_t client;
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

    if (my_protocol_client_init(&client,
                                uri_p,
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
                                on_foo_rsp,
                                on_fie_req,
                                epoll_fd,
                                NULL) != 0) {
        fprintf(stderr, "client: invalid URI\n");

        return 1;
    }

    if (my_protocol_client_start(&client) != 0) {
        perror("client");

        return 1;
    }

    while (true) {
        if (epoll_wait(epoll_fd, &event, 1, -1) == 1) {
            my_protocol_client_process(&client, event.data.fd, event.events);
        }
    }
}
