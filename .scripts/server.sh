# Sourced by "mariadb" and "mysql" beside it: a database server of one's own, in a directory, on a loopback port. Who sources it says how the server
# is got (require), its data made (install), what to run (server: an array), whether it answers (answers PORT) and what a client is to say (connection PORT).
set -euo pipefail

fail() { echo "$1" >&2; exit 1; }

usage() { fail "Usage: $0 start DIR [PORT [--option-of-the-server …]] | stop DIR | kill DIR | remove-after PID DIR"; }

# The server's process id, if it runs. A number alone may be another process by now.
running_pid() {
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null) && ps -p "$pid" -o args= 2>/dev/null | grep -qF -- "--datadir=$dir/data" && echo "$pid"
}

taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the ports that the kernel hands out to clients.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); taken "$port"; do :; done
    echo "$port"
}

launch() {
    local port=$1 keep_apart=()
    shift
    command -v setsid >/dev/null && keep_apart=(setsid)
    (
        # It outlives its caller, so it must hold none of the caller's pipes open.
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        # The socket's path is relative to the data: a deep directory would exceed what a socket's name may be.
        exec "${keep_apart[@]}" "${server[@]}" --datadir="$dir/data" --init-file="$dir/init.sql" "${as_user[@]}" \
            --bind-address=127.0.0.1 --port="$port" --socket=server.sock --pid-file="$dir/data/server.pid" \
            --skip-name-resolve --log-bin=binlog --sync-binlog=1 --server-id="$port" --character-set-server=utf8mb4 --transaction-isolation=READ-COMMITTED \
            --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M --max-allowed-packet=64M --max-connections=500 \
            "$@" </dev/null >>"$dir/log" 2>&1
    ) &
    echo $! >"$dir/pid"
    echo "$port" >"$dir/port"
}

start() {
    require
    mkdir -p "$dir/tmp"
    # A server that starts removes what looks like a forgotten temporary table, also another's that starts at the same time.
    export TMPDIR="$dir/tmp"
    if [ ! -d "$dir/data" ]; then
        rm -rf "$dir/data.new"
        install >"$dir/install.log" 2>&1 || fail "The data of $0 could not be made; see $dir/install.log"
        mv "$dir/data.new" "$dir/data"
        # Run at each start, before the port opens.
        cat >"$dir/init.sql" <<'SQL'
CREATE USER IF NOT EXISTS coupons@'127.0.0.1' IDENTIFIED BY 'coupons';
GRANT ALL ON *.* TO coupons@'127.0.0.1' WITH GRANT OPTION;
SQL
    fi
    if ! running_pid >/dev/null; then
        local port=${1:-$(cat "$dir/port" 2>/dev/null || free_port)}
        # One that was just killed may hold it for a moment yet.
        for _ in $(seq 50); do
            taken "$port" || break
            sleep 0.1
        done
        ! taken "$port" || fail "Port $port is taken; give another one, or remove $dir/port."
        launch "$port" "${@:2}"
    fi

    local port
    port=$(cat "$dir/port")
    for _ in $(seq 600); do
        if answers "$port"; then
            connection "$port"
            return
        fi
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || fail "The server ended at once; see the end of $dir/log"
        sleep 0.1
    done
    fail "The server does not answer on port $port after a minute; see $dir/log"
}

# Sends the signal and waits for the end.
end() {
    local pid
    pid=$(running_pid) || return 0
    kill "-$1" "$pid"
    # Someone may have stopped it with SIGSTOP, and a stopped process takes no SIGTERM.
    kill -CONT "$pid" 2>/dev/null || true
    while running_pid >/dev/null; do sleep 0.05; done
}

# Apart from the caller, whose end it waits for.
remove_after() {
    local pid=$1
    (
        trap '' HUP INT TERM
        exec </dev/null >/dev/null 2>&1
        while kill -0 "$pid"; do sleep 0.5; done
        end KILL || true
        rm -rf "$dir"
    ) &
}

[ $# -ge 2 ] || usage
if [ "$1" = remove-after ]; then
    [ $# -eq 3 ] || usage
    dir=$(cd "$3" && pwd -P)
    remove_after "$2"
    exit
fi

mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=(--user=root)

case $1 in
    start) start "${@:3}" ;;
    stop) end TERM ;;
    kill) end KILL ;;
    *) usage ;;
esac
