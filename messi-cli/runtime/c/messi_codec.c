/* The memory of messages, and what generated code calls. See messi_codec.h. */

#include "messi_codec_private.h"

const struct messi_kind_info_t messi_codec_kinds[] = {
    { 4, MESSI_WIRE_VARINT },
    { 4, MESSI_WIRE_VARINT },
    { 4, MESSI_WIRE_VARINT },
    { 8, MESSI_WIRE_VARINT },
    { 8, MESSI_WIRE_VARINT },
    { 8, MESSI_WIRE_VARINT },
    { sizeof(bool), MESSI_WIRE_VARINT },
    { 4, MESSI_WIRE_32_BIT },
    { 8, MESSI_WIRE_64_BIT },
    { 1, MESSI_WIRE_VARINT },
    { 2, MESSI_WIRE_VARINT },
    { 1, MESSI_WIRE_VARINT },
    { 2, MESSI_WIRE_VARINT },
    { sizeof(char *), MESSI_WIRE_CHUNK },
    { sizeof(struct messi_bytes_t), MESSI_WIRE_CHUNK },
    { sizeof(void *), MESSI_WIRE_CHUNK }
};

/* --- Arenas --- */

void *messi_codec_allocate(struct messi_arena_t *arena_p, size_t size, size_t alignment)
{
    size_t padding = (size_t)(0u - (uintptr_t)arena_p->pos_p) & (alignment - 1u);
    size_t left = (size_t)(arena_p->end_p - arena_p->pos_p);
    uint8_t *allocated_p;

    if (padding > left || size > left - padding) {
        return NULL;
    }

    allocated_p = arena_p->pos_p + padding;
    arena_p->pos_p = allocated_p + size;

    return allocated_p;
}

uint8_t *messi_codec_allocate_bytes(struct messi_arena_t *arena_p, size_t size)
{
    if (size > (size_t)(arena_p->end_p - arena_p->pos_p)) {
        return NULL;
    }

    arena_p->end_p -= size;

    return arena_p->end_p;
}

static size_t item_alignment(const struct messi_field_t *field_p)
{
    size_t width = messi_width(field_p);

    if (field_p->kind == messi_kind_message_t) {
        return field_p->type_p->alignment;
    }

    return width < 8 ? width : 8;
}

void *messi_codec_allocate_items(const struct messi_field_t *field_p,
                                 struct messi_arena_t *arena_p,
                                 int length)
{
    size_t size = messi_item_size(field_p);

    /* A product of so few items does not overflow. A negative length is too many. */
    if ((size_t)length > (size_t)(arena_p->end_p - arena_p->pos_p) / size) {
        return NULL;
    }

    return messi_codec_allocate(arena_p, (size_t)length * size, item_alignment(field_p));
}

/* --- Values --- */

uint64_t messi_codec_load(const void *from_p, size_t width)
{
    uint8_t value8;
    uint16_t value16;
    uint32_t value32;
    uint64_t value64;

    switch (width) {

    case 1:
        memcpy(&value8, from_p, 1);
        return value8;

    case 2:
        memcpy(&value16, from_p, 2);
        return value16;

    case 4:
        memcpy(&value32, from_p, 4);
        return value32;

    default:
        memcpy(&value64, from_p, 8);
        return value64;
    }
}

void messi_codec_store(void *to_p, size_t width, uint64_t value)
{
    uint8_t value8 = (uint8_t)value;
    uint16_t value16 = (uint16_t)value;
    uint32_t value32 = (uint32_t)value;

    switch (width) {

    case 1:
        memcpy(to_p, &value8, 1);
        break;

    case 2:
        memcpy(to_p, &value16, 2);
        break;

    case 4:
        memcpy(to_p, &value32, 4);
        break;

    default:
        memcpy(to_p, &value, 8);
        break;
    }
}

/* Initialises a value that is all zeros. The pointer of bytes is their first member. */
static void initialise_value(const struct messi_field_t *field_p, void *value_p)
{
    if (field_p->kind == messi_kind_string_t || field_p->kind == messi_kind_bytes_t) {
        messi_store_pointer(value_p, "");
    }
}

void messi_codec_clear(const struct messi_type_t *type_p,
                       void *message_p,
                       struct messi_arena_t *arena_p)
{
    const struct messi_field_t *field_p;
    size_t i;

