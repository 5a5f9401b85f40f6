#!/bin/sh
# Runs a PostgreSQL server in the folder $1 on the port $2 until standard input ends. Prints `ready` when it accepts
# connections, or `skipped: …` if there is no server on this machine. With the folder of keys $3, it offers TLS. For each
# line of standard input, it does what the line says, and prints `ready` again: see the end of this file. With $4, a number of
# MiB, its files are on a disk of that size, but for the log of its transactions, which would end the server when it is full.
# With $5, a port, a standby follows it there.
set -eu
folder=$1 port=$2 keys=$3 size=${4-} standby=${5-}

# The other programs may not be beside a link to this one.
programs=$(command -v initdb || true)
if [ -n "$programs" ]; then programs=$(dirname "$(readlink -f "$programs")"); fi
for candidate in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    if [ -z "$programs" ] && [ -x "$candidate/initdb" ]; then programs=$candidate; fi
done
if [ -z "$programs" ]; then
    echo "skipped: PostgreSQL"
    exit
fi

log=
if [ -n "$size" ]; then
    # The mount is gone when the last process of its namespace is.
    if [ -z "${mounted-}" ]; then
        unshare --mount --propagation private true 2> /dev/null || { echo "skipped: a small disk"; exit; }
        mounted=yes exec unshare --mount --propagation private sh "$0" "$@"
    fi
    mkdir "$folder/data"
    mount -t tmpfs -o "size=${size}m" tmpfs "$folder/data" 2> /dev/null || { echo "skipped: a small disk"; exit; }
    log="--waldir=$folder/log"
fi

# The server does not run as root.
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
    chown nobody "$folder"
    if [ -n "$size" ]; then chown nobody "$folder/data" && chmod 700 "$folder/data"; fi
fi
printf 'the password' > "$folder/password"
cp "$keys/server.pem" "$folder/server.pem"
cp "$keys/server_key.pem" "$folder/server_key.pem"
chmod 600 "$folder/server_key.pem"
if [ -n "$as" ]; then chown nobody "$folder/password" "$folder/server_key.pem"; fi
$as "$programs/initdb" -D "$folder/data" -U longhaul -A password --pwfile="$folder/password" -E UTF8 --no-locale \
    --no-sync $log > "$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
options="-k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c ssl=on"
options="$options -c ssl_cert_file=$folder/server.pem -c ssl_key_file=$folder/server_key.pem"
# A standby whose primary is gone does not wait before it takes over.
options="$options -c wal_retrieve_retry_interval=100ms"
# Starts the server whose data is in $1, on the port $2.
start() {
    $as "$programs/pg_ctl" -D "$1" -w -l "$1/server.log" -o "$options -p $2" start > /dev/null ||
        { cat "$1/server.log" >&2; exit 1; }
}
# Ends it as a crash does.
crash() {
    $as "$programs/pg_ctl" -D "$1" -m immediate stop > /dev/null
}
end() {
    for data in "$folder/data" "$folder/standby"; do
        if [ -e "$data/postmaster.pid" ]; then crash "$data"; fi
    done
    if [ -n "$size" ]; then umount "$folder/data"; fi
    rm -rf "$folder"
}
trap end EXIT
start "$folder/data" "$port"
if [ -n "$standby" ]; then
    PGPASSWORD='the password' $as "$programs/pg_basebackup" -h "$folder" -p "$port" -U longhaul -D "$folder/standby" \
        --write-recovery-conf --checkpoint=fast --no-sync
    start "$folder/standby" "$standby"
fi
echo ready
while read -r command; do
    case $command in
    restart) crash "$folder/data" && start "$folder/data" "$port" ;;
    crash) crash "$folder/data" ;;
    "stop standby") $as "$programs/pg_ctl" -D "$folder/standby" -m fast stop > /dev/null ;;
    "start standby") start "$folder/standby" "$standby" ;;
    promote) $as "$programs/pg_ctl" -D "$folder/standby" -w promote > /dev/null ;;
    *) echo "there is no command $command" ;;
    esac
    echo ready
done
