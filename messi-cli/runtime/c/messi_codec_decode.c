/* Decodes messages. See messi_codec.h. */

#include "messi_codec_private.h"

/*
 * Reads data. After the first error nothing is left to read, so that all loops end, and everything read is
 * zero.
 */
struct reader_t {
    const uint8_t *pos_p;
    /* The end of the innermost message, or of a chunk in it. After an error, it remains there. */
    const uint8_t *end_p;
    struct messi_arena_t *arena_p;
    /* How many messages and groups may still be inside each other. */
    int depth;
    int error;
};

static void decode_fields(struct reader_t *self_p,
                          const struct messi_type_t *type_p,
                          uint8_t *message_p);

static void skip(struct reader_t *self_p, uint32_t tag);

static void fail(struct reader_t *self_p, int error)
{
    if (self_p->error == 0) {
        self_p->error = -error;
    }

    self_p->pos_p = self_p->end_p;
}

static bool is_at_end(const struct reader_t *self_p)
{
    return self_p->pos_p == self_p->end_p;
}

/* Returns to the end of the outer message. */
static void leave(struct reader_t *self_p, const uint8_t *outer_end_p)
{
    if (self_p->error == 0) {
        self_p->end_p = outer_end_p;
    }
}

static size_t left(const struct reader_t *self_p)
{
    return (size_t)(self_p->end_p - self_p->pos_p);
}

/* Reads bytes. Returns NULL if there are too few. */
static const uint8_t *read_bytes(struct reader_t *self_p, size_t size)
{
    const uint8_t *bytes_p = self_p->pos_p;

    if (size > left(self_p)) {
        fail(self_p, MESSI_CODEC_OUT_OF_DATA);
        return NULL;
    }

    self_p->pos_p += size;

    return bytes_p;
}

static uint64_t read_varint(struct reader_t *self_p)
{
    uint64_t value = 0;
    unsigned int shift;
    uint8_t byte;

    /* Most are of one byte. */
    if (!is_at_end(self_p) && *self_p->pos_p < 0x80) {
        return *self_p->pos_p++;
    }

    for (shift = 0; shift < 64; shift += 7) {
        if (is_at_end(self_p)) {
            fail(self_p, MESSI_CODEC_OUT_OF_DATA);
            return 0;
        }

        byte = *self_p->pos_p++;
        value |= (uint64_t)(byte & 0x7fu) << shift;

        /* As in Google's protobuf, the tenth byte may have bits that are too many. */
        if (byte < 0x80) {
            return value;
        }
    }

    fail(self_p, MESSI_CODEC_VARINT_OVERFLOW);

    return 0;
}

/* Reads a number of 4 or 8 bytes. */
static uint64_t read_fixed(struct reader_t *self_p, size_t size)
{
    const uint8_t *bytes_p = read_bytes(self_p, size);
    uint64_t value = 0;

    while (bytes_p != NULL && size > 0) {
        size--;
        value = (value << 8) | bytes_p[size];
    }

    return value;
}

/* Reads the size of a chunk. There are as many bytes. */
static size_t read_size(struct reader_t *self_p)
{
    uint64_t size = read_varint(self_p);

    if (size > INT32_MAX) {
        fail(self_p, MESSI_CODEC_LENGTH_DELIMITED_OVERFLOW);
        return 0;
    }

    if (size > left(self_p)) {
        fail(self_p, MESSI_CODEC_OUT_OF_DATA);
        return 0;
    }

    return (size_t)size;
}

/* Reads the number of a field, shifted, and a wire type. */
static uint32_t read_tag(struct reader_t *self_p)
{
    uint64_t tag = read_varint(self_p);

    if (tag > UINT32_MAX || tag < 8) {
        fail(self_p, MESSI_CODEC_BAD_FIELD_NUMBER);
        return 0;
    }

    return (uint32_t)tag;
}

