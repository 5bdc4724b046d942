/*
 * What the files of the codec share. Not for other files.
 *
 * The types of members are known to generated code only. Here values are copied as bytes, which is valid
 * for any type, and which compilers turn into plain loads and stores.
 */

#ifndef MESSI_CODEC_PRIVATE_H
#define MESSI_CODEC_PRIVATE_H

#include "messi_codec.h"

/* How values are encoded. */
#define MESSI_WIRE_VARINT       0u
#define MESSI_WIRE_64_BIT       1u
#define MESSI_WIRE_CHUNK        2u
#define MESSI_WIRE_GROUP        3u
#define MESSI_WIRE_END_OF_GROUP 4u
#define MESSI_WIRE_32_BIT       5u

struct messi_kind_info_t {
    /* The size of a value. Of a message, that of the pointer to it. */
    uint8_t width;
    uint8_t wire_type;
};

/* By `enum messi_kind_t`. */
extern const struct messi_kind_info_t messi_codec_kinds[];

/* An array of any type. */
struct messi_array_t {
    int length;
    void *items_p;
};

/*
 * Allocates at the start of an arena. The contents are undefined. The alignment is a power of two.
 * Returns NULL if the arena is too small.
 */
void *messi_codec_allocate(struct messi_arena_t *arena_p, size_t size, size_t alignment);

/* Allocates the items of an array of this length, which is not 0. Otherwise like `messi_codec_allocate`. */
void *messi_codec_allocate_items(const struct messi_field_t *field_p,
                                 struct messi_arena_t *arena_p,
                                 int length);

/* Allocates at the end of an arena, not aligned. Returns NULL if the arena is too small. */
uint8_t *messi_codec_allocate_bytes(struct messi_arena_t *arena_p, size_t size);

/* Makes all fields of a message absent or the default. */
void messi_codec_clear(const struct messi_type_t *type_p,
                       void *message_p,
                       struct messi_arena_t *arena_p);

/* Sets `choice` of a oneof. */
void messi_codec_select(const struct messi_field_t *field_p, void *message_p);

/* Returns whether `choice` of a oneof is a member. */
bool messi_codec_is_selected(const struct messi_field_t *field_p, const void *message_p);

static inline size_t messi_width(const struct messi_field_t *field_p)
{
    return messi_codec_kinds[field_p->kind].width;
}

static inline unsigned int messi_wire_type(const struct messi_field_t *field_p)
{
    return messi_codec_kinds[field_p->kind].wire_type;
}

/* Returns the size of an item of an array. Arrays hold messages, not pointers to them. */
static inline size_t messi_item_size(const struct messi_field_t *field_p)
{
    return field_p->kind == messi_kind_message_t ? field_p->type_p->size : messi_width(field_p);
}

static inline bool messi_is_repeated(const struct messi_field_t *field_p)
{
    return field_p->label == messi_label_repeated_t || field_p->label == messi_label_packed_t;
}

static inline bool messi_is_oneof(const struct messi_field_t *field_p)
{
    return field_p->label > messi_label_oneof_t;
}

static inline void *messi_load_pointer(const void *from_p)
{
    void *value_p;

    memcpy(&value_p, from_p, sizeof(value_p));

    return value_p;
}

static inline void messi_store_pointer(void *to_p, const void *value_p)
{
    memcpy(to_p, &value_p, sizeof(value_p));
}

/* Loads and stores a number of 1, 2, 4 or 8 bytes. */
uint64_t messi_codec_load(const void *from_p, size_t width);
void messi_codec_store(void *to_p, size_t width, uint64_t value);

#endif
