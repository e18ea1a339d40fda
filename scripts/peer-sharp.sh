# Sourced by the scripts that compare with sharp. Sets $cache, the folder where peers are installed; install_sharp installs sharp from
# npm and sets $node, a Node that runs it.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pixmill-peers

# sharp needs Node 20; Debian 12 has 18, and npm's package `node` brings another.
install_sharp() {
    mkdir -p "$cache"
    command -v npm >/dev/null || "$top/scripts/setup.sh" npm
    node=$(command -v node)
    if [ "$("$node" -p 'parseInt(process.versions.node)')" -lt 20 ]; then
        [ -x "$cache/node_modules/node/bin/node" ] || npm install --silent --no-fund --no-audit --prefix "$cache" node@22
        node=$cache/node_modules/node/bin/node
    fi
    if [ ! -d "$cache/node_modules/sharp" ]; then
        echo "pixmill: installing sharp from npm into $cache" >&2
        PATH=$(dirname "$node"):$PATH npm install --silent --no-fund --no-audit --prefix "$cache" sharp@0.35
    fi
}
