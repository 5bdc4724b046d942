/*
 * Tests of the generated client and server of chat without I/O: of their
 * interface, where the traces test their behaviour on the wire.
 *
 * Usage: core [TEST]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat_client.h"
#include "chat_server.h"

#define CLIENTS_MAX 2
#define BUFFER_SIZE 32

#define CONNECT_REQ "\x01\0\0\x08\x0a\x06\x0a\x04" "Erik"
#define CONNECT_RSP "\x02\0\0\x02\x0a\0"
#define PING "\x03\0\0\0"
#define PONG "\x04\0\0\0"

#define ASSERT(condition)                                       \
    do {                                                        \
        if (!(condition)) {                                     \
            fprintf(stderr,                                     \
                    "%s:%d: %s: failed: %s\n",                  \
                    __FILE__, __LINE__, test_name_p, #condition); \
            exit(1);                                            \
        }                                                       \
    } while (0)

static const char *test_name_p;

static struct chat_client_t client;
static struct chat_server_t server;
static struct chat_server_client_t clients[CLIENTS_MAX];
static uint8_t client_in[BUFFER_SIZE];
static uint8_t client_out[BUFFER_SIZE];
static uint8_t servers_in[CLIENTS_MAX][BUFFER_SIZE];
static uint8_t servers_out[CLIENTS_MAX][BUFFER_SIZE];
static uint8_t message[BUFFER_SIZE];
static uint8_t workspaces[4][256];

static int disconnects;
static void (*in_request)(struct chat_server_client_t *client_p);

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;
    (void)client_p;
    disconnects++;
}

static void on_connect_req(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_connect_req_t *message_p)
{
    (void)self_p;
    (void)message_p;

    if (in_request != NULL) {
        in_request(client_p);
    }
}

static int init_client_with_seed(size_t in_size, size_t out_size, uint32_t seed)
{
    return chat_client_init(&client,
                            &client_in[0],
                            in_size,
                            &workspaces[0][0],
                            sizeof(workspaces[0]),
                            &client_out[0],
                            out_size,
                            &workspaces[1][0],
                            sizeof(workspaces[1]),
                            NULL,
                            NULL,
                            NULL,
                            NULL,
                            seed);
}

static int init_client(size_t in_size, size_t out_size)
{
    return init_client_with_seed(in_size, out_size, 1);
}

static int init_server(size_t in_size, size_t message_size)
{
    return chat_server_init(&server,
                            &clients[0],
                            CLIENTS_MAX,
                            &servers_in[0][0],
                            in_size,
                            &servers_out[0][0],
                            sizeof(servers_out[0]),
                            &message[0],
                            message_size,
                            &workspaces[2][0],
                            sizeof(workspaces[2]),
                            &workspaces[3][0],
                            sizeof(workspaces[3]),
                            NULL,
                            on_client_disconnected,
                            on_connect_req,
                            NULL);
}

/* Starts a client, and connects it. */
static void connect_client(uint32_t now)
{
    ASSERT(init_client(BUFFER_SIZE, BUFFER_SIZE) == 0);
    chat_client_start(&client, now);
    ASSERT(chat_client_poll(&client, now) == messi_action_connect_t);
    chat_client_connected(&client, now);
}

static struct chat_server_client_t *accept_client(void)
{
    struct chat_server_client_t *client_p;

    ASSERT(init_server(BUFFER_SIZE, BUFFER_SIZE) == 0);
    client_p = chat_server_accept(&server, 0);
    ASSERT(client_p != NULL);

    return client_p;
}

static void expect_server_output(struct chat_server_client_t *client_p,
                                 const char *data_p,
                                 size_t size)
{
    const uint8_t *buf_p;
    size_t actual_size;

    buf_p = chat_server_output(client_p, &actual_size);
    ASSERT(actual_size == size);
    ASSERT(memcmp(buf_p, data_p, size) == 0);
    chat_server_written(client_p, size);
}

static void test_buffers_without_room_for_a_header_are_refused(void)
{
    ASSERT(init_client(3, BUFFER_SIZE) == -1);
    ASSERT(init_client(BUFFER_SIZE, 3) == -1);
    ASSERT(init_client(4, 4) == 0);
    ASSERT(init_server(3, BUFFER_SIZE) == -1);
    ASSERT(init_server(BUFFER_SIZE, 3) == -1);
    ASSERT(init_server(4, 4) == 0);
}

