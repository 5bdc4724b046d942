/**
 * Encodes and decodes protobuf messages (proto3) without a heap and without an operating system.
 *
 * Generated code describes each message by a table, and this codec reads the tables. Structs, arrays,
 * strings and bytes of a message are in a workspace, which is memory of the caller. They live as long
 * as the workspace is not used for another message. It need not be aligned, but an aligned one loses no
 * padding.
 *
 * A message that is received needs a workspace for its structs and arrays, and for its strings and bytes,
 * a string with one byte more than it has characters. A message that is sent only needs one for its structs
 * and arrays: strings and bytes are pointers to memory of the caller.
 *
 * Nothing here waits. No function is limited to one thread, but a workspace and its messages must not
 * be used by two threads at a time.
 */

#ifndef MESSI_CODEC_H
#define MESSI_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The greatest number of messages inside each other. A level takes 112 bytes of stack on a Cortex-M4, and
 * some 200 on 64 bits.
 */
#ifndef MESSI_CONFIG_MAX_DEPTH
#    define MESSI_CONFIG_MAX_DEPTH 32
#endif

/* 1 to refuse received strings that are not UTF-8, as protobuf demands. pbtools accepts them. */
#ifndef MESSI_CONFIG_UTF8
#    define MESSI_CONFIG_UTF8 0
#endif

/* Errors. Functions return them as negative numbers. */

/* A field has another type in the data than in the schema, or one that there is not. */
#define MESSI_CODEC_BAD_WIRE_TYPE             1
/* The data ends before the message. */
#define MESSI_CODEC_OUT_OF_DATA               2
/* The workspace is too small. */
#define MESSI_CODEC_OUT_OF_MEMORY             3
/* The buffer is too small for the encoded message. */
#define MESSI_CODEC_ENCODE_BUFFER_FULL        4
/* A field has the number 0 or one of more than 29 bits, or a group ends with another number. */
#define MESSI_CODEC_BAD_FIELD_NUMBER          5
/* A number has more than ten bytes. */
#define MESSI_CODEC_VARINT_OVERFLOW           6
/* Kept for pbtools. */
#define MESSI_CODEC_SEEK_OVERFLOW             7
/* A string, bytes or a message has 2 GiB or more. */
#define MESSI_CODEC_LENGTH_DELIMITED_OVERFLOW 8
/* Too many messages are inside each other: see MESSI_CONFIG_MAX_DEPTH. */
#define MESSI_CODEC_TOO_DEEP                  9
/* A string is not UTF-8: see MESSI_CONFIG_UTF8. */
#define MESSI_CODEC_BAD_UTF8                  10

/**
 * The free part of a workspace. Structs and arrays are allocated at its start, aligned. Strings and
 * bytes are allocated at its end, so that no padding is lost between them and the structs.
 */
struct messi_arena_t {
    uint8_t *pos_p;
    uint8_t *end_p;
};

/**
 * The first member of every message: where its submessages and arrays are allocated.
 */
struct messi_message_base_t {
    struct messi_arena_t *arena_p;
};

/**
 * The value of a field of type `bytes`.
 */
struct messi_bytes_t {
    uint8_t *buf_p;
    size_t size;
};

/* Values of repeated fields. */

struct messi_repeated_int32_t {
    int length;
    int32_t *items_p;
};

struct messi_repeated_int64_t {
    int length;
    int64_t *items_p;
};

struct messi_repeated_uint32_t {
    int length;
    uint32_t *items_p;
};

struct messi_repeated_uint64_t {
    int length;
    uint64_t *items_p;
};

struct messi_repeated_float_t {
    int length;
    float *items_p;
};

struct messi_repeated_double_t {
    int length;
    double *items_p;
};

struct messi_repeated_bool_t {
    int length;
    bool *items_p;
};

struct messi_repeated_string_t {
    int length;
    char **items_pp;
};

struct messi_repeated_bytes_t {
    int length;
    struct messi_bytes_t *items_p;
};

/* The tables of generated code. On a microcontroller, 16 bytes for each field. */

/**
 * The type of a value in memory and on the wire. `float` is fixed32 and `double` is fixed64.
 */
enum messi_kind_t {
    /* Also an enum of four bytes. */
    messi_kind_int32_t = 0,
    messi_kind_uint32_t,
    messi_kind_sint32_t,
    messi_kind_int64_t,
    messi_kind_uint64_t,
    messi_kind_sint64_t,
    messi_kind_bool_t,
    messi_kind_fixed32_t,
    messi_kind_fixed64_t,
    /* Enums that the compiler has made shorter, as with -fshort-enums. */
    messi_kind_enum8_t,
    messi_kind_enum16_t,
    messi_kind_unsigned_enum8_t,
    messi_kind_unsigned_enum16_t,
    messi_kind_string_t,
    messi_kind_bytes_t,
    messi_kind_message_t
};

