/*
 * The original's server and clients behind a few functions, for src/shim.rs.
 * What comes in is handed to callbacks; what they return is done in here, so
 * that answers go out as they would in a program in C.
 */

#ifndef SHIM_H
#define SHIM_H

#include <stddef.h>

enum shim_action_t {
    shim_action_nothing_t = 0,
    shim_action_reply_t,
    shim_action_broadcast_t
};

/* A message of the client with this number, and what to do with it. */
typedef enum shim_action_t (*shim_on_request_t)(void *context_p,
                                                size_t client,
                                                const char *user_p,
                                                const char *text_p);

/**
 * Serves until the process ends. Returns if it can't.
 */
void shim_serve(const char *uri_p,
                size_t clients_max,
                size_t message_size,
                shim_on_request_t on_request,
                void (*listening)(void *context_p),
                void *context_p);

struct shim_client_t;

/* What a client is told. Texts are NULL where there are none. */
struct shim_callbacks_t {
    void (*on_connected)(void *context_p, struct shim_client_t *client_p);
    void (*on_welcome)(void *context_p, struct shim_client_t *client_p);
    void (*on_message)(void *context_p,
                       struct shim_client_t *client_p,
                       const char *user_p,
                       const char *text_p);
    void (*on_disconnected)(void *context_p, const char *reason_p);
};

/**
 * Starts a client for each context and runs them until the process ends.
 * Returns if it can't.
 */
void shim_run_clients(const char *uri_p,
                      void **contexts_pp,
                      size_t length,
                      size_t message_size,
                      const struct shim_callbacks_t *callbacks_p);

void shim_send_hello(struct shim_client_t *client_p, const char *user_p);

void shim_send(struct shim_client_t *client_p,
               const char *user_p,
               const char *text_p,
               size_t text_length);

#endif
