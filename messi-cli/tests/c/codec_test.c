/* The codec, through the messages of kitchen.proto. */

#include "check.h"
#include "kitchen.h"

/* A message of every test, and its workspace. */
static uint8_t workspace[65536];
static uint8_t encoded[4096];

static struct kitchen_everything_t *new_everything(void)
{
    struct kitchen_everything_t *message_p;

    /* Nothing may depend on zeros in the workspace. */
    memset(workspace, 0xa5, sizeof(workspace));
    message_p = kitchen_everything_new(workspace, sizeof(workspace));
    CHECK(message_p != NULL);

    return message_p;
}

/* Decodes bytes that are as large as their memory, so that sanitizers see reads behind them. */
static int decode(struct kitchen_everything_t *message_p, const void *bytes_p, size_t size)
{
    uint8_t *copy_p = malloc(size + (size == 0));
    int res;

    CHECK(copy_p != NULL);
    memcpy(copy_p, bytes_p, size);
    res = kitchen_everything_decode(message_p, copy_p, size);
    free(copy_p);

    return res;
}

#define DECODE(message_p, bytes) decode((message_p), (bytes), sizeof(bytes) - 1)

/* Decodes bytes that are refused. */
#define REFUSED(bytes) DECODE(new_everything(), bytes)

static void new_messages_have_defaults(void)
{
    struct kitchen_scalars_t *scalars_p;
    struct kitchen_optionals_t *optionals_p;
    struct kitchen_everything_t *message_p = new_everything();

    CHECK(message_p->scalars_p == NULL);
    CHECK_INT(message_p->choices.length, 0);
    CHECK_INT(kitchen_everything_encode(message_p, encoded, sizeof(encoded)), 0);

    scalars_p = kitchen_scalars_new(workspace, sizeof(workspace));
    CHECK(scalars_p != NULL);
    CHECK(strcmp(scalars_p->string_p, "") == 0);
    CHECK_INT(scalars_p->bytes.size, 0);
    CHECK(scalars_p->bytes.buf_p != NULL);
    CHECK_INT(kitchen_scalars_encode(scalars_p, encoded, sizeof(encoded)), 0);

    optionals_p = kitchen_optionals_new(workspace, sizeof(workspace));
    CHECK(optionals_p != NULL);
    CHECK(!optionals_p->string.is_present);
    CHECK(strcmp(optionals_p->string.value_p, "") == 0);
}

static void messages_are_filled_in_and_read(void)
{
    struct kitchen_everything_t *message_p = new_everything();
    struct kitchen_maps_t *maps_p;
    int length;

    CHECK_INT(kitchen_everything_tree_alloc(message_p), 0);
    message_p->tree_p->name_p = "root";
    CHECK_INT(kitchen_tree_children_alloc(message_p->tree_p, 2), 0);
    CHECK(strcmp(message_p->tree_p->children.items_p[1].name_p, "") == 0);
    message_p->tree_p->children.items_p[0].name_p = "first";
    CHECK_INT(kitchen_tree_left_alloc(&message_p->tree_p->children.items_p[1]), 0);
    CHECK_INT(kitchen_everything_maps_alloc(message_p), 0);
    maps_p = message_p->maps_p;
    CHECK_INT(kitchen_maps_message_by_name_alloc(maps_p, 1), 0);
    maps_p->message_by_name.items_p[0].key_p = "key";
    CHECK_INT(kitchen_maps_pbtools_map_messagebyname_value_alloc(&maps_p->message_by_name.items_p[0]), 0);
    maps_p->message_by_name.items_p[0].value_p->level = kitchen_level_level_low_e;
    CHECK_INT(kitchen_everything_choices_alloc(message_p, 2), 0);
    kitchen_choice_value_bytes_init(&message_p->choices.items_p[0]);
    message_p->choices.items_p[0].value.value.bytes.buf_p = (uint8_t *)"\0\1";
    message_p->choices.items_p[0].value.value.bytes.size = 2;
    CHECK_INT(kitchen_choice_value_lists_alloc(&message_p->choices.items_p[1]), 0);
    CHECK_INT(kitchen_lists_string_alloc(message_p->choices.items_p[1].value.value.lists_p, 1), 0);
    length = kitchen_everything_encode(message_p, encoded, sizeof(encoded));
    CHECK(length > 0);

    message_p = new_everything();
    CHECK_INT(decode(message_p, encoded, (size_t)length), length);
    CHECK(strcmp(message_p->tree_p->name_p, "root") == 0);
    CHECK_INT(message_p->tree_p->children.length, 2);
    CHECK(strcmp(message_p->tree_p->children.items_p[0].name_p, "first") == 0);
    CHECK(message_p->tree_p->children.items_p[0].left_p == NULL);
    CHECK(message_p->tree_p->children.items_p[1].left_p != NULL);
    CHECK_INT(message_p->maps_p->message_by_name.length, 1);
    CHECK(strcmp(message_p->maps_p->message_by_name.items_p[0].key_p, "key") == 0);
    CHECK_INT(message_p->maps_p->message_by_name.items_p[0].value_p->level, kitchen_level_level_low_e);
    CHECK_INT(message_p->choices.items_p[0].value.choice, kitchen_choice_value_choice_bytes_e);
    CHECK_INT(message_p->choices.items_p[0].value.value.bytes.size, 2);
    CHECK(memcmp(message_p->choices.items_p[0].value.value.bytes.buf_p, "\0\1", 2) == 0);
    CHECK_INT(message_p->choices.items_p[1].value.choice, kitchen_choice_value_choice_lists_e);
    CHECK_INT(message_p->choices.items_p[1].value.value.lists_p->string.length, 1);
    CHECK(strcmp(message_p->choices.items_p[1].value.value.lists_p->string.items_pp[0], "") == 0);
}