static void test_callbacks_may_be_null(void)
{
    connect_client(0);
    chat_client_input(&client, (const uint8_t *)CONNECT_RSP, 6, 0);
    ASSERT(chat_client_is_connected(&client));
    chat_client_disconnected(&client, 0);
    ASSERT(!chat_client_is_connected(&client));
    ASSERT(chat_client_poll(&client, 0) == messi_action_close_t);
}

static void test_timeouts_count_down(void)
{
    ASSERT(init_client(BUFFER_SIZE, BUFFER_SIZE) == 0);
    ASSERT(chat_client_timeout(&client, 0) == MESSI_NO_TIMEOUT);
    chat_client_start(&client, 0);
    ASSERT(chat_client_timeout(&client, 0) == 0);
    ASSERT(chat_client_poll(&client, 0) == messi_action_connect_t);
    ASSERT(chat_client_timeout(&client, 1000) == 4000);
    chat_client_connected(&client, 1000);
    ASSERT(chat_client_timeout(&client, 1500) == 1500);
    ASSERT(chat_client_timeout(&client, 3001) == 0);
    chat_client_disconnected(&client, 1500);
    ASSERT(chat_client_timeout(&client, 1500) == 0);
    ASSERT(chat_client_poll(&client, 1500) == messi_action_close_t);
    ASSERT(chat_client_timeout(&client, 1500) >= 1000);
    ASSERT(chat_client_timeout(&client, 1500) <= 1250);
    chat_client_stop(&client);
    ASSERT(chat_client_timeout(&client, 1500) == MESSI_NO_TIMEOUT);
    ASSERT(init_server(BUFFER_SIZE, BUFFER_SIZE) == 0);
    ASSERT(chat_server_timeout(&server, 0) == MESSI_NO_TIMEOUT);
    ASSERT(chat_server_accept(&server, 100) != NULL);
    ASSERT(chat_server_timeout(&server, 200) == 2900);
}

static void test_seeds_vary_the_delay(void)
{
    uint32_t delays[2];
    uint32_t seed;

    for (seed = 0; seed < 2; seed++) {
        connect_client(0);
        init_client_with_seed(BUFFER_SIZE, BUFFER_SIZE, seed + 2);
        chat_client_start(&client, 0);
        ASSERT(chat_client_poll(&client, 0) == messi_action_connect_t);
        chat_client_disconnected(&client, 0);
        ASSERT(chat_client_poll(&client, 0) == messi_action_close_t);
        delays[seed] = chat_client_timeout(&client, 0);
    }

    ASSERT(delays[0] != delays[1]);
}

static void test_client_ends_when_its_queue_is_full(void)
{
    int i;

    connect_client(0);

    for (i = 0; i < 2; i++) {
        chat_client_init_connect_req(&client)->user_p = "Erik";
        ASSERT(chat_client_send(&client) == 0);
    }

    /* Three times 12 bytes do not fit into 32. */
    ASSERT(chat_client_send(&client) == -1);
    ASSERT(!chat_client_is_connected(&client));
    ASSERT(chat_client_poll(&client, 0) == messi_action_close_t);
}

static void test_queue_uses_all_of_its_memory(void)
{
    const uint8_t *buf_p;
    size_t size;
    int i;

    connect_client(0);

    for (i = 0; i < 100; i++) {
        chat_client_init_connect_req(&client)->user_p = "Erik";
        ASSERT(chat_client_send(&client) == 0);
        ASSERT(chat_client_send(&client) == 0);

        /* A part of the first frame remains now and then. */
        buf_p = chat_client_output(&client, &size);
        ASSERT(size == 24);
        ASSERT(memcmp(buf_p, CONNECT_REQ CONNECT_REQ, 24) == 0);
        chat_client_written(&client, (size_t)(i % 24));
        buf_p = chat_client_output(&client, &size);
        ASSERT(size == (size_t)(24 - i % 24));
        ASSERT(memcmp(buf_p, CONNECT_REQ CONNECT_REQ + i % 24, size) == 0);
        chat_client_written(&client, size);
    }
}

