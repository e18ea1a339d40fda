#!/usr/bin/python3
"""A real object store for tests: OpenStack Swift with its S3 API and tempauth, on free ports of 127.0.0.1.

    object_store.py FOLDER

Puts everything below FOLDER, whose file system must have extended attributes. Prints "http://127.0.0.1:PORT"
once the store answers, and ends, with all its processes, when standard input is closed. The account is
test:tester with the secret "testing"; a second one, test:reader with "reading", may do nothing. There is one
bucket, "photos".
Exits with 77, and says why, where Swift can't run.
"""
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

SERVERS = ("account", "container", "object")


def skip(why):
    print("object_store.py:", why, file=sys.stderr)
    sys.exit(77)


try:
    from swift.common import utils
except ImportError as missing:
    skip(f"OpenStack Swift is not installed (Debian: swift-proxy swift-account swift-container swift-object): {missing}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def make_rings(folder, ports):
    from swift.common.ring import RingBuilder
    for kind in SERVERS:
        builder = RingBuilder(2, 1, 0)
        builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[kind], "device": "disk",
                         "weight": 1, "replication_ip": "127.0.0.1", "replication_port": ports[kind]})
        builder.rebalance()
        builder.get_ring().save(os.path.join(folder, kind + ".ring.gz"))


def configure(folder, ports):
    os.makedirs(os.path.join(folder, "devices", "disk"), exist_ok=True)
    write(folder, "swift.conf",
          "[swift-hash]\nswift_hash_path_prefix = pixmill\nswift_hash_path_suffix = tests\n"
          "[storage-policy:0]\nname = one\ndefault = yes\n")
    user = pwd.getpwuid(os.geteuid()).pw_name
    common = f"user = {user}\nbind_ip = 127.0.0.1\nworkers = 1\nswift_dir = {folder}\nlog_level = WARNING\nlog_address = {folder}/no-log\n"
    for kind in SERVERS:
        write(folder, kind + "-server.conf",
              f"[DEFAULT]\nbind_port = {ports[kind]}\n{common}devices = {folder}/devices\nmount_check = false\n"
              f"disable_fallocate = true\n[pipeline:main]\npipeline = {kind}-server\n"
              f"[app:{kind}-server]\nuse = egg:swift#{kind}\n")
    write(folder, "proxy-server.conf",
          f"[DEFAULT]\nbind_port = {ports['proxy']}\n{common}"
          "[pipeline:main]\npipeline = catch_errors cache listing_formats s3api tempauth bulk slo proxy-server\n"
          "[app:proxy-server]\nuse = egg:swift#proxy\nallow_account_management = true\naccount_autocreate = true\n"
          "[filter:catch_errors]\nuse = egg:swift#catch_errors\n"
          f"[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:{ports['memcached']}\n"
          "[filter:listing_formats]\nuse = egg:swift#listing_formats\n"
          "[filter:bulk]\nuse = egg:swift#bulk\n"
          "[filter:slo]\nuse = egg:swift#slo\nminimum_segment_size = 1\n"
          "[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\nmin_segment_size = 1\ns3_acl = false\n"
          "check_bucket_owner = false\n"
          "[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = testing .admin\n"
          "user_test_reader = reading\n")


def serve(folder, kind):
    """Runs one server; its configuration of hashes is read from FOLDER instead of /etc/swift."""
    utils.SWIFT_CONF_FILE = os.path.join(folder, "swift.conf")
    from swift.common.wsgi import run_wsgi
    sys.exit(run_wsgi(os.path.join(folder, kind + "-server.conf"), kind + "-server"))


def start(folder, ports):
    children = []
    with open(os.path.join(folder, "log"), "ab") as log:
        user = ["-u", "root"] if os.geteuid() == 0 else []
        children.append(subprocess.Popen(
            ["memcached", "-l", "127.0.0.1", "-p", str(ports["memcached"]), "-U", "0", *user],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))
        for kind in SERVERS + ("proxy",):
            children.append(subprocess.Popen([sys.executable, __file__, folder, kind], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log, start_new_session=True))
    return children


def make_bucket(endpoint, name):
    """By Swift's own interface, which needs no signature."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(request):
        """The servers accept connections a moment before they can answer."""
        until = time.monotonic() + 60
        while True:
            try:
                with opener.open(request) as answer:
                    return answer.headers
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > until:
                    raise
                time.sleep(0.1)

    headers = ask(urllib.request.Request(endpoint + "/auth/v1.0", headers={"X-Auth-User": "test:tester",
                                                                           "X-Auth-Key": "testing"}))
    for container in (name, name + "+segments"):
        ask(urllib.request.Request(f"{headers['X-Storage-Url']}/{container}", method="PUT",
                                   headers={"X-Auth-Token": headers["X-Auth-Token"]}))


def is_up(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop(children):
    for child in children:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()


def has_attributes(folder):
    probe = os.path.join(folder, "probe")
    open(probe, "w", encoding="utf-8").close()
    try:
        os.setxattr(probe, "user.pixmill", b"1" * 200)
        return True
    except OSError:
        return False


def main():
    folder = os.path.abspath(sys.argv[1])
    if len(sys.argv) > 2:
        serve(folder, sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    if not has_attributes(folder):
        skip(f"{folder} has no extended attributes")
    if not any(os.access(os.path.join(path, "memcached"), os.X_OK) for path in os.environ["PATH"].split(":")):
        skip("memcached is not installed")
    ports = {kind: free_port() for kind in SERVERS + ("proxy", "memcached")}
    utils.SWIFT_CONF_FILE = os.path.join(folder, "swift.conf")
    configure(folder, ports)
    make_rings(folder, ports)
    children = start(folder, ports)
    try:
        until = time.monotonic() + 120
        while not all(is_up(port) for port in ports.values()):
            if time.monotonic() > until or any(child.poll() is not None for child in children):
                with open(os.path.join(folder, "log"), encoding="utf-8", errors="replace") as log:
                    sys.stderr.write(log.read()[-4000:])
                skip("Swift did not start")
            time.sleep(0.1)
        make_bucket(f"http://127.0.0.1:{ports['proxy']}", "photos")
        print(f"http://127.0.0.1:{ports['proxy']}", flush=True)
        sys.stdin.buffer.read()
    finally:
        stop(children)


main()