/* A choice is the position of the member, not its number. */
static void choices_are_positions(void)
{
    CHECK_INT(kitchen_choice_other_choice_none_e, 0);
    CHECK_INT(kitchen_choice_other_choice_last_e, 1);
    CHECK_INT(kitchen_choice_other_choice_first_e, 2);
}

static void null_is_encoded_as_empty(void)
{
    struct kitchen_scalars_t *scalars_p = kitchen_scalars_new(workspace, sizeof(workspace));
    struct kitchen_choice_t *choice_p;
    struct kitchen_lists_t *lists_p;

    scalars_p->string_p = NULL;
    scalars_p->bytes.buf_p = NULL;
    scalars_p->bytes.size = 5;
    CHECK_INT(kitchen_scalars_encode(scalars_p, encoded, sizeof(encoded)), 0);

    choice_p = kitchen_choice_new(workspace, sizeof(workspace));
    choice_p->value.choice = kitchen_choice_value_choice_scalars_e;
    CHECK_INT(kitchen_choice_encode(choice_p, encoded, sizeof(encoded)), 3);
    CHECK(memcmp(encoded, "\x92\x01\x00", 3) == 0);

    lists_p = kitchen_lists_new(workspace, sizeof(workspace));
    lists_p->int32.length = 3;
    lists_p->string.length = -1;
    CHECK_INT(kitchen_lists_encode(lists_p, encoded, sizeof(encoded)), 0);
}

static void the_last_member_of_a_oneof_wins(void)
{
    struct kitchen_everything_t *message_p = new_everything();

    /* int32 5, then string "a". */
    CHECK_INT(DECODE(message_p, "\x32\x05\x18\x05\x72\x01" "a"), 7);
    CHECK_INT(message_p->choice_p->value.choice, kitchen_choice_value_choice_string_e);
    CHECK(strcmp(message_p->choice_p->value.value.string_p, "a") == 0);

    /* A message of color 1, then one of color 0 and level -1: nothing of another member remains. */
    CHECK_INT(DECODE(message_p, "\x32\x0a\x18\x05\x92\x01\x00\x92\x01\x02\x18\x07"), 12);
    CHECK_INT(message_p->choice_p->value.choice, kitchen_choice_value_choice_scalars_e);
    CHECK_INT(message_p->choice_p->value.value.scalars_p->int32, 7);
}

