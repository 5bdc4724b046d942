"""Compares the C codec with Google's protobuf.

    differential.py DESCRIPTORS PROGRAM NUMBER_OF_MESSAGES SEED

Random messages of kitchen.Everything, and random mutations of them, are decoded and encoded again by
the program (transcode.c), and by Google's protobuf. Both accept the same, with the same contents. The
C codec refuses two things more: a known field of another wire type, and more than 32 levels. Contents
are not compared where they differ by design: C cuts strings at a NUL, and Google drops entries of maps
that have unknown fields.
"""

import random
import struct
import subprocess
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

# The codec allows twice as many, of which entries of maps are some.
MAX_DEPTH = 16

BAD_WIRE_TYPE = -1
TOO_DEEP = -9

SIGNED_32 = (Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32)
UNSIGNED_32 = (Field.TYPE_UINT32, Field.TYPE_FIXED32)
SIGNED_64 = (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64)
RANGES = {
    **dict.fromkeys(SIGNED_32, (-2**31, 2**31 - 1)),
    **dict.fromkeys(UNSIGNED_32, (0, 2**32 - 1)),
    **dict.fromkeys(SIGNED_64, (-2**63, 2**63 - 1)),
    Field.TYPE_ENUM: (-2**31, 2**31 - 1),
    Field.TYPE_UINT64: (0, 2**64 - 1),
    Field.TYPE_FIXED64: (0, 2**64 - 1),
}


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_repeated(field):
    return field.is_repeated if hasattr(field, 'is_repeated') else field.label == Field.LABEL_REPEATED


class Maker:
    """Fills messages with random values, most of them sparsely."""

    def __init__(self, generator):
        self.random = generator
        self.left = generator.choice((3, 10, 40, 200))
        self.depth = 0

    def more(self, probability=0.5):
        more = self.left > 0 and self.depth < MAX_DEPTH and self.random.random() < probability
        self.left -= more
        return more

    def fill(self, message):
        self.depth += 1
        self.fill_fields(message)
        self.depth -= 1

    def fill_fields(self, message):
        fields = list(message.DESCRIPTOR.fields)
        self.random.shuffle(fields)
        for field in fields:
            if is_map(field):
                self.fill_map(field, getattr(message, field.name))
            elif is_repeated(field):
                self.fill_list(field, getattr(message, field.name))
            elif self.more():
                self.set(message, field)

    def fill_map(self, field, entries):
        key_field, value_field = field.message_type.fields
        while self.more():
            key = self.scalar(key_field)
            if value_field.type == Field.TYPE_MESSAGE:
                self.fill(entries[key])
            else:
                entries[key] = self.scalar(value_field)

    def fill_list(self, field, elements):
        while self.more():
            if field.type == Field.TYPE_MESSAGE:
                self.fill(elements.add())
            else:
                elements.append(self.scalar(field))

    def set(self, message, field):
        if field.type == Field.TYPE_MESSAGE:
            getattr(message, field.name).SetInParent()
            self.fill(getattr(message, field.name))
        else:
            setattr(message, field.name, self.scalar(field))

    def scalar(self, field):
        if field.type == Field.TYPE_BOOL:
            return self.random.random() < 0.5
        if field.type == Field.TYPE_STRING:
            return ''.join(self.random.choice('aZ9 ä€😀') for _ in range(self.size()))
        if field.type == Field.TYPE_BYTES:
            return self.random.randbytes(self.size())
        if field.type == Field.TYPE_FLOAT:
            return self.random.choice((0.0, -0.0, 1.5, float('inf'), -2.0**100))
        if field.type == Field.TYPE_DOUBLE:
            return self.random.choice((0.0, -0.0, 1.5, float('-inf'), self.random.random()))
        return self.integer(*RANGES[field.type])

    def size(self):
        return self.random.randint(0, self.random.choice((0, 3, 20, 200)))

    def integer(self, least, greatest):
        if self.random.random() < 0.5:
            return self.random.choice((least, greatest, 0, 1, 127, 128))
        return self.random.randint(least, greatest)


