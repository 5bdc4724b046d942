/* Encodes messages, from their last byte to their first. See messi_codec.h. */

#include "messi_codec_private.h"

/* Writes towards the start of a buffer. After an error, what is written is of no use. */
struct writer_t {
    const uint8_t *begin_p;
    uint8_t *pos_p;
    /* How many messages may still be inside each other. */
    int depth;
    int error;
};

static void encode_fields(struct writer_t *self_p,
                          const struct messi_type_t *type_p,
                          const uint8_t *message_p);

/* Returns where to write bytes, or NULL if there is no room. */
static uint8_t *reserve(struct writer_t *self_p, size_t size)
{
    if (size > (size_t)(self_p->pos_p - self_p->begin_p)) {
        self_p->error = -MESSI_CODEC_ENCODE_BUFFER_FULL;
        return NULL;
    }

    self_p->pos_p -= size;

    return self_p->pos_p;
}

static void write_bytes(struct writer_t *self_p, const void *from_p, size_t size)
{
    uint8_t *to_p = reserve(self_p, size);

    /* NULL has size 0. */
    if (to_p != NULL && size > 0) {
        memcpy(to_p, from_p, size);
    }
}

static void write_varint(struct writer_t *self_p, uint64_t value)
{
    uint64_t rest = value;
    size_t size = 1;
    uint8_t *to_p;

    while (rest >= 0x80) {
        rest >>= 7;
        size++;
    }

    to_p = reserve(self_p, size);

    if (to_p == NULL) {
        return;
    }

    while (value >= 0x80) {
        *to_p++ = (uint8_t)(value | 0x80u);
        value >>= 7;
    }

    *to_p = (uint8_t)value;
}

static void write_fixed(struct writer_t *self_p, uint64_t value, size_t size)
{
    uint8_t *to_p = reserve(self_p, size);
    size_t i;

    for (i = 0; to_p != NULL && i < size; i++) {
        to_p[i] = (uint8_t)value;
        value >>= 8;
    }
}

static void write_tag(struct writer_t *self_p, const struct messi_field_t *field_p, unsigned int wire_type)
{
    write_varint(self_p, (field_p->number << 3) | wire_type);
}

/* Writes the number of bytes from here to an end. */
static void write_size(struct writer_t *self_p, const uint8_t *end_p)
{
    write_varint(self_p, (size_t)(end_p - self_p->pos_p));
}

/* Loads a number as its varint holds it. */
static uint64_t load_varint(const struct messi_field_t *field_p, const void *value_p)
{
    uint64_t value = messi_codec_load(value_p, messi_width(field_p));

    switch (field_p->kind) {

    case messi_kind_enum8_t:
        return (uint64_t)(int64_t)(int8_t)value;

    case messi_kind_enum16_t:
        return (uint64_t)(int64_t)(int16_t)value;

    case messi_kind_int32_t:
        return (uint64_t)(int64_t)(int32_t)value;

    case messi_kind_sint32_t:
        return (uint32_t)((value << 1) ^ (0u - (value >> 31)));

    case messi_kind_sint64_t:
        return (value << 1) ^ (0u - (value >> 63));

    case messi_kind_bool_t:
        return value != 0;

    default:
        return value;
    }
}

/* Returns the size of a string or bytes. NULL is empty. */
static size_t size_of(const struct messi_field_t *field_p, const void *value_p)
{
    const char *string_p = messi_load_pointer(value_p);
    struct messi_bytes_t bytes = { NULL, 0 };

    if (string_p != NULL && field_p->kind == messi_kind_bytes_t) {
        memcpy(&bytes, value_p, sizeof(bytes));
    } else if (string_p != NULL) {
        /* strlen() of newlib is 15 times as large as this loop. */
        while (string_p[bytes.size] != '\0') {
            bytes.size++;
        }
    }

    return bytes.size;
}

static void encode_submessage(struct writer_t *self_p,
                              const struct messi_field_t *field_p,
                              const uint8_t *message_p)
{
    if (self_p->depth == 0) {
        self_p->error = -MESSI_CODEC_TOO_DEEP;
        return;
    }

    self_p->depth--;
    encode_fields(self_p, field_p->type_p, message_p);
    self_p->depth++;
}

