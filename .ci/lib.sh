# What these scripts share, sourced in the project's folder: a folder for work,
# npm packages, and servers, which stop at the end.
tools=$PWD/.ci/bin
work=$(mktemp -d)
servers=()
stop() {
  local server
  for server in ${servers[@]+"${servers[@]}"}; do
    { kill "$server" && wait "$server"; } 2>/dev/null || true
  done
  servers=()
}
trap 'stop; rm -rf "$work"' EXIT

# npm_package PACKAGE VERSION: installs it; package holds where it is.
npm_package() {
  local home=$tools/npm-${1##*/}-$2
  package=$home/node_modules/$1
  [ -d "$home" ] && return
  # Renamed at the end, so that a broken install is not taken for a whole one.
  rm -rf "$home.new"
  npm install --no-audit --no-fund --save-exact --prefix "$home.new" "$1@$2" >"$work/npm" 2>&1 || { cat "$work/npm" >&2; exit 1; }
  mv "$home.new" "$home"
}

# newer_node: node holds a Node that is newer than that of many machines.
newer_node() {
  npm_package node 22.23.3
  node=$package/bin/node
  # Some npm settings leave install scripts out, and this one fetches the binary.
  [ -x "$node" ] || (cd "$package" && command node installArchSpecificPackage >&2)
}

# start LOG OPTION...: starts the server $binary; address holds where it listens.
start() {
  local log=$1
  shift
  : >"$log" # the server's redirection may be later than the first look
  "$binary" http --sandbox --listen 127.0.0.1:0 "$@" 2>"$log" &
  servers+=("$!")
  for _ in $(seq 100); do
    address=$(sed -n 's/.*"msg":"listening".*"address":"\([^"]*\)".*/\1/p' "$log")
    [ -z "$address" ] || return 0
    sleep 0.1
  done
  echo "the server does not listen:" >&2
  cat "$log" >&2
  exit 1
}