def mutate(generator, encoded):
    """Changes, removes, inserts, repeats or cuts off some bytes."""
    data = bytearray(encoded)
    for _ in range(generator.randint(1, 2)):
        at = generator.randint(0, len(data))
        other = generator.randint(at, min(len(data), at + 20))
        kind = generator.randrange(6)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << generator.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = generator.choice((0, 1, 7, 8, 0x7f, 0x80, 0xff))
        elif kind == 2:
            del data[at:other]
        elif kind == 3:
            data[at:at] = generator.randbytes(generator.randint(1, 4))
        elif kind == 4:
            data[at:at] = data[at:other]
        else:
            # Two messages in a row are merged.
            data += encoded
    return bytes(data)


class Program:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def transcode(self, data):
        """Returns the message encoded again, or an error."""
        self.process.stdin.write(struct.pack('>I', len(data)) + data)
        self.process.stdin.flush()
        header = self.process.stdout.read(4)
        if len(header) != 4:
            sys.exit(f'the program has ended with {self.process.wait()} at {data.hex()}')
        result, = struct.unpack('>i', header)
        return self.process.stdout.read(result) if result >= 0 else result


def load(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, 'rb') as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName('kitchen.Everything'))


def decode(message_class, data):
    """Returns the message, or None."""
    message = message_class()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message


def values(message):
    """Returns all values of a message, its keys of maps included."""
    for field, value in message.ListFields():
        if is_map(field):
            yield from value.keys()
            yield from value.values()
        elif is_repeated(field):
            yield from value
        else:
            yield value


def differs_by_design(message):
    known = message.DESCRIPTOR.fields_by_number
    if any(unknown.field_number in known for unknown in UnknownFieldSet(message)):
        return True
    for value in values(message):
        if isinstance(value, str) and '\0' in value:
            return True
        if hasattr(value, 'ListFields') and differs_by_design(value):
            return True
    return False


def contents(message):
    """Returns the known fields of a message, encoded."""
    message.DiscardUnknownFields()
    # NaN differs from itself, bytes do not.
    return message.SerializeToString(deterministic=True)


def compare(message_class, program, data, counts):
    expected = decode(message_class, data)
    actual = program.transcode(data)
    if isinstance(actual, int):
        refused_by_both = expected is None
        if not refused_by_both and actual not in (BAD_WIRE_TYPE, TOO_DEEP):
            sys.exit(f'C refuses with {actual}: {data.hex()}')
        counts['refused by both' if refused_by_both else 'refused by C alone'] += 1
        return
    if expected is None:
        sys.exit(f'C accepts: {data.hex()}')
    if differs_by_design(expected):
        counts['not compared'] += 1
        return
    decoded = decode(message_class, actual)
    if decoded is None or contents(decoded) != contents(expected):
        sys.exit(f'contents differ: {data.hex()}\n{actual.hex()}')
    counts['accepted'] += 1


def main():
    message_class = load(sys.argv[1])
    program = Program(sys.argv[2])
    number, seed = int(sys.argv[3]), int(sys.argv[4])
    valid = dict.fromkeys(('accepted', 'not compared', 'refused by both', 'refused by C alone'), 0)
    mutated = dict(valid)
    for index in range(number):
        generator = random.Random(f'{seed} {index}')
        message = message_class()
        Maker(generator).fill(message)
        encoded = message.SerializeToString()
        compare(message_class, program, encoded, valid)
        compare(message_class, program, mutate(generator, encoded), mutated)
    program.process.stdin.close()
    if program.process.wait() != 0:
        sys.exit('the program has failed')
    print(f'valid: {valid}, mutated: {mutated}')
    if valid['accepted'] != number:
        sys.exit('a valid message was refused')


main()