static void encode_value(struct writer_t *self_p,
                         const struct messi_field_t *field_p,
                         const uint8_t *value_p)
{
    const uint8_t *end_p = self_p->pos_p;
    size_t width = messi_width(field_p);

    switch (messi_wire_type(field_p)) {

    case MESSI_WIRE_VARINT:
        write_varint(self_p, load_varint(field_p, value_p));
        break;

    case MESSI_WIRE_CHUNK:
        if (field_p->kind != messi_kind_message_t) {
            write_bytes(self_p, messi_load_pointer(value_p), size_of(field_p, value_p));
        } else if (messi_is_repeated(field_p)) {
            encode_submessage(self_p, field_p, value_p);
        } else if (messi_load_pointer(value_p) != NULL) {
            encode_submessage(self_p, field_p, messi_load_pointer(value_p));
        }

        write_size(self_p, end_p);
        break;

    default:
        write_fixed(self_p, messi_codec_load(value_p, width), width);
        break;
    }
}

static void encode_array(struct writer_t *self_p,
                         const struct messi_field_t *field_p,
                         const uint8_t *array_p)
{
    struct messi_array_t array;
    const uint8_t *end_p = self_p->pos_p;
    size_t size = messi_item_size(field_p);
    bool is_packed = (field_p->label == messi_label_packed_t);
    int i;

    memcpy(&array, array_p, sizeof(array));

    if (array.length <= 0 || array.items_p == NULL) {
        return;
    }

    for (i = array.length - 1; i >= 0 && self_p->error == 0; i--) {
        encode_value(self_p, field_p, (const uint8_t *)array.items_p + (size_t)i * size);

        if (!is_packed) {
            write_tag(self_p, field_p, messi_wire_type(field_p));
        }
    }

    if (is_packed) {
        write_size(self_p, end_p);
        write_tag(self_p, field_p, MESSI_WIRE_CHUNK);
    }
}

/* Returns whether a field has to be encoded. One without presence has to if it is not the default. */
static bool is_present(const struct messi_field_t *field_p, const uint8_t *message_p)
{
    const uint8_t *value_p = message_p + field_p->offset;

    if (messi_is_oneof(field_p)) {
        return messi_codec_is_selected(field_p, message_p);
    }

    if (field_p->label == messi_label_optional_t) {
        return messi_codec_load(message_p + field_p->presence, sizeof(bool)) != 0;
    }

    switch (field_p->kind) {

    case messi_kind_message_t:
        return messi_load_pointer(value_p) != NULL;

    case messi_kind_string_t:
    case messi_kind_bytes_t:
        return size_of(field_p, value_p) > 0;

    default:
        return messi_codec_load(value_p, messi_width(field_p)) != 0;
    }
}

static void encode_fields(struct writer_t *self_p,
                          const struct messi_type_t *type_p,
                          const uint8_t *message_p)
{
    const struct messi_field_t *field_p;
    size_t i;

    for (i = type_p->number_of_fields; i > 0 && self_p->error == 0; i--) {
        field_p = &type_p->fields_p[i - 1];

        if (messi_is_repeated(field_p)) {
            encode_array(self_p, field_p, message_p + field_p->offset);
        } else if (is_present(field_p, message_p)) {
            encode_value(self_p, field_p, message_p + field_p->offset);
            write_tag(self_p, field_p, messi_wire_type(field_p));
        }
    }
}

int messi_codec_encode(const struct messi_type_t *type_p,
                       const void *message_p,
                       uint8_t *buf_p,
                       size_t size)
{
    uint8_t *end_p = buf_p + size;
    struct writer_t writer = { buf_p, end_p, MESSI_CONFIG_MAX_DEPTH, 0 };

    /* The length is an int. */
    if (size > INT32_MAX) {
        writer.begin_p = end_p - INT32_MAX;
    }

    encode_fields(&writer, type_p, message_p);

    return writer.error != 0 ? writer.error : (int)(end_p - writer.pos_p);
}

int messi_codec_encode_message(const struct messi_type_t *type_p,
                               const void *message_p,
                               uint8_t *buf_p,
                               size_t size)
{
    int length = messi_codec_encode(type_p, message_p, buf_p, size);

    if (length > 0) {
        memmove(buf_p, buf_p + size - (size_t)length, (size_t)length);
    }

    return length;
}