static void skip_group(struct reader_t *self_p, uint32_t tag)
{
    uint32_t inner_tag = 0;

    if (self_p->depth == 0) {
        fail(self_p, MESSI_CODEC_TOO_DEEP);
        return;
    }

    self_p->depth--;

    while (self_p->error == 0) {
        inner_tag = read_tag(self_p);

        if ((inner_tag & 7u) == MESSI_WIRE_END_OF_GROUP) {
            break;
        }

        skip(self_p, inner_tag);
    }

    self_p->depth++;

    if (inner_tag >> 3 != tag >> 3) {
        fail(self_p, MESSI_CODEC_BAD_FIELD_NUMBER);
    }
}

/* Skips the value of a field. */
static void skip(struct reader_t *self_p, uint32_t tag)
{
    switch (tag & 7u) {

    case MESSI_WIRE_VARINT:
        (void)read_varint(self_p);
        break;

    case MESSI_WIRE_64_BIT:
        (void)read_bytes(self_p, 8);
        break;

    case MESSI_WIRE_CHUNK:
        (void)read_bytes(self_p, read_size(self_p));
        break;

    case MESSI_WIRE_GROUP:
        skip_group(self_p, tag);
        break;

    case MESSI_WIRE_32_BIT:
        (void)read_bytes(self_p, 4);
        break;

    default:
        fail(self_p, MESSI_CODEC_BAD_WIRE_TYPE);
        break;
    }
}

