#!/bin/bash
# The contract suite over every sink.
exec bash "$(dirname "$0")/try.sh" tests/contract/contract