static void test_server_without_a_free_place_accepts_no_client(void)
{
    struct chat_server_client_t *client_p;

    client_p = accept_client();
    ASSERT(chat_server_accept(&server, 0) != NULL);
    ASSERT(chat_server_accept(&server, 0) == NULL);
    chat_server_disconnected(&server, client_p);
    ASSERT(chat_server_accept(&server, 0) == NULL);
    ASSERT(chat_server_poll(&server, 0) == client_p);
    ASSERT(chat_server_poll(&server, 0) == NULL);
    ASSERT(chat_server_accept(&server, 0) == client_p);
}

static void reply_and_disconnect(struct chat_server_client_t *client_p)
{
    (void)client_p;
    ASSERT(chat_server_init_connect_rsp(&server) != NULL);
    ASSERT(chat_server_reply(&server) == 0);
    chat_server_disconnect(&server, NULL);
    ASSERT(chat_server_reply(&server) == -1);
}

static void test_output_of_a_disconnected_client_can_be_written(void)
{
    struct chat_server_client_t *client_p;

    client_p = accept_client();
    in_request = reply_and_disconnect;
    chat_server_input(&server, client_p, (const uint8_t *)CONNECT_REQ CONNECT_REQ, 24, 0);
    ASSERT(disconnects == 0);
    ASSERT(chat_server_poll(&server, 0) == client_p);
    ASSERT(disconnects == 1);
    expect_server_output(client_p, CONNECT_RSP, 6);
    /* The next client of this place does not receive it. */
    ASSERT(chat_server_init_connect_rsp(&server) != NULL);
    ASSERT(chat_server_accept(&server, 0) != client_p);
    ASSERT(chat_server_accept(&server, 0) == client_p);
    expect_server_output(client_p, "", 0);
}

static void test_slow_client_is_disconnected_alone(void)
{
    struct chat_server_client_t *slow_p;
    struct chat_server_client_t *client_p;
    int i;

    slow_p = accept_client();
    client_p = chat_server_accept(&server, 0);
    ASSERT(chat_server_init_connect_rsp(&server) != NULL);

    /* Six times six bytes do not fit into 32. */
    for (i = 0; i < 6; i++) {
        ASSERT(chat_server_broadcast(&server) == 0);
        expect_server_output(client_p, CONNECT_RSP, 6);
    }

    ASSERT(chat_server_poll(&server, 0) == slow_p);
    ASSERT(chat_server_client_disconnect_reason(slow_p)
           == messi_disconnect_reason_output_full_t);
    ASSERT(chat_server_poll(&server, 0) == NULL);
    ASSERT(chat_server_send(&server, slow_p) == -1);
    ASSERT(chat_server_send(&server, client_p) == 0);
}

static void test_pongs_need_no_room_in_the_queue(void)
{
    struct chat_server_client_t *client_p;
    int i;

    client_p = accept_client();
    ASSERT(chat_server_init_connect_rsp(&server) != NULL);

    for (i = 0; i < 5; i++) {
        ASSERT(chat_server_send(&server, client_p) == 0);
    }

    for (i = 0; i < 100; i++) {
        chat_server_input(&server, client_p, (const uint8_t *)PING, 4, 0);
    }

    expect_server_output(client_p, PONG, 4);
    expect_server_output(client_p,
                         CONNECT_RSP CONNECT_RSP CONNECT_RSP CONNECT_RSP CONNECT_RSP,
                         30);
    expect_server_output(client_p, "", 0);
    ASSERT(chat_server_poll(&server, 0) == NULL);
}

static const struct {
    const char *name_p;
    void (*run)(void);
} tests[] = {
#define TEST(name) { #name, test_ ## name }
    TEST(buffers_without_room_for_a_header_are_refused),
    TEST(callbacks_may_be_null),
    TEST(timeouts_count_down),
    TEST(seeds_vary_the_delay),
    TEST(client_ends_when_its_queue_is_full),
    TEST(queue_uses_all_of_its_memory),
    TEST(server_without_a_free_place_accepts_no_client),
    TEST(output_of_a_disconnected_client_can_be_written),
    TEST(slow_client_is_disconnected_alone),
    TEST(pongs_need_no_room_in_the_queue)
};

int main(int argc, char *argv[])
{
    size_t i;
    int count;

    count = 0;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        test_name_p = tests[i].name_p;

        if ((argc > 1) && (strcmp(argv[1], test_name_p) != 0)) {
            continue;
        }

        disconnects = 0;
        in_request = NULL;
        tests[i].run();
        count++;
    }

    printf("%d tests: ok\n", count);

    return (count > 0) ? 0 : 1;
}