/* Returns the field of a tag, or NULL. */
static const struct messi_field_t *find_field(const struct messi_type_t *type_p, uint32_t tag)
{
    const struct messi_field_t *fields_p = type_p->fields_p;
    size_t count = type_p->number_of_fields;
    size_t half;

    while (count > 0) {
        half = count / 2;

        if (fields_p[half].number == tag >> 3) {
            return &fields_p[half];
        }

        if (fields_p[half].number < tag >> 3) {
            fields_p += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }

    return NULL;
}

/* --- Arrays --- */

/* Returns whether the value of a tag is a chunk of numbers. */
static bool is_packed(const struct messi_field_t *field_p, uint32_t tag)
{
    return (tag & 7u) == MESSI_WIRE_CHUNK && messi_wire_type(field_p) != MESSI_WIRE_CHUNK;
}

/* Skips a chunk of numbers and returns how many there are. */
static int count_packed(struct reader_t *self_p, const struct messi_field_t *field_p)
{
    size_t size = read_size(self_p);
    size_t width = messi_width(field_p);
    const uint8_t *end_p = self_p->pos_p + size;
    uint8_t byte = 0;
    int count = 0;

    if (messi_wire_type(field_p) != MESSI_WIRE_VARINT) {
        self_p->pos_p = end_p;
        count = (int)(size / width);
        byte = (size % width == 0 ? 0 : 0x80);
    }

    while (self_p->pos_p != end_p) {
        byte = *self_p->pos_p++;
        count += (byte < 0x80);
    }

    /* There would be no room for a number that is not complete. */
    if (byte >= 0x80) {
        fail(self_p, MESSI_CODEC_OUT_OF_DATA);
    }

    return count;
}

/* Adds the number of items of each repeated field to the length of its array. Reads nothing. */
static void count_items(struct reader_t *self_p, const struct messi_type_t *type_p, uint8_t *message_p)
{
    const uint8_t *begin_p = self_p->pos_p;
    const struct messi_field_t *field_p;
    uint32_t tag;
    int length;
    int count;

    while (!is_at_end(self_p)) {
        tag = read_tag(self_p);
        field_p = find_field(type_p, tag);

        if (field_p == NULL || !messi_is_repeated(field_p)) {
            skip(self_p, tag);
            continue;
        }

        if (is_packed(field_p, tag)) {
            count = count_packed(self_p, field_p);
        } else {
            skip(self_p, tag);
            count = 1;
        }

        /* The first member of an array. Data has fewer bytes than an int can count. */
        memcpy(&length, message_p + field_p->offset, sizeof(length));
        length += count;
        memcpy(message_p + field_p->offset, &length, sizeof(length));
    }

    if (self_p->error == 0) {
        self_p->pos_p = begin_p;
    }
}

/* Makes all arrays of a message empty. Returns a copy of the message with its items, if it has any. */
static const uint8_t *take_items(struct reader_t *self_p,
                                 const struct messi_type_t *type_p,
                                 uint8_t *message_p)
{
    const struct messi_array_t empty = { 0, NULL };
    const struct messi_field_t *field_p;
    uint8_t *copy_p = NULL;
    int length;
    size_t i;

    for (i = 0; i < type_p->number_of_fields; i++) {
        field_p = &type_p->fields_p[i];

        if (!messi_is_repeated(field_p)) {
            continue;
        }

        memcpy(&length, message_p + field_p->offset, sizeof(length));

        if (length > 0 && copy_p == NULL) {
            copy_p = messi_codec_allocate_bytes(self_p->arena_p, type_p->size);

            if (copy_p == NULL) {
                fail(self_p, MESSI_CODEC_OUT_OF_MEMORY);
                return NULL;
            }

            memcpy(copy_p, message_p, type_p->size);
        }

        memcpy(message_p + field_p->offset, &empty, sizeof(empty));
    }

    return copy_p;
}

/* Makes an array of earlier items, with room for as many new ones as `length` says. */
static void make_room(struct reader_t *self_p,
                      const struct messi_field_t *field_p,
                      struct messi_array_t *array_p,
                      const struct messi_array_t *earlier_p)
{
    int length = array_p->length;

    *array_p = *earlier_p;

    if (length == 0) {
        return;
    }

    array_p->items_p = NULL;

    if (length <= INT32_MAX - earlier_p->length) {
        length += earlier_p->length;
        array_p->items_p = messi_codec_allocate_items(field_p, self_p->arena_p, length);
    }

    if (array_p->items_p == NULL) {
        fail(self_p, MESSI_CODEC_OUT_OF_MEMORY);
    } else if (earlier_p->length > 0) {
        memcpy(array_p->items_p, earlier_p->items_p, (size_t)earlier_p->length * messi_item_size(field_p));
    }
}

/*
 * Allocates the arrays of a message that is about to be decoded, each exactly as long as it will be.
 *
 * 1. If the message has items already, since it is decoded for a second time, keep a copy of it at the end
 *    of the arena.
 * 2. Count the new items of each array.
 * 3. Allocate the arrays, and copy the earlier items. Each array remains as long as it was: the new items
 *    are not decoded yet.
 */
static void allocate_arrays(struct reader_t *self_p,
                            const struct messi_type_t *type_p,
                            uint8_t *message_p)
{
    uint8_t *end_p = self_p->arena_p->end_p;
    const uint8_t *copy_p = take_items(self_p, type_p, message_p);
    const struct messi_field_t *field_p;
    struct messi_array_t array;
    struct messi_array_t earlier = { 0, NULL };
    size_t i;

    count_items(self_p, type_p, message_p);

    for (i = 0; i < type_p->number_of_fields && self_p->error == 0; i++) {
        field_p = &type_p->fields_p[i];

        if (messi_is_repeated(field_p)) {
            memcpy(&array, message_p + field_p->offset, sizeof(array));

            if (copy_p != NULL) {
                memcpy(&earlier, copy_p + field_p->offset, sizeof(earlier));
            }

            make_room(self_p, field_p, &array, &earlier);
            memcpy(message_p + field_p->offset, &array, sizeof(array));
        }
    }

    self_p->arena_p->end_p = end_p;
}

/* --- Values --- */

static void decode_varint(struct reader_t *self_p, const struct messi_field_t *field_p, void *value_p)
{
    uint64_t value = read_varint(self_p);
    size_t width = messi_width(field_p);
    uint32_t half = 0;

    switch (field_p->kind) {

    case messi_kind_bool_t:
        value = (value != 0);
        break;

    case messi_kind_sint32_t:
        value = (uint32_t)value;
        value = (value >> 1) ^ (0u - (value & 1u));
        break;

    case messi_kind_sint64_t:
        value = (value >> 1) ^ (0u - (value & 1u));
        break;

    case messi_kind_enum8_t:
    case messi_kind_enum16_t:
        half = 1u << (8 * width - 1);
        break;

    default:
        break;
    }

    /* A value that a short enum can't hold would otherwise become another one. */
    if (width < 4 && ((uint32_t)value + half) >> (8 * width) != 0) {
        value = 0;
    }

    messi_codec_store(value_p, width, value);
}

#if MESSI_CONFIG_UTF8 == 1

/* Returns whether bytes are UTF-8: no surrogates, nothing above U+10FFFF, the shortest form. */
static bool is_utf8(const uint8_t *pos_p, size_t size)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    const uint8_t *end_p = pos_p + size;
    uint32_t character;
    unsigned int more;
    unsigned int i;

    while (pos_p != end_p) {
        character = *pos_p++;

        if (character < 0x80) {
            continue;
        }

        more = 1u + (character >= 0xe0) + (character >= 0xf0);

        if (character < 0xc2 || character > 0xf4 || (size_t)(end_p - pos_p) < more) {
            return false;
        }

        character &= 0x3fu >> more;

        for (i = 0; i < more; i++) {
            if ((*pos_p & 0xc0u) != 0x80) {
                return false;
            }

            character = (character << 6) | (*pos_p++ & 0x3fu);
        }

        if (character < least[more] || character > 0x10ffff
            || (character >= 0xd800 && character < 0xe000)) {
            return false;
        }
    }

    return true;
}

