"""Reads and creates messages with Google's protobuf.

A request has three parts: `read` or `make`, the full name of a message, and an encoded message or
the eight bytes of a seed. The reply has two: the fields of the message, as listing.rs explains, and
the message encoded. Before each part is its size, four bytes, big endian.
"""

import random
import signal
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field

# The time limit of a request, in seconds.
LIMIT = 60

# The maximum number of nested values in a message.
MAX_VALUES = 40

# Types of google.protobuf that are plain values in Rust.
WRAPPERS = {
    f'google.protobuf.{name}Value'
    for name in ('String', 'Bytes', 'Bool', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double')
}

SIGNED_32 = (Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32)
SIGNED_64 = (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64)
UNSIGNED_32 = (Field.TYPE_UINT32, Field.TYPE_FIXED32)
RANGES = {
    **dict.fromkeys(SIGNED_32, (-2**31, 2**31 - 1)),
    **dict.fromkeys(SIGNED_64, (-2**63, 2**63 - 1)),
    **dict.fromkeys(UNSIGNED_32, (0, 2**32 - 1)),
    Field.TYPE_ENUM: (-2**31, 2**31 - 1),
    Field.TYPE_UINT64: (0, 2**64 - 1),
    Field.TYPE_FIXED64: (0, 2**64 - 1),
}


# --- Listing ---

def listing(message):
    return '\n'.join(sorted(message_lines('', message)))


def message_lines(path, message):
    descriptor = message.DESCRIPTOR
    if descriptor.full_name in WRAPPERS:
        yield f'{path} = {leaf(descriptor.fields_by_name["value"], message.value)}'
        return
    yield f'{path} = {{}}'
    for field in descriptor.fields:
        yield from field_lines(f'{path}.{field.number}', field, message)


def field_lines(path, field, message):
    if field.has_presence and not message.HasField(field.name):
        return
    value = getattr(message, field.name)
    if is_map(field):
        key_field, value_field = field.message_type.fields
        for key in value:
            step = f'<{leaf(key_field, key)}>'
            yield from value_lines(path + step, value_field, value[key])
    elif field.is_repeated:
        for index, element in enumerate(value):
            yield from value_lines(f'{path}[{index}]', field, element)
    else:
        yield from value_lines(path, field, value)


def value_lines(path, field, value):
    if field.type == Field.TYPE_MESSAGE:
        yield from message_lines(path, value)
    else:
        yield f'{path} = {leaf(field, value)}'


def leaf(field, value):
    if field.type == Field.TYPE_BOOL:
        return str(value).lower()
    if field.type == Field.TYPE_STRING:
        return value.encode().hex()
    if field.type == Field.TYPE_BYTES:
        return value.hex()
    if field.type in (Field.TYPE_FLOAT, Field.TYPE_DOUBLE):
        code = '>f' if field.type == Field.TYPE_FLOAT else '>d'
        # -0 + 0 is 0.
        return 'nan' if value != value else struct.pack(code, value + 0.0).hex()
    return str(value)


def is_alone(field):
    """Returns whether a field is in no oneof with others."""
    return field.containing_oneof is None or len(field.containing_oneof.fields) == 1


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


# --- Making ---

class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.left = self.random.randint(0, MAX_VALUES)

    def more(self):
        more = self.left > 0 and self.random.random() < 0.75
        self.left -= more
        return more

    def fill(self, message):
        parts = [(self.fill_field, field) for field in message.DESCRIPTOR.fields if is_alone(field)]
        parts += [(self.fill_oneof, oneof) for oneof in message.DESCRIPTOR.oneofs if len(oneof.fields) > 1]
        # In any order: the first ones use up the values that are left.
        for fill, part in self.random.sample(parts, len(parts)):
            fill(message, part)

    def fill_oneof(self, message, oneof):
        if self.more():
            self.set(message, self.random.choice(oneof.fields))

    def fill_field(self, message, field):
        if is_map(field):
            self.fill_map(field, getattr(message, field.name))
        elif field.is_repeated:
            self.fill_list(field, getattr(message, field.name))
        elif not field.has_presence or self.more():
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
            return ''.join(self.character() for _ in range(self.size()))
        if field.type == Field.TYPE_BYTES:
            return self.random.randbytes(self.size())
        if field.type == Field.TYPE_FLOAT:
            return self.number('>f', 4)
        if field.type == Field.TYPE_DOUBLE:
            return self.number('>d', 8)
        return self.integer(*RANGES[field.type])

    def size(self):
        return self.random.randint(0, self.random.choice((0, 10, 300)))

    def character(self):
        first, last = self.random.choice(((0, 0x7f), (0x80, 0xd7ff), (0xe000, 0x10ffff)))
        return chr(self.random.randint(first, last))

    def number(self, code, size):
        special = (0.0, -0.0, 1.5, float('nan'), float('inf'), float('-inf'))
        if self.random.random() < 0.5:
            return self.random.choice(special)
        return struct.unpack(code, self.random.randbytes(size))[0]

    def integer(self, least, greatest):
        if self.random.random() < 0.5:
            return self.random.choice((least, greatest, 0, 1, 127, 128))
        return self.random.randint(least, greatest)


# --- Requests ---

def load(path):
    """Returns the class of the message with a name."""
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, 'rb') as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def read_part():
    size = sys.stdin.buffer.read(4)
    if len(size) < 4:
        sys.exit()
    return sys.stdin.buffer.read(int.from_bytes(size, 'big'))


def write_part(part):
    sys.stdout.buffer.write(len(part).to_bytes(4, 'big') + part)


def main():
    class_of = load(sys.argv[1])
    while True:
        signal.alarm(LIMIT)
        what, name, argument = read_part(), read_part(), read_part()
        message = class_of(name.decode())()
        if what == b'read':
            message.ParseFromString(argument)
        else:
            Maker(int.from_bytes(argument, 'big')).fill(message)
        write_part(listing(message).encode())
        write_part(message.SerializeToString())
        sys.stdout.buffer.flush()


main()