static void submessages_that_occur_twice_are_merged(void)
{
    struct kitchen_everything_t *message_p = new_everything();
    struct kitchen_lists_t *lists_p;

    /* int32: 1, then 2 and 3. bool: true. string: "a", then "b". The second has no bool. */
    CHECK_INT(DECODE(message_p,
                     "\x1a\x09\x1a\x01\x01\x6a\x01\x01\x72\x01" "a"
                     "\x1a\x07\x1a\x02\x02\x03\x72\x01" "b"),
              20);
    lists_p = message_p->lists_p;
    CHECK_INT(lists_p->int32.length, 3);
    CHECK_INT(lists_p->int32.items_p[0], 1);
    CHECK_INT(lists_p->int32.items_p[1], 2);
    CHECK_INT(lists_p->int32.items_p[2], 3);
    CHECK_INT(lists_p->bool_.length, 1);
    CHECK(lists_p->bool_.items_p[0]);
    CHECK_INT(lists_p->string.length, 2);
    CHECK(strcmp(lists_p->string.items_pp[0], "a") == 0);
    CHECK(strcmp(lists_p->string.items_pp[1], "b") == 0);

    /* Items of messages: a child "x", then a child "y", which are items of their own. */
    CHECK_INT(DECODE(message_p, "\x3a\x05\x22\x03\x0a\x01" "x" "\x3a\x05\x22\x03\x0a\x01" "y"), 14);
    CHECK_INT(message_p->tree_p->children.length, 2);
    CHECK(strcmp(message_p->tree_p->children.items_p[0].name_p, "x") == 0);
    CHECK(strcmp(message_p->tree_p->children.items_p[1].name_p, "y") == 0);
    CHECK(message_p->tree_p->children.items_p[1].left_p == NULL);
}

static void numbers_are_packed_or_not_or_both(void)
{
    struct kitchen_everything_t *message_p = new_everything();

    /* lists.int32: 1, then 2 and 3 packed. unpacked.int32: 4 packed, then 5. */
    CHECK_INT(DECODE(message_p, "\x1a\x06\x18\x01\x1a\x02\x02\x03\x22\x05\x1a\x01\x04\x18\x05"), 15);
    CHECK_INT(message_p->lists_p->int32.length, 3);
    CHECK_INT(message_p->lists_p->int32.items_p[2], 3);
    CHECK_INT(message_p->unpacked_p->int32.length, 2);
    CHECK_INT(message_p->unpacked_p->int32.items_p[1], 5);

    /* Encoded as the schema says. */
    CHECK_INT(kitchen_everything_encode(message_p, encoded, sizeof(encoded)), 13);
    CHECK(memcmp(encoded, "\x1a\x05\x1a\x03\x01\x02\x03\x22\x04\x18\x04\x18\x05", 13) == 0);
}

static void entries_of_maps_are_kept_in_order(void)
{
    struct kitchen_everything_t *message_p = new_everything();
    struct kitchen_maps_pbtools_map_int32_repeated_t *map_p;

    /* 2: 1, 1: 0, 2: 3, and an entry without key and value. */
    CHECK_INT(DECODE(message_p,
                     "\x2a\x14\x0a\x04\x08\x02\x10\x01\x0a\x02\x08\x01\x0a\x04\x08\x02\x10\x03\x0a\x00\x0a\x00"),
              22);
    map_p = &message_p->maps_p->int32;
    CHECK_INT(map_p->length, 5);
    CHECK_INT(map_p->items_p[0].key, 2);
    CHECK_INT(map_p->items_p[0].value, 1);
    CHECK_INT(map_p->items_p[1].key, 1);
    CHECK_INT(map_p->items_p[2].key, 2);
    CHECK_INT(map_p->items_p[2].value, 3);
    CHECK_INT(map_p->items_p[3].key, 0);
}

static void unknown_fields_and_groups_are_skipped(void)
{
    struct kitchen_everything_t *message_p = new_everything();

    /* Field 100 of each wire type, a group in a group among them, around numbers.a = 7. */
    CHECK_INT(DECODE(message_p,
                     "\xa0\x06\x01"
                     "\xa1\x06" "12345678"
                     "\xa2\x06\x02" "ab"
                     "\xa3\x06\x08\x01\x0b\x10\x02\x0c\xa4\x06"
                     "\xa5\x06" "1234"
                     "\xfa\xff\xff\xff\x0f\x02\x08\x07"),
              42);
    CHECK_INT(message_p->numbers_p->a, 7);
    CHECK(message_p->scalars_p == NULL);
}