#endif

/* Decodes a string or bytes. They are at the end of the arena, a string with a NUL behind it. */
static void decode_bytes(struct reader_t *self_p, const struct messi_field_t *field_p, void *value_p)
{
    struct messi_bytes_t bytes;
    bool is_string = (field_p->kind == messi_kind_string_t);
    const uint8_t *from_p;

    bytes.size = read_size(self_p);
    from_p = read_bytes(self_p, bytes.size);

    if (from_p == NULL) {
        return;
    }

#if MESSI_CONFIG_UTF8 == 1
    if (is_string && !is_utf8(from_p, bytes.size)) {
        fail(self_p, MESSI_CODEC_BAD_UTF8);
        return;
    }
#endif

    bytes.buf_p = messi_codec_allocate_bytes(self_p->arena_p, bytes.size + is_string);

    if (bytes.buf_p == NULL) {
        fail(self_p, MESSI_CODEC_OUT_OF_MEMORY);
        return;
    }

    memcpy(bytes.buf_p, from_p, bytes.size);

    if (is_string) {
        bytes.buf_p[bytes.size] = '\0';
        messi_store_pointer(value_p, bytes.buf_p);
    } else {
        memcpy(value_p, &bytes, sizeof(bytes));
    }
}

static void decode_submessage(struct reader_t *self_p,
                              const struct messi_field_t *field_p,
                              uint8_t *value_p)
{
    const uint8_t *outer_end_p = self_p->end_p;
    size_t size = read_size(self_p);
    void *message_p = value_p;

    if (self_p->depth == 0) {
        fail(self_p, MESSI_CODEC_TOO_DEEP);
        return;
    }

    if (messi_is_repeated(field_p)) {
        messi_codec_clear(field_p->type_p, message_p, self_p->arena_p);
    } else {
        message_p = messi_load_pointer(value_p);
    }

    if (message_p == NULL) {
        message_p = messi_codec_new(field_p->type_p, self_p->arena_p);
        messi_store_pointer(value_p, message_p);
    }

    if (message_p == NULL) {
        fail(self_p, MESSI_CODEC_OUT_OF_MEMORY);
        return;
    }

    self_p->depth--;
    self_p->end_p = self_p->pos_p + size;
    decode_fields(self_p, field_p->type_p, message_p);
    leave(self_p, outer_end_p);
    self_p->depth++;
}

