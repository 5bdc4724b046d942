#!/usr/bin/env bash
# Creates an environment with protobuf and the original's generator, and generates the original's code of the chat
# protocol.
# usage: prepare.sh DIRECTORY SCHEMA
set -euo pipefail
directory=$1
schema=$2
mkdir -p "$directory"
cd "$directory"

if [ ! -d environment ]; then
    rm -rf environment.unfinished
    python3 -m venv environment.unfinished
    environment.unfinished/bin/python -m pip install --quiet --disable-pip-version-check \
        messi==0.29.0 pbtools==0.47.0 grpcio-tools==1.85.1 protobuf==7.36.2
    mv environment.unfinished environment
fi

mkdir -p generated/original
cp "$schema" chat.proto
environment/bin/python -m messi generate_py_source -o generated/original chat.proto
