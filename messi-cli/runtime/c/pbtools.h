/**
 * Names of pbtools for programs that were written for it.
 *
 * The types and errors are those of messi_codec.h.
 */

#ifndef PBTOOLS_H
#define PBTOOLS_H

#include "messi_codec.h"

#define pbtools_bytes_t           messi_bytes_t
#define pbtools_message_base_t    messi_message_base_t
#define pbtools_repeated_int32_t  messi_repeated_int32_t
#define pbtools_repeated_int64_t  messi_repeated_int64_t
#define pbtools_repeated_uint32_t messi_repeated_uint32_t
#define pbtools_repeated_uint64_t messi_repeated_uint64_t
#define pbtools_repeated_float_t  messi_repeated_float_t
#define pbtools_repeated_double_t messi_repeated_double_t
#define pbtools_repeated_bool_t   messi_repeated_bool_t
#define pbtools_repeated_string_t messi_repeated_string_t
#define pbtools_repeated_bytes_t  messi_repeated_bytes_t

#define PBTOOLS_BAD_WIRE_TYPE             MESSI_CODEC_BAD_WIRE_TYPE
#define PBTOOLS_OUT_OF_DATA               MESSI_CODEC_OUT_OF_DATA
#define PBTOOLS_OUT_OF_MEMORY             MESSI_CODEC_OUT_OF_MEMORY
#define PBTOOLS_ENCODE_BUFFER_FULL        MESSI_CODEC_ENCODE_BUFFER_FULL
#define PBTOOLS_BAD_FIELD_NUMBER          MESSI_CODEC_BAD_FIELD_NUMBER
#define PBTOOLS_VARINT_OVERFLOW           MESSI_CODEC_VARINT_OVERFLOW
#define PBTOOLS_SEEK_OVERFLOW             MESSI_CODEC_SEEK_OVERFLOW
#define PBTOOLS_LENGTH_DELIMITED_OVERFLOW MESSI_CODEC_LENGTH_DELIMITED_OVERFLOW

#define pbtools_error_code_to_string messi_codec_error_string

#endif
