#!/usr/bin/env bash
# libcurl before 8.6 reports a response header line that is too long as "Out of memory".
#
# libcurl keeps no header line longer than 100 KiB. A server that sends one is told apart from a lack of memory only since 8.6 (error
# 100, CURLE_TOO_LARGE). Before, the growing buffer's limit and a failed allocation share the error 27, CURLE_OUT_OF_MEMORY. A client
# that treats 27 as its own trouble, and frees memory and tries again, cannot succeed: the cause is what the server sent.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

unpack curl=7.88.1-10+deb12u15
cd "$work"

# A server for one request; its answer has a header line of the given length.
serve() {
    perl -MIO::Socket::INET -e '
        my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die; $| = 1; alarm 20;
        print $listener->sockport, "\n"; close STDOUT;
        my $client = $listener->accept or die;
        while (<$client>) { last if /^\r?$/ }
        print $client "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ", "a" x ($ARGV[0] - 5), "\r\n\r\nok";' "$1"
}
fetch() {
    local port status=0
    exec 3< <(serve "$1")
    read -r port <&3
    run curl -q -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$port/" 2>&1 || status=$?
    echo " (exit status $status)"
    exec 3<&-
}
short=$(fetch 100000) long=$(fetch 110000)
echo "version:  $(run curl -q --version | head -1 | cut -d' ' -f1-4)"
echo "expected: for a line of 110000 bytes an error that names the size of the response's header"
echo "seen:     line of 100000 bytes: $short"
echo "          line of 110000 bytes: $long"
[[ $short = 'ok (exit status 0)' && $long = 'curl: (27) Out of memory'*'(exit status 27)' ]] || { echo "the behaviour has changed"; exit 1; }
