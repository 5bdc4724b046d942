/*
 * Frames, the unit of the wire: a header and an encoded message. Part of the
 * messi C runtime, which is shared by all protocols of a program.
 */

#ifndef MESSI_FRAME_H
#define MESSI_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "messi_codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Types of frames. */
#define MESSI_MESSAGE_TYPE_CLIENT_TO_SERVER_USER 1
#define MESSI_MESSAGE_TYPE_SERVER_TO_CLIENT_USER 2
#define MESSI_MESSAGE_TYPE_PING                  3
#define MESSI_MESSAGE_TYPE_PONG                  4

/* Size of the header of a frame: one byte of type, three of payload size, big
   endian. */
#define MESSI_HEADER_SIZE 4

/* Largest size of a payload, as the header has three bytes for it. */
#define MESSI_PAYLOAD_SIZE_MAX 0xffffff

/* Error of encoding a frame: the message is NULL, invalid, or too large. */
#define MESSI_FRAME_ENCODE_ERROR (-1)

/** Memory of the caller. */
struct messi_buffer_t {
    uint8_t *buf_p;
    size_t size;
};

/**
 * Makes all of a workspace free, and returns an empty message in it. Returns
 * NULL if the workspace is too small.
 */
void *messi_frame_new_message(const struct messi_type_t *type_p,
                              const struct messi_buffer_t *workspace_p,
                              struct messi_arena_t *arena_p);

/**
 * Decodes the payload of a frame into a workspace. Returns the message, or
 * NULL if the payload is invalid or the workspace too small.
 */
void *messi_frame_decode(const struct messi_type_t *type_p,
                         const struct messi_buffer_t *payload_p,
                         const struct messi_buffer_t *workspace_p,
                         struct messi_arena_t *arena_p);

/**
 * Encodes a message as a frame at the end of a buffer.
 *
 * Returns the size of the frame, which begins at `buf_p + size - result`, or
 * MESSI_FRAME_ENCODE_ERROR if the message is NULL, invalid, or too large.
 */
int messi_frame_encode(uint8_t frame_type,
                       const struct messi_type_t *type_p,
                       const void *message_p,
                       uint8_t *buf_p,
                       size_t size);

/**
 * Writes the header of a frame with a payload of `size` bytes.
 */
void messi_frame_header(uint8_t *header_p, uint8_t frame_type, uint32_t size);

/**
 * Returns the payload size in the header of a frame.
 */
uint32_t messi_frame_payload_size(const uint8_t *header_p);

#ifdef __cplusplus
}
#endif

#endif