static void messages_that_are_decoded_twice_are_merged(void)
{
    struct kitchen_everything_t *message_p = new_everything();
    int32_t numbers[] = { 5, 6 };

    CHECK_INT(kitchen_everything_lists_alloc(message_p), 0);
    message_p->lists_p->int32.length = 2;
    message_p->lists_p->int32.items_p = numbers;
    CHECK_INT(DECODE(message_p, "\x1a\x03\x1a\x01\x07\x52\x00"), 7);
    CHECK_INT(DECODE(message_p, "\x22\x00\x52\x00"), 4);
    CHECK_INT(message_p->lists_p->int32.length, 3);
    CHECK_INT(message_p->lists_p->int32.items_p[1], 6);
    CHECK_INT(message_p->lists_p->int32.items_p[2], 7);
    CHECK_INT(message_p->choices.length, 2);
    CHECK(message_p->unpacked_p != NULL);
    CHECK_INT(DECODE(message_p, ""), 0);
    CHECK(message_p->unpacked_p != NULL);
}

static void arrays_take_no_more_memory_than_their_items(void)
{
    static const uint8_t bytes[] = "\x1a\x08\x1a\x06\xac\x02\xac\x02\xac\x02";
    struct kitchen_everything_t *message_p = new_everything();
    struct messi_arena_t *arena_p = message_p->base.arena_p;
    size_t left = (size_t)(arena_p->end_p - arena_p->pos_p);

    CHECK_INT(decode(message_p, bytes, sizeof(bytes) - 1), 10);
    left -= sizeof(struct kitchen_lists_t) + 3 * sizeof(int32_t);
    CHECK_INT(arena_p->end_p - arena_p->pos_p, left);
    CHECK_INT(decode(message_p, bytes, sizeof(bytes) - 1), 10);
    left -= 6 * sizeof(int32_t);
    CHECK_INT(arena_p->end_p - arena_p->pos_p, left);
    CHECK_INT(message_p->lists_p->int32.items_p[5], 300);
}

static void a_message_is_empty_after_an_error(void)
{
    struct kitchen_everything_t *message_p = new_everything();

    CHECK_INT(DECODE(message_p, "\x52\x00\x22\x00\x08\x00"), -MESSI_CODEC_BAD_WIRE_TYPE);
    CHECK_INT(message_p->choices.length, 0);
    CHECK(message_p->unpacked_p == NULL);
    CHECK_INT(kitchen_everything_encode(message_p, encoded, sizeof(encoded)), 0);
}

