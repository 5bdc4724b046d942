/*
 * The socket of one client of a server on Linux. Private to the messi C
 * runtime.
 */

#ifndef MESSI_SERVER_CLIENT_H
#define MESSI_SERVER_CLIENT_H

#include "messi_server.h"

/**
 * Returns the client that begins with this core.
 */
struct messi_server_client_t *messi_server_client_of(
    struct messi_core_server_client_t *core_p);

/**
 * Returns true until the connection of the client has ended.
 */
bool messi_server_client_is_connected(const struct messi_server_client_t *client_p);

/**
 * Returns the client with this file descriptor, or NULL.
 */
struct messi_server_client_t *messi_server_find_client(struct messi_server_t *self_p,
                                                       int fd);

/**
 * Gives a client the socket that was accepted.
 */
void messi_server_register_client(struct messi_server_t *self_p,
                                  struct messi_server_client_t *client_p,
                                  int fd);

/**
 * Closes the socket of a client, unless messi_server_stop() has closed it
 * before.
 */
void messi_server_close_client(struct messi_server_t *self_p,
                               struct messi_server_client_t *client_p);

/**
 * Reads up to MESSI_TURN_SIZE bytes and handles them, and writes as many of
 * the queued bytes.
 */
void messi_server_process_client(struct messi_server_t *self_p,
                                 struct messi_server_client_t *client_p);

/**
 * Writes the messages that were queued until the end of the turn.
 */
void messi_server_write_delayed(struct messi_server_t *self_p);

/**
 * Writes the queue of a client, as far as its socket accepts it at once: see
 * messi_server_flush_t.
 */
void messi_server_flush(struct messi_core_server_t *core_p,
                        struct messi_core_server_client_t *core_client_p);

/**
 * Writes a frame without queueing it: see messi_server_write_t.
 */
size_t messi_server_write_frame(struct messi_core_server_t *core_p,
                                struct messi_core_server_client_t *core_client_p,
                                const uint8_t *frame_p,
                                size_t size);

#endif