/**
 * How often a field occurs. Numbers above `messi_label_oneof_t` are members of a oneof.
 */
enum messi_label_t {
    messi_label_singular_t = 0,
    messi_label_optional_t,
    messi_label_repeated_t,
    messi_label_packed_t,
    messi_label_oneof_t
};

/* The kind of an enum. Compilers choose its size and, with negative values, its sign. */
#define MESSI_KIND_ENUM(type, is_signed)                                                 \
    (sizeof(type) == 1 ? ((is_signed) ? messi_kind_enum8_t : messi_kind_unsigned_enum8_t) \
     : sizeof(type) == 2                                                                 \
         ? ((is_signed) ? messi_kind_enum16_t : messi_kind_unsigned_enum16_t)            \
         : messi_kind_int32_t)

/* The label of a member of a oneof, from the type of `choice`. */
#define MESSI_LABEL_ONEOF(choice_type) (messi_label_oneof_t + sizeof(choice_type))

/* The alignment of a struct, for which C99 has no operator. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#    define MESSI_ALIGNMENT(type) _Alignof(type)
#elif defined(__GNUC__)
#    define MESSI_ALIGNMENT(type) __alignof__(type)
#else
#    define MESSI_ALIGNMENT(type) offsetof(struct { char first; type second; }, second)
#endif

/* Where a field is in its struct. */
#if UINTPTR_MAX > 0xffffffffu
typedef uint32_t messi_offset_t;
#else
typedef uint16_t messi_offset_t;
#endif

/**
 * A field of a message.
 */
struct messi_field_t {
    /* The type of a message, otherwise NULL. */
    const struct messi_type_t *type_p;
    uint32_t number;
    messi_offset_t offset;
    /* Where `is_present` of an optional field is, or `choice` of a oneof. */
    messi_offset_t presence;
    /* The value of `choice` for a member of a oneof. */
    uint16_t choice;
    uint8_t kind;
    uint8_t label;
};

/**
 * The type of a message: its fields by ascending number.
 */
struct messi_type_t {
    const struct messi_field_t *fields_p;
    uint16_t number_of_fields;
    messi_offset_t size;
    uint8_t alignment;
    bool has_repeated;
};

/**
 * Allocates a message and initialises it: numbers are zero, strings are "", bytes are empty, submessages are
 * NULL.
 *
 * The arena must live as long as the message. Returns NULL if the arena is too small.
 */
void *messi_codec_new(const struct messi_type_t *type_p, struct messi_arena_t *arena_p);

/**
 * Decodes all of the data into a message that has been created.
 *
 * Submessages, arrays, strings and bytes are allocated in the arena, which must live as long as the
 * message; nothing refers to the data. Unknown fields are skipped. A message or a submessage that is decoded
 * twice is merged: the last value wins, and arrays have the items of both. A string ends at its first NUL.
 *
 * Returns the number of bytes read, which is the size, or a negative error. After an error, the message
 * is empty.
 */
int messi_codec_decode(const struct messi_type_t *type_p,
                       void *message_p,
                       struct messi_arena_t *arena_p,
                       const uint8_t *data_p,
                       size_t size);

/**
 * Encodes a message at the end of a buffer, so that a header can be put in front of it in place.
 *
 * NULL instead of a string, bytes or an array is encoded as if it were empty. Returns the length, or
 * a negative error. After an error, the contents of the buffer are undefined.
 */
int messi_codec_encode(const struct messi_type_t *type_p,
                       const void *message_p,
                       uint8_t *buf_p,
                       size_t size);

/**
 * Returns the text for an error, negative or not, and "Ok" for 0.
 */
const char *messi_codec_error_string(int error);

/* Functions for generated code. */

/**
 * Creates an arena and a message at the start of a workspace. Returns NULL if it is too small.
 */
void *messi_codec_new_in(const struct messi_type_t *type_p, void *workspace_p, size_t size);

/**
 * Decodes a message in its own arena. Otherwise like `messi_codec_decode`.
 */
int messi_codec_decode_message(const struct messi_type_t *type_p,
                               void *message_p,
                               const uint8_t *data_p,
                               size_t size);

/**
 * Encodes a message at the start of a buffer. Otherwise like `messi_codec_encode`.
 */
int messi_codec_encode_message(const struct messi_type_t *type_p,
                               const void *message_p,
                               uint8_t *buf_p,
                               size_t size);

/**
 * Prepares a field to be filled in: allocates the array of a repeated field or a submessage, and
 * selects a member of a oneof. The length is that of an array. Values are initialised.
 *
 * Returns 0, or a negative error, which leaves the message unchanged.
 */
int messi_codec_prepare(const struct messi_field_t *field_p, void *message_p, int length);

#ifdef __cplusplus
}
#endif

#endif
