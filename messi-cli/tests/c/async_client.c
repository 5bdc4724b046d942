/*
 * Tests of the generated client of chat for the async framework, on a stand-in
 * of the framework: of what the traces can't show.
 *
 * Usage: async_client [TEST]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat_client.h"

#define CONNECT_RSP "\x02\0\0\x02\x0a\0"

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
static struct async_t async;
static struct chat_client_t client;
static uint8_t buffers[4][256];
static int connects;
static int disconnects;
static int responses;
static size_t written;
static void (*in_response)(void);

static void on_write(const uint8_t *buf_p, size_t size)
{
    (void)buf_p;
    written += size;
}

static void on_connected(struct chat_client_t *self_p)
{
    (void)self_p;
    connects++;
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t reason)
{
    (void)self_p;
    (void)reason;
    disconnects++;
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;
    responses++;

    if (in_response != NULL) {
        in_response();
    }
}

static int init(const char *uri_p)
{
    int res;

    async_init(&async);
    res = chat_client_init(&client,
                           uri_p,
                           &buffers[0][0],
                           64,
                           &buffers[1][0],
                           sizeof(buffers[1]),
                           &buffers[2][0],
                           64,
                           &buffers[3][0],
                           sizeof(buffers[3]),
                           on_connected,
                           on_disconnected,
                           on_connect_rsp,
                           NULL,
                           &async);
    client.base.stcp.on_write = on_write;

    return res;
}

static void connect_client(void)
{
    ASSERT(init("tcp://127.0.0.1:6000") == 0);
    chat_client_start(&client);
    ASSERT(client.base.stcp.connects == 1);
    stand_in_connected(&client.base.stcp, 0);
    ASSERT(connects == 1);
}

static void test_address_is_given_to_the_framework(void)
{
    ASSERT(init("tcp://example.com:6000") == 0);
    chat_client_start(&client);
    ASSERT(strcmp(client.base.stcp.host_p, "example.com") == 0);
    ASSERT(client.base.stcp.port == 6000);
    ASSERT(init("tcp://:6001") == 0);
    chat_client_start(&client);
    ASSERT(strcmp(client.base.stcp.host_p, "127.0.0.1") == 0);
    ASSERT(client.base.stcp.port == 6001);
    ASSERT(init("127.0.0.1:6000") == -1);
    ASSERT(init("tcp://127.0.0.1:0") == -1);
}

static void test_expiration_that_is_queued_is_not_taken_for_a_later_one(void)
{
    connect_client();
    /* A ping is due, but before its turn the server closes the connection. */
    stand_in_expire(&async, 2000);
    client.base.stcp.is_connected = false;
    client.base.stcp.on_disconnected(&client.base.stcp);
    stand_in_run_calls(&async);
    ASSERT(disconnects == 1);
    ASSERT(client.base.stcp.connects == 1);
    stand_in_set_time(&async, 2999);
    ASSERT(client.base.stcp.connects == 1);
    stand_in_set_time(&async, 3250);
    ASSERT(client.base.stcp.connects == 2);
}

static void test_client_that_is_stopped_while_connecting_disconnects(void)
{
    ASSERT(init("tcp://127.0.0.1:6000") == 0);
    chat_client_start(&client);
    chat_client_stop(&client);
    stand_in_connected(&client.base.stcp, 0);
    ASSERT(client.base.stcp.disconnects == 1);
    ASSERT(connects == 0);
    stand_in_set_time(&async, 100000);
    ASSERT(client.base.stcp.connects == 1);
}

static void test_client_that_is_restarted_while_connecting_connects_once(void)
{
    ASSERT(init("tcp://127.0.0.1:6000") == 0);
    chat_client_start(&client);
    chat_client_stop(&client);
    chat_client_start(&client);
    ASSERT(client.base.stcp.connects == 1);
    stand_in_connected(&client.base.stcp, 0);
    ASSERT(connects == 1);
    ASSERT(client.base.stcp.disconnects == 0);
}

static void test_slow_attempt_to_connect_is_not_doubled(void)
{
    ASSERT(init("tcp://127.0.0.1:6000") == 0);
    chat_client_start(&client);
    /* Given up, and tried again. */
    stand_in_set_time(&async, 5000);
    stand_in_set_time(&async, 6250);
    ASSERT(client.base.stcp.connects == 1);
    stand_in_connected(&client.base.stcp, 0);
    ASSERT(connects == 1);
    chat_client_stop(&client);
    ASSERT(client.base.stcp.disconnects == 1);
}

static void test_attempt_that_succeeds_too_late_is_closed(void)
{
    ASSERT(init("tcp://127.0.0.1:6000") == 0);
    chat_client_start(&client);
    stand_in_set_time(&async, 5000);
    stand_in_connected(&client.base.stcp, 0);
    ASSERT(connects == 0);
    ASSERT(client.base.stcp.disconnects == 1);
    stand_in_set_time(&async, 6250);
    ASSERT(client.base.stcp.connects == 2);
    stand_in_connected(&client.base.stcp, 0);
    ASSERT(connects == 1);
}

static void test_failed_send_is_reported_later(void)
{
    static char text[100];

    memset(&text[0], 'x', sizeof(text) - 1);
    connect_client();
    chat_client_init_connect_req(&client)->user_p = &text[0];
    ASSERT(chat_client_send(&client) == -1);
    ASSERT(disconnects == 0);
    stand_in_run_calls(&async);
    ASSERT(disconnects == 1);
    ASSERT(client.base.stcp.disconnects == 1);
    ASSERT(chat_client_send(&client) == -1);
    ASSERT(written == 0);
}

static void stop(void)
{
    chat_client_stop(&client);
}

static void test_client_is_stopped_in_a_callback(void)
{
    connect_client();
    in_response = stop;
    stand_in_input(&client.base.stcp,
                   (const uint8_t *)CONNECT_RSP CONNECT_RSP,
                   12);
    ASSERT(responses == 1);
    ASSERT(client.base.stcp.disconnects == 1);
    stand_in_set_time(&async, 100000);
    ASSERT(disconnects == 0);
    in_response = NULL;
    chat_client_start(&client);
    stand_in_connected(&client.base.stcp, 0);
    stand_in_input(&client.base.stcp, (const uint8_t *)CONNECT_RSP, 6);
    ASSERT(responses == 2);
}

static const struct {
    const char *name_p;
    void (*run)(void);
} tests[] = {
#define TEST(name) { #name, test_ ## name }
    TEST(address_is_given_to_the_framework),
    TEST(expiration_that_is_queued_is_not_taken_for_a_later_one),
    TEST(client_that_is_stopped_while_connecting_disconnects),
    TEST(client_that_is_restarted_while_connecting_connects_once),
    TEST(slow_attempt_to_connect_is_not_doubled),
    TEST(attempt_that_succeeds_too_late_is_closed),
    TEST(failed_send_is_reported_later),
    TEST(client_is_stopped_in_a_callback)
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

        connects = 0;
        disconnects = 0;
        responses = 0;
        written = 0;
        in_response = NULL;
        tests[i].run();
        count++;
    }

    printf("%d tests: ok\n", count);

    return (count > 0) ? 0 : 1;
}
