#!/usr/bin/env bash
# Downloads the original's generators and C runtimes, and generates the code of the chat protocol.
# usage: prepare.sh DIRECTORY SCHEMA
set -euo pipefail
directory=$1
schema=$2
mkdir -p "$directory"
cd "$directory"

# The generated code of these versions compiles with the runtimes below.
if [ ! -x environment/bin/messi ]; then
    rm -rf environment
    python3 -m venv environment
    environment/bin/pip install --quiet --disable-pip-version-check messi==0.26.0 pbtools==0.33.0
fi

# The last versions with the C runtimes in their packages.
if [ ! -d runtimes ]; then
    environment/bin/pip install --quiet --disable-pip-version-check --no-deps \
        --target runtimes.unfinished messi==0.21.1 pbtools==0.32.1
    mv runtimes.unfinished runtimes
fi
sha256sum --quiet --check <<'SUMS'
2569435f8e53c540f070c78ecf1a53751399a97638b83e3f5f29ca8ff9fb58d2  runtimes/messi/c_source/messi.c
3aa5715f8854a2da9704135c68bf2fc980c3dbd9da728ba5c13d1cbe6253b659  runtimes/messi/c_source/messi.h
9a9c691818890c6cd53b41e674ce0fbb3046a68f3b21ee06c2b8fbb382467cec  runtimes/pbtools/c_source/pbtools.c
30c5a83448072e260f8b20109d31ae3a3ac36c14f277759cb92c34c798c9288e  runtimes/pbtools/c_source/pbtools.h
SUMS

mkdir -p generated
cp "$schema" chat.proto
environment/bin/python -m messi generate_c_source -p linux -s both -o generated chat.proto
