/*
 * Queue of the bytes that one connection has to write. Part of the messi C
 * runtime, which is shared by all protocols of a program.
 */

#ifndef MESSI_OUTPUT_H
#define MESSI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messi_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Error of queueing a frame: there is no room for it. */
#define MESSI_OUTPUT_FULL (-2)

/**
 * Changes the size of a heap allocation, like realloc(). A size of zero frees
 * it. Returns NULL if there is no memory.
 */
typedef void *(*messi_resize_t)(void *memory_p, size_t size);

/**
 * Queue of frames, and at most one ping or pong that leaves before them, at
 * the next frame boundary.
 *
 * The frames are in one piece of memory:
 *
 *     0        begin                    end        size
 *     | unused | frames to be written   | unused   |
 *
 * It is the caller's buffer, of a fixed size. With a `resize` function the
 * queue moves to the heap when that buffer is full, and back once it is empty.
 */
struct messi_output_t {
    uint8_t *buf_p;
    size_t size;
    size_t begin;
    size_t end;
    /* Rest of the first frame if a part of it is written, otherwise zero. */
    size_t frame_left;
    uint8_t keep_alive_type;
    /* Bytes of the ping or pong that are not yet written. */
    uint8_t keep_alive_left;
    uint8_t keep_alive[MESSI_HEADER_SIZE];
    uint8_t *own_buf_p;
    size_t own_size;
    size_t size_max;
    messi_resize_t resize;
};

/**
 * Initializes an empty queue in a buffer of the caller, which may be NULL if
 * `size` is zero.
 */
void messi_output_init(struct messi_output_t *self_p,
                       uint8_t *buf_p,
                       size_t size);

/**
 * Allows the queue to grow to `size_max` bytes on the heap. A smaller limit
 * than the size of the caller's buffer has no effect.
 */
void messi_output_set_heap(struct messi_output_t *self_p,
                           messi_resize_t resize,
                           size_t size_max);

/**
 * Drops everything that is queued, and frees the heap memory.
 */
void messi_output_reset(struct messi_output_t *self_p);

/**
 * Returns true if there is nothing to write.
 */
bool messi_output_is_empty(const struct messi_output_t *self_p);

/**
 * Encodes a message, and queues it as a frame of type `frame_type`. A frame
 * larger than `frame_size_max` is an error even if there is room for it.
 *
 * Returns zero, MESSI_FRAME_ENCODE_ERROR or MESSI_OUTPUT_FULL. After an
 * error nothing is queued.
 */
int messi_output_encode(struct messi_output_t *self_p,
                        uint8_t frame_type,
                        const struct messi_type_t *type_p,
                        const void *message_p,
                        size_t frame_size_max);

/**
 * Queues a complete frame whose first `written` bytes are written already.
 * The queue must be empty if `written` is not zero.
 *
 * Returns zero or MESSI_OUTPUT_FULL.
 */
int messi_output_push(struct messi_output_t *self_p,
                      const uint8_t *frame_p,
                      size_t size,
                      size_t written);

/**
 * Queues a ping or pong ahead of all frames of which nothing is written. Does
 * nothing if one is queued already: a slow peer gets one pong for several
 * pings.
 */
void messi_output_keep_alive(struct messi_output_t *self_p,
                             uint8_t frame_type);

/**
 * Returns the bytes to write next, and their number in `*size_p`, which is
 * zero if there are none. They are valid until the next call of any other
 * function of this queue.
 */
const uint8_t *messi_output_peek(const struct messi_output_t *self_p,
                                 size_t *size_p);

/**
 * Removes the first `size` bytes that the last messi_output_peek() returned,
 * because they are written.
 */
void messi_output_written(struct messi_output_t *self_p, size_t size);

#ifdef __cplusplus
}
#endif

#endif
