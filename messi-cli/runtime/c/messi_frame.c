/*
 * Frames, the unit of the wire.
 */

#include "messi_frame.h"

void *messi_frame_new_message(const struct messi_type_t *type_p,
                              const struct messi_buffer_t *workspace_p,
                              struct messi_arena_t *arena_p)
{
    arena_p->pos_p = workspace_p->buf_p;
    arena_p->end_p = workspace_p->buf_p + workspace_p->size;

    return messi_codec_new(type_p, arena_p);
}

void *messi_frame_decode(const struct messi_type_t *type_p,
                         const struct messi_buffer_t *payload_p,
                         const struct messi_buffer_t *workspace_p,
                         struct messi_arena_t *arena_p)
{
    void *message_p;

    message_p = messi_frame_new_message(type_p, workspace_p, arena_p);

    if (message_p == NULL) {
        return NULL;
    }

    if (messi_codec_decode(type_p,
                           message_p,
                           arena_p,
                           payload_p->buf_p,
                           payload_p->size) < 0) {
        return NULL;
    }

    return message_p;
}

int messi_frame_encode(uint8_t frame_type,
                       const struct messi_type_t *type_p,
                       const void *message_p,
                       uint8_t *buf_p,
                       size_t size)
{
    int payload_size;

    if ((message_p == NULL) || (size < MESSI_HEADER_SIZE)) {
        return MESSI_FRAME_ENCODE_ERROR;
    }

    payload_size = messi_codec_encode(type_p,
                                      message_p,
                                      buf_p + MESSI_HEADER_SIZE,
                                      size - MESSI_HEADER_SIZE);

    if ((payload_size < 0) || (payload_size > MESSI_PAYLOAD_SIZE_MAX)) {
        return MESSI_FRAME_ENCODE_ERROR;
    }

    size -= (size_t)payload_size + MESSI_HEADER_SIZE;
    messi_frame_header(buf_p + size, frame_type, (uint32_t)payload_size);

    return payload_size + MESSI_HEADER_SIZE;
}

void messi_frame_header(uint8_t *header_p, uint8_t frame_type, uint32_t size)
{
    header_p[0] = frame_type;
    header_p[1] = (uint8_t)(size >> 16);
    header_p[2] = (uint8_t)(size >> 8);
    header_p[3] = (uint8_t)size;
}

uint32_t messi_frame_payload_size(const uint8_t *header_p)
{
    return ((uint32_t)header_p[1] << 16)
           | ((uint32_t)header_p[2] << 8)
           | (uint32_t)header_p[3];
}
