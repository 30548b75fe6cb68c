#!/bin/sh
# Starts the server in a container: takes the API key or makes one, serves, and indexes what is new meanwhile.
set -eu

photos=${TWINLENS_PHOTOS:-/photos}
collection=$TWINLENS_HOME/collection

if [ -z "${TWINLENS_API_KEY:-}${TWINLENS_API_KEY_FILE:-}" ]; then
    export TWINLENS_API_KEY_FILE="$TWINLENS_HOME/api-key"
    if [ ! -s "$TWINLENS_API_KEY_FILE" ]; then
        (umask 077 && python -c 'import secrets; print(secrets.token_urlsafe(24))' >"$TWINLENS_API_KEY_FILE")
    fi
    echo "no TWINLENS_API_KEY came; the key is $(cat "$TWINLENS_API_KEY_FILE")" >&2
fi

nice twinlens index "$photos" --collection "$collection" >&2 &
indexing=$!

# the first photos can be searched while the others are being read
until python -c 'import sys, twinlens; sys.exit(not len(twinlens.Collection(sys.argv[1])))' "$collection" 2>/dev/null; do
    kill -0 "$indexing" 2>/dev/null || break # it has said why
    sleep 1
done

exec twinlens serve --in "$collection" --host 0.0.0.0 --port 5000 "$@"