    memset(message_p, 0, type_p->size);
    messi_store_pointer(message_p, arena_p);

    for (i = 0; i < type_p->number_of_fields; i++) {
        field_p = &type_p->fields_p[i];

        if (field_p->label < messi_label_repeated_t) {
            initialise_value(field_p, (uint8_t *)message_p + field_p->offset);
        }
    }
}

static size_t choice_width(const struct messi_field_t *field_p)
{
    return (size_t)(field_p->label - messi_label_oneof_t);
}

void messi_codec_select(const struct messi_field_t *field_p, void *message_p)
{
    messi_codec_store((uint8_t *)message_p + field_p->presence, choice_width(field_p), field_p->choice);
}

bool messi_codec_is_selected(const struct messi_field_t *field_p, const void *message_p)
{
    const uint8_t *choice_p = (const uint8_t *)message_p + field_p->presence;

    return messi_codec_load(choice_p, choice_width(field_p)) == field_p->choice;
}

/* --- Messages --- */

void *messi_codec_new(const struct messi_type_t *type_p, struct messi_arena_t *arena_p)
{
    void *message_p = messi_codec_allocate(arena_p, type_p->size, type_p->alignment);

    if (message_p != NULL) {
        messi_codec_clear(type_p, message_p, arena_p);
    }

    return message_p;
}

void *messi_codec_new_in(const struct messi_type_t *type_p, void *workspace_p, size_t size)
{
    struct messi_arena_t arena;
    struct messi_arena_t *arena_p;

    if (workspace_p == NULL) {
        return NULL;
    }

    arena.pos_p = workspace_p;
    arena.end_p = arena.pos_p + size;
    arena_p = messi_codec_allocate(&arena, sizeof(arena), MESSI_ALIGNMENT(struct messi_arena_t));

    if (arena_p == NULL) {
        return NULL;
    }

    *arena_p = arena;

    return messi_codec_new(type_p, arena_p);
}

static int prepare_array(const struct messi_field_t *field_p,
                         void *array_p,
                         struct messi_arena_t *arena_p,
                         int length)
{
    struct messi_array_t array = { length, NULL };
    size_t size = messi_item_size(field_p);
    uint8_t *item_p;
    int i;

    if (length != 0) {
        array.items_p = messi_codec_allocate_items(field_p, arena_p, length);

        if (array.items_p == NULL) {
            return -MESSI_CODEC_OUT_OF_MEMORY;
        }

        memset(array.items_p, 0, (size_t)length * size);
    }

    item_p = array.items_p;

    for (i = 0; i < length; i++) {
        if (field_p->kind == messi_kind_message_t) {
            messi_codec_clear(field_p->type_p, item_p, arena_p);
        } else {
            initialise_value(field_p, item_p);
        }

        item_p += size;
    }

    memcpy(array_p, &array, sizeof(array));

    return 0;
}

int messi_codec_prepare(const struct messi_field_t *field_p, void *message_p, int length)
{
    struct messi_arena_t *arena_p = messi_load_pointer(message_p);
    uint8_t *value_p = (uint8_t *)message_p + field_p->offset;
    void *submessage_p;

    if (messi_is_repeated(field_p)) {
        return prepare_array(field_p, value_p, arena_p, length);
    }

    if (field_p->kind == messi_kind_message_t) {
        submessage_p = messi_codec_new(field_p->type_p, arena_p);

        if (submessage_p == NULL) {
            return -MESSI_CODEC_OUT_OF_MEMORY;
        }

        messi_store_pointer(value_p, submessage_p);
    } else {
        memset(value_p, 0, messi_width(field_p));
        initialise_value(field_p, value_p);
    }

    if (messi_is_oneof(field_p)) {
        messi_codec_select(field_p, message_p);
    }

    return 0;
}

const char *messi_codec_error_string(int error)
{
    static const char *const texts[] = {
        "Ok",
        "Bad wire type",
        "Out of data",
        "Out of memory",
        "Encode buffer full",
        "Bad field number",
        "Varint overflow",
        "Seek overflow",
        "Length delimited overflow",
        "Too deep",
        "Bad UTF-8"
    };
    unsigned int index = (error < 0 ? 0u - (unsigned int)error : (unsigned int)error);

    return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : "Unknown error";
}
