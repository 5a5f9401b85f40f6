#!/bin/sh
# Runs a PostgreSQL server in the folder $1 on the port $2 until standard input ends. Prints `ready` when it accepts
# connections, or `skipped: …` if there is no server on this machine. With the folder of keys $3, it offers TLS. For each
# line of standard input, it restarts the server as after a crash, and prints `ready` again.
set -eu
folder=$1 port=$2 keys=$3

programs=$(command -v initdb || true)
programs=${programs%/initdb}
for candidate in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    if [ -z "$programs" ] && [ -x "$candidate/initdb" ]; then programs=$candidate; fi
done
if [ -z "$programs" ]; then
    echo "skipped: PostgreSQL"
    exit
fi

# The server does not run as root.
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
    chown nobody "$folder"
fi
printf 'the password' > "$folder/password"
cp "$keys/server.pem" "$folder/server.pem"
cp "$keys/server_key.pem" "$folder/server_key.pem"
chmod 600 "$folder/server_key.pem"
if [ -n "$as" ]; then chown nobody "$folder/password" "$folder/server_key.pem"; fi
$as "$programs/initdb" -D "$folder/data" -U longhaul -A password --pwfile="$folder/password" -E UTF8 --no-locale \
    --no-sync > "$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
options="-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c ssl=on"
options="$options -c ssl_cert_file=$folder/server.pem -c ssl_key_file=$folder/server_key.pem"
start() {
    $as "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/data/server.log" -o "$options" start > /dev/null ||
        { cat "$folder/data/server.log" >&2; exit 1; }
    echo ready
}
start
while read -r _; do
    $as "$programs/pg_ctl" -D "$folder/data" -m immediate stop > /dev/null
    start
done
$as "$programs/pg_ctl" -D "$folder/data" -m immediate stop > /dev/null
rm -rf "$folder"