static void decode_value(struct reader_t *self_p, const struct messi_field_t *field_p, uint8_t *value_p)
{
    size_t width = messi_width(field_p);

    if (messi_wire_type(field_p) == MESSI_WIRE_VARINT) {
        decode_varint(self_p, field_p, value_p);
    } else if (messi_wire_type(field_p) != MESSI_WIRE_CHUNK) {
        messi_codec_store(value_p, width, read_fixed(self_p, width));
    } else if (field_p->kind == messi_kind_message_t) {
        decode_submessage(self_p, field_p, value_p);
    } else {
        decode_bytes(self_p, field_p, value_p);
    }
}

/* Decodes the items of one tag: one, or all of a chunk. There is room for them. */
static void decode_items(struct reader_t *self_p,
                         const struct messi_field_t *field_p,
                         uint8_t *array_p,
                         bool is_chunk)
{
    const uint8_t *outer_end_p = self_p->end_p;
    struct messi_array_t array;
    size_t size;

    memcpy(&array, array_p, sizeof(array));

    if (is_chunk) {
        size = read_size(self_p);
        self_p->end_p = self_p->pos_p + size;
    }

    size = messi_item_size(field_p);

    while (!is_at_end(self_p)) {
        decode_value(self_p, field_p, (uint8_t *)array.items_p + (size_t)array.length * size);

        /* The contents of an item after an error are undefined. */
        array.length += (self_p->error == 0);

        if (!is_chunk) {
            break;
        }
    }

    leave(self_p, outer_end_p);
    memcpy(array_p, &array, sizeof(array));
}

/* --- Messages --- */

static void decode_field(struct reader_t *self_p,
                         const struct messi_field_t *field_p,
                         uint32_t tag,
                         uint8_t *message_p)
{
    uint8_t *value_p = message_p + field_p->offset;
    bool is_chunk = messi_is_repeated(field_p) && is_packed(field_p, tag);

    if (!is_chunk && (tag & 7u) != messi_wire_type(field_p)) {
        fail(self_p, MESSI_CODEC_BAD_WIRE_TYPE);
        return;
    }

    if (messi_is_repeated(field_p)) {
        decode_items(self_p, field_p, value_p, is_chunk);
        return;
    }

    if (field_p->label == messi_label_optional_t) {
        messi_codec_store(message_p + field_p->presence, sizeof(bool), true);
    } else if (messi_is_oneof(field_p) && !messi_codec_is_selected(field_p, message_p)) {
        messi_codec_select(field_p, message_p);

        /* What another member has left is no message to merge with. */
        if (field_p->kind == messi_kind_message_t) {
            messi_store_pointer(value_p, NULL);
        }
    }

    decode_value(self_p, field_p, value_p);
}

static void decode_fields(struct reader_t *self_p,
                          const struct messi_type_t *type_p,
                          uint8_t *message_p)
{
    const struct messi_field_t *field_p;
    uint32_t tag;

    if (type_p->has_repeated) {
        allocate_arrays(self_p, type_p, message_p);
    }

    while (!is_at_end(self_p)) {
        tag = read_tag(self_p);
        field_p = find_field(type_p, tag);

        if (field_p != NULL) {
            decode_field(self_p, field_p, tag, message_p);
        } else {
            skip(self_p, tag);
        }
    }
}

int messi_codec_decode(const struct messi_type_t *type_p,
                       void *message_p,
                       struct messi_arena_t *arena_p,
                       const uint8_t *data_p,
                       size_t size)
{
    struct reader_t reader = { data_p, data_p + size, arena_p, MESSI_CONFIG_MAX_DEPTH, 0 };

    if (size > INT32_MAX) {
        return -MESSI_CODEC_LENGTH_DELIMITED_OVERFLOW;
    }

    decode_fields(&reader, type_p, message_p);

    if (reader.error == 0) {
        return (int)size;
    }

    /* Arrays may be longer than their items. */
    messi_codec_clear(type_p, message_p, arena_p);

    return reader.error;
}

int messi_codec_decode_message(const struct messi_type_t *type_p,
                               void *message_p,
                               const uint8_t *data_p,
                               size_t size)
{
    return messi_codec_decode(type_p, message_p, messi_load_pointer(message_p), data_p, size);
}
