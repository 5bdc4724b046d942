/*
 * Queue of the bytes that one connection has to write.
 */

#include <string.h>

#include "messi_output.h"

/* Smallest allocation of a queue. */
#define HEAP_SIZE_MIN 4096

void messi_output_init(struct messi_output_t *self_p,
                       uint8_t *buf_p,
                       size_t size)
{
    memset(self_p, 0, sizeof(*self_p));
    self_p->buf_p = buf_p;
    self_p->size = size;
    self_p->own_buf_p = buf_p;
    self_p->own_size = size;
    self_p->size_max = size;
}

void messi_output_set_heap(struct messi_output_t *self_p,
                           messi_resize_t resize,
                           size_t size_max)
{
    self_p->resize = resize;
    self_p->size_max = size_max;
}

static bool is_on_heap(const struct messi_output_t *self_p)
{
    return self_p->buf_p != self_p->own_buf_p;
}

/* Makes an empty queue use the caller's buffer again. */
static void rewind_to_own_buffer(struct messi_output_t *self_p)
{
    if (is_on_heap(self_p)) {
        (void)self_p->resize(self_p->buf_p, 0);
        self_p->buf_p = self_p->own_buf_p;
        self_p->size = self_p->own_size;
    }

    self_p->begin = 0;
    self_p->end = 0;
}

void messi_output_reset(struct messi_output_t *self_p)
{
    rewind_to_own_buffer(self_p);
    self_p->frame_left = 0;
    self_p->keep_alive_left = 0;
}

bool messi_output_is_empty(const struct messi_output_t *self_p)
{
    return (self_p->begin == self_p->end) && (self_p->keep_alive_left == 0);
}

static size_t min_size(size_t a, size_t b)
{
    return (a < b) ? a : b;
}

/* Moves the frames to the start of the memory. */
static bool compact(struct messi_output_t *self_p)
{
    if (self_p->begin == 0) {
        return false;
    }

    memmove(self_p->buf_p,
            self_p->buf_p + self_p->begin,
            self_p->end - self_p->begin);
    self_p->end -= self_p->begin;
    self_p->begin = 0;

    return true;
}

/* Gets more memory, at least `needed` free bytes unless that is above the limit. */
static bool grow(struct messi_output_t *self_p, size_t needed)
{
    size_t size;
    uint8_t *buf_p;

    if ((self_p->resize == NULL) || (self_p->size >= self_p->size_max)) {
        return false;
    }

    /* Doubling keeps the number of copies small. */
    size = self_p->size + ((needed > self_p->size) ? needed : self_p->size);

    /* Few allocations for small messages. */
    if (size < HEAP_SIZE_MIN) {
        size = HEAP_SIZE_MIN;
    }

    size = min_size(size, self_p->size_max);

    if (is_on_heap(self_p)) {
        buf_p = self_p->resize(self_p->buf_p, size);
    } else {
        buf_p = self_p->resize(NULL, size);
    }

    if (buf_p == NULL) {
        return false;
    }

    if (!is_on_heap(self_p) && (self_p->end > 0)) {
        memcpy(buf_p, self_p->own_buf_p, self_p->end);
    }

    self_p->buf_p = buf_p;
    self_p->size = size;

    return true;
}

/* Returns true if there is more room than before. */
static bool make_room(struct messi_output_t *self_p, size_t needed)
{
    /* If most of the memory is in use, moving it for a few bytes each time
       would cost more than growing. */
    if (self_p->begin >= self_p->size / 2) {
        return compact(self_p) || grow(self_p, needed);
    } else {
        return grow(self_p, needed) || compact(self_p);
    }
}

int messi_output_encode(struct messi_output_t *self_p,
                        uint8_t frame_type,
                        const struct messi_type_t *type_p,
                        const void *message_p,
                        size_t frame_size_max)
{
    size_t room;
    uint8_t *room_p;
    int size;

    do {
        room = min_size(self_p->size - self_p->end, frame_size_max);
        room_p = self_p->buf_p + self_p->end;
        size = messi_frame_encode(frame_type, type_p, message_p, room_p, room);

        if (size > 0) {
            if (self_p->begin == self_p->end) {
                self_p->begin = self_p->end + room - (size_t)size;
                self_p->end += room;
            } else {
                memmove(room_p, room_p + room - size, (size_t)size);
                self_p->end += (size_t)size;
            }

            return 0;
        }

        /* More room would not help. */
        if (room == frame_size_max) {
            return MESSI_FRAME_ENCODE_ERROR;
        }
    } while (make_room(self_p, frame_size_max));

    return MESSI_OUTPUT_FULL;
}

int messi_output_push(struct messi_output_t *self_p,
                      const uint8_t *frame_p,
                      size_t size,
                      size_t written)
{
    size_t left;

    left = size - written;

    while (self_p->size - self_p->end < left) {
        if (!make_room(self_p, left)) {
            return MESSI_OUTPUT_FULL;
        }
    }

    if (left > 0) {
        memcpy(self_p->buf_p + self_p->end, frame_p + written, left);
        self_p->end += left;
    }

    if (written > 0) {
        self_p->frame_left = left;
    }

    return 0;
}

void messi_output_keep_alive(struct messi_output_t *self_p,
                             uint8_t frame_type)
{
    if (self_p->keep_alive_left == 0) {
        messi_frame_header(&self_p->keep_alive[0], frame_type, 0);
        self_p->keep_alive_left = MESSI_HEADER_SIZE;
    }
}

const uint8_t *messi_output_peek(const struct messi_output_t *self_p,
                                 size_t *size_p)
{
    if ((self_p->keep_alive_left > 0) && (self_p->frame_left == 0)) {
        *size_p = self_p->keep_alive_left;

        return &self_p->keep_alive[MESSI_HEADER_SIZE - *size_p];
    }

    *size_p = self_p->end - self_p->begin;

    /* The ping or pong follows as soon as this frame is written. */
    if (self_p->keep_alive_left > 0) {
        *size_p = self_p->frame_left;
    }

    return self_p->buf_p + self_p->begin;
}

/* Finds the frame boundaries in written bytes of the queue. */
static void frames_written(struct messi_output_t *self_p, size_t size)
{
    size_t step;

    while (size > 0) {
        if (self_p->frame_left == 0) {
            self_p->frame_left = MESSI_HEADER_SIZE;
            self_p->frame_left += messi_frame_payload_size(
                self_p->buf_p + self_p->begin);
        }

        step = min_size(size, self_p->frame_left);
        self_p->frame_left -= step;
        self_p->begin += step;
        size -= step;
    }

    if (self_p->begin == self_p->end) {
        rewind_to_own_buffer(self_p);
    }
}

void messi_output_written(struct messi_output_t *self_p, size_t size)
{
    if ((self_p->keep_alive_left > 0) && (self_p->frame_left == 0)) {
        size = min_size(size, self_p->keep_alive_left);
        self_p->keep_alive_left -= (uint8_t)size;
    } else {
        frames_written(self_p, min_size(size, self_p->end - self_p->begin));
    }
}