static void bad_data_is_refused(void)
{
    /* A known field of another wire type, alone and in an array. */
    CHECK_INT(REFUSED("\x08\x01"), -MESSI_CODEC_BAD_WIRE_TYPE);
    CHECK_INT(REFUSED("\x0a\x05\x1d" "1234"), -MESSI_CODEC_BAD_WIRE_TYPE);
    CHECK_INT(REFUSED("\x1a\x05\x1d" "1234"), -MESSI_CODEC_BAD_WIRE_TYPE);
    CHECK_INT(REFUSED("\x50\x01"), -MESSI_CODEC_BAD_WIRE_TYPE);
    /* Wire types that there are not, and the end of no group. */
    CHECK_INT(REFUSED("\xa6\x06"), -MESSI_CODEC_BAD_WIRE_TYPE);
    CHECK_INT(REFUSED("\xa7\x06"), -MESSI_CODEC_BAD_WIRE_TYPE);
    CHECK_INT(REFUSED("\xa4\x06"), -MESSI_CODEC_BAD_WIRE_TYPE);
    /* A group that is not closed, and one that another number closes. */
    CHECK_INT(REFUSED("\xa3\x06"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\xa3\x06\x0c"), -MESSI_CODEC_BAD_FIELD_NUMBER);
    /* Numbers of fields: 0, and more than 29 bits. */
    CHECK_INT(REFUSED("\x00\x00"), -MESSI_CODEC_BAD_FIELD_NUMBER);
    CHECK_INT(REFUSED("\x80\x80\x80\x80\x10\x00"), -MESSI_CODEC_BAD_FIELD_NUMBER);
    /* Data that ends early: in a tag, a varint, a fixed number, a size, a chunk, packed numbers. */
    CHECK_INT(REFUSED("\x8a"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x0a\x02\x18\x80"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x0a\x04\x15" "123"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x0a"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x0a\x01"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x1a\x04\x1a\x02\x01\x80"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x1a\x03\x1a\x01\x80"), -MESSI_CODEC_OUT_OF_DATA);
    CHECK_INT(REFUSED("\x1a\x05\x12\x03" "123"), -MESSI_CODEC_OUT_OF_DATA);
    /* Varints of eleven bytes, and chunks of 2 GiB and 2^64 - 1 bytes. */
    CHECK_INT(REFUSED("\xa0\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00"),
              -MESSI_CODEC_VARINT_OVERFLOW);
    CHECK_INT(REFUSED("\x1a\x0d\x1a\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00"),
              -MESSI_CODEC_VARINT_OVERFLOW);
    CHECK_INT(REFUSED("\x0a\x80\x80\x80\x80\x08"), -MESSI_CODEC_LENGTH_DELIMITED_OVERFLOW);
    CHECK_INT(REFUSED("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
              -MESSI_CODEC_LENGTH_DELIMITED_OVERFLOW);
    CHECK_INT(REFUSED("\x0a\xff\xff\xff\xff\x07"), -MESSI_CODEC_OUT_OF_DATA);
#if MESSI_CONFIG_UTF8 == 1
    CHECK_INT(REFUSED("\x0a\x03\x72\x01\xff"), -MESSI_CODEC_BAD_UTF8);
    CHECK_INT(REFUSED("\x0a\x04\x72\x02\xc0\x80"), -MESSI_CODEC_BAD_UTF8);
    CHECK_INT(REFUSED("\x0a\x05\x72\x03\xed\xa0\x80"), -MESSI_CODEC_BAD_UTF8);
    CHECK_INT(REFUSED("\x0a\x06\x72\x04\xf4\x90\x80\x80"), -MESSI_CODEC_BAD_UTF8);
    CHECK_INT(REFUSED("\x0a\x04\x72\x02\xe2\x82"), -MESSI_CODEC_BAD_UTF8);
    CHECK_INT(REFUSED("\x0a\x06\x72\x04\xf0\x9f\x98\x80"), 8);
#else
    CHECK_INT(REFUSED("\x0a\x03\x72\x01\xff"), 5);
#endif
}

static void depth_is_bounded(void)
{
    /* A tree in everything, with one in it, and so on, innermost first. Each costs two bytes. */
    static uint8_t bytes[4 * 40];
    struct kitchen_everything_t *message_p;
    struct kitchen_tree_t *tree_p;
    size_t at = sizeof(bytes);
    int depth;

    for (depth = 1; depth <= 40; depth++) {
        if (depth > 1) {
            bytes[at - 1] = (uint8_t)(sizeof(bytes) - at);
            bytes[at - 2] = 0x12;
            at -= 2;
        }

        bytes[at - 1] = (uint8_t)(sizeof(bytes) - at);
        bytes[at - 2] = 0x3a;
        message_p = new_everything();
        CHECK_INT(decode(message_p, &bytes[at - 2], sizeof(bytes) - at + 2),
                  depth <= MESSI_CONFIG_MAX_DEPTH ? (int)(sizeof(bytes) - at + 2) : -MESSI_CODEC_TOO_DEEP);
    }

    /* Groups as well. */
    memset(bytes, 0xa3, sizeof(bytes));

    for (at = 1; at < sizeof(bytes); at += 2) {
        bytes[at] = 0x06;
    }

    CHECK_INT(decode(new_everything(), bytes, sizeof(bytes)), -MESSI_CODEC_TOO_DEEP);

    /* A message that contains itself is not encoded for ever. */
    message_p = new_everything();
    CHECK_INT(kitchen_everything_tree_alloc(message_p), 0);
    tree_p = message_p->tree_p;
    tree_p->left_p = tree_p;
    CHECK_INT(kitchen_everything_encode(message_p, encoded, sizeof(encoded)), -MESSI_CODEC_TOO_DEEP);
}

/* A message with something of everything. Returns its size. */
static int encode_sample(void)
{
    struct kitchen_everything_t *message_p = new_everything();
    struct kitchen_lists_t *lists_p;
    int i;

    CHECK_INT(kitchen_everything_tree_alloc(message_p), 0);
    message_p->tree_p->name_p = "a name";
    CHECK_INT(kitchen_tree_children_alloc(message_p->tree_p, 3), 0);
    message_p->tree_p->children.items_p[2].name_p = "another";
    CHECK_INT(kitchen_tree_named_alloc(message_p->tree_p, 1), 0);
    CHECK_INT(kitchen_tree_pbtools_map_named_value_alloc(&message_p->tree_p->named.items_p[0]), 0);
    CHECK_INT(kitchen_everything_lists_alloc(message_p), 0);
    lists_p = message_p->lists_p;
    CHECK_INT(kitchen_lists_bool_alloc(lists_p, 3), 0);
    CHECK_INT(kitchen_lists_double_alloc(lists_p, 2), 0);
    CHECK_INT(kitchen_lists_int64_alloc(lists_p, 2), 0);
    lists_p->int64.items_p[0] = INT64_MIN;
    CHECK_INT(kitchen_lists_bytes_alloc(lists_p, 1), 0);
    CHECK_INT(kitchen_lists_string_alloc(lists_p, 3), 0);

    for (i = 0; i < 3; i++) {
        lists_p->string.items_pp[i] = "abc";
    }

    return kitchen_everything_encode(message_p, encoded, sizeof(encoded));
}

static void every_truncation_is_decoded_or_refused(void)
{
    int length = encode_sample();
    int size;

    CHECK(length > 60);

    for (size = 0; size < length; size++) {
        (void)decode(new_everything(), encoded, (size_t)size);
    }
}

static void every_size_of_workspace_and_buffer_is_safe(void)
{
    int length = encode_sample();
    struct kitchen_everything_t *message_p;
    uint8_t *workspace_p;
    size_t size;
    int offset;
    int res = 0;

    for (size = 0; size < 3000; size += 3) {
        for (offset = 0; offset < 2; offset++) {
            /* Sanitizers see writes outside of memory of exactly this size, aligned or not. */
            workspace_p = malloc(size + 2);
            CHECK(workspace_p != NULL);
            message_p = kitchen_everything_new(workspace_p + offset, size + 1);

            if (message_p != NULL) {
                res = kitchen_everything_decode(message_p, encoded, (size_t)length);
                CHECK(res == length || res == -MESSI_CODEC_OUT_OF_MEMORY);
            }

            free(workspace_p);
        }
    }

    CHECK_INT(res, length);
    message_p = new_everything();
    CHECK_INT(decode(message_p, encoded, (size_t)length), length);

    for (size = 0; size < (size_t)length; size++) {
        workspace_p = malloc(size + (size == 0));
        CHECK(workspace_p != NULL);
        CHECK_INT(kitchen_everything_encode(message_p, workspace_p, size),
                  -MESSI_CODEC_ENCODE_BUFFER_FULL);
        free(workspace_p);
    }

    CHECK_INT(kitchen_everything_encode(message_p, encoded, (size_t)length), length);
}

static void allocations_that_do_not_fit_are_refused(void)
{
    struct kitchen_lists_t *lists_p = kitchen_lists_new(workspace, 1024);

    CHECK(lists_p != NULL);
    CHECK_INT(kitchen_lists_int32_alloc(lists_p, -1), -MESSI_CODEC_OUT_OF_MEMORY);
    CHECK_INT(kitchen_lists_int32_alloc(lists_p, INT32_MAX), -MESSI_CODEC_OUT_OF_MEMORY);
    CHECK_INT(kitchen_lists_message_alloc(lists_p, INT32_MAX), -MESSI_CODEC_OUT_OF_MEMORY);
    CHECK_INT(lists_p->int32.length, 0);
    CHECK_INT(kitchen_lists_int32_alloc(lists_p, 0), 0);
    CHECK_INT(kitchen_lists_int32_alloc(lists_p, 10), 0);
    CHECK_INT(lists_p->int32.items_p[9], 0);
    CHECK(kitchen_lists_new(NULL, 1024) == NULL);
    CHECK(kitchen_lists_new(workspace, 3) == NULL);
}

static void encoding_puts_the_message_at_the_end_of_the_buffer(void)
{
    static const uint8_t expected[] = { 1, 0, 0, 2, 0x08, 0x07 };
    uint8_t buf[20] = { 0 };
    struct kitchen_numbers_t *numbers_p = kitchen_numbers_new(workspace, sizeof(workspace));

    numbers_p->a = 7;
    CHECK_INT(messi_codec_encode(&kitchen_numbers_type, numbers_p, buf, sizeof(buf)), 2);
    memcpy(&buf[sizeof(buf) - 6], "\x01\x00\x00\x02", 4);
    CHECK(memcmp(&buf[sizeof(buf) - 6], expected, 6) == 0);
}

static void bounded_messages_have_a_greatest_size(void)
{
    struct kitchen_numbers_t *numbers_p = kitchen_numbers_new(workspace, sizeof(workspace));

    numbers_p->a = -1;
    numbers_p->b.is_present = true;
    CHECK_INT(kitchen_numbers_c_alloc(numbers_p), 0);
    numbers_p->c_p->level = kitchen_level_level_lowest_e;
    CHECK_INT(kitchen_bounded_timestamp_alloc(numbers_p->c_p), 0);
    numbers_p->c_p->timestamp_p->seconds = -1;
    numbers_p->c_p->timestamp_p->nanos = -1;
    kitchen_numbers_d_f_init(numbers_p);
    numbers_p->d.value.f = INT64_MIN;
    CHECK_INT(kitchen_numbers_encode(numbers_p, encoded, KITCHEN_NUMBERS_ENCODED_MAX),
              KITCHEN_NUMBERS_ENCODED_MAX);
}

static void a_short_enum_keeps_no_value_that_it_can_not_hold(void)
{
    struct kitchen_everything_t *message_p = new_everything();

    /* color = 1000, which is 232 in one byte; color = 200, which is negative in one with a sign. */
    CHECK_INT(DECODE(message_p, "\x0a\x04\x80\x01\xe8\x07"), 6);
    CHECK_INT(message_p->scalars_p->color, sizeof(enum kitchen_color_e) == 1 ? 0 : 1000);
    CHECK_INT(DECODE(message_p, "\x0a\x04\x80\x01\xc8\x01"), 6);
    CHECK_INT(message_p->scalars_p->color, kitchen_color_color_green_e);
    CHECK_INT(kitchen_everything_encode(message_p, encoded, sizeof(encoded)), 6);
    CHECK(memcmp(encoded, "\x0a\x04\x80\x01\xc8\x01", 6) == 0);
}

static void names_of_pbtools_are_there(void)
{
    struct pbtools_bytes_t bytes = { NULL, 0 };
    struct pbtools_repeated_string_t strings = { 0, NULL };
    struct kitchen_keywords_t *keywords_p = kitchen_keywords_new(workspace, sizeof(workspace));

    keywords_p->for_ = bytes;
    CHECK_INT(strings.length, 0);
    CHECK_INT(MESSI_CODEC_BAD_UTF8, 10);
    CHECK_INT(PBTOOLS_BAD_WIRE_TYPE, 1);
    CHECK_INT(PBTOOLS_LENGTH_DELIMITED_OVERFLOW, 8);
    CHECK(strcmp(pbtools_error_code_to_string(0), "Ok") == 0);
    CHECK(strcmp(pbtools_error_code_to_string(-PBTOOLS_OUT_OF_DATA), "Out of data") == 0);
    CHECK(strcmp(pbtools_error_code_to_string(PBTOOLS_VARINT_OVERFLOW), "Varint overflow") == 0);
    CHECK(strcmp(messi_codec_error_string(-MESSI_CODEC_BAD_UTF8), "Bad UTF-8") == 0);
    CHECK(strcmp(messi_codec_error_string(-11), "Unknown error") == 0);
    CHECK(strcmp(messi_codec_error_string(INT32_MIN), "Unknown error") == 0);
}

int main(void)
{
    new_messages_have_defaults();
    messages_are_filled_in_and_read();
    choices_are_positions();
    null_is_encoded_as_empty();
    the_last_member_of_a_oneof_wins();
    submessages_that_occur_twice_are_merged();
    numbers_are_packed_or_not_or_both();
    entries_of_maps_are_kept_in_order();
    unknown_fields_and_groups_are_skipped();
    messages_that_are_decoded_twice_are_merged();
    arrays_take_no_more_memory_than_their_items();
    a_message_is_empty_after_an_error();
    bad_data_is_refused();
    depth_is_bounded();
    every_truncation_is_decoded_or_refused();
    every_size_of_workspace_and_buffer_is_safe();
    allocations_that_do_not_fit_are_refused();
    encoding_puts_the_message_at_the_end_of_the_buffer();
    bounded_messages_have_a_greatest_size();
    a_short_enum_keeps_no_value_that_it_can_not_hold();
    names_of_pbtools_are_there();

    return 0;
}
