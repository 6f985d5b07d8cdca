#!/bin/bash
# The PostgreSQL sink when its connection goes.
exec bash "$(dirname "$0")/try.sh" tests/unit/test_postgres_lost
