"""Images by URL: fetched by threads, and by asyncio; transformed by threads in both.

    python3 fetch.py OUT URL...

Waiting for a server needs no processor, so there are more fetches at once than transforms. With threads each one fetches and
transforms; pixmill's call leaves the GIL to the others. With asyncio the loop fetches, and transform_async works in
as many threads as there are processors. Prints the time of both.
"""

import asyncio
import concurrent.futures
import pathlib
import sys
import time
import urllib.parse
import urllib.request

import pixmill

FETCHES = 32
RECIPE = pixmill.Recipe('resize=800x800,shrink/format=jpeg/quality=80')


def file_of(out, number):
    return out / f'{number}.jpg'


def by_threads(out, urls):
    def one(number):
        try:
            with urllib.request.urlopen(urls[number], timeout=20) as answer:
                data = answer.read()
        except OSError as error:
            raise OSError(f'{urls[number]}: {error}') from error
        file_of(out, number).write_bytes(pixmill.transform(data, RECIPE, timeout=20))

    with concurrent.futures.ThreadPoolExecutor(FETCHES) as pool:
        list(pool.map(one, range(len(urls))))


async def fetch(url):
    """The body of an HTTP/1.0 answer, which ends with the connection."""
    parts = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(f'GET {parts.path or "/"} HTTP/1.0\r\nHost: {parts.hostname}\r\n\r\n'.encode())
        head, _, body = (await reader.read(-1)).partition(b'\r\n\r\n')
    finally:
        writer.close()
    if head.split(b' ', 2)[1:2] != [b'200']:
        status = head.partition(b'\r\n')[0].decode(errors='replace')
        raise OSError(f'{url}: {status or "no answer"}')
    return body


async def by_asyncio(out, urls):
    free = asyncio.Semaphore(FETCHES)

    async def one(number):
        async with free:
            data = await asyncio.wait_for(fetch(urls[number]), 20)
            result = await pixmill.transform_async(data, RECIPE, timeout=20)
        file_of(out, number).write_bytes(result)

    await asyncio.gather(*(one(number) for number in range(len(urls))))


def main():
    if len(sys.argv) < 3:
        sys.exit('usage: fetch.py OUT URL...')
    out, urls = pathlib.Path(sys.argv[1]), sys.argv[2:]
    out.mkdir(exist_ok=True)
    print(f'{len(urls)} images, {FETCHES} fetches at once')
    for name, way in [('threads', by_threads), ('asyncio', lambda *where: asyncio.run(by_asyncio(*where)))]:
        began = time.perf_counter()
        try:
            way(out, urls)
        except (OSError, pixmill.Error) as error:
            sys.exit(f'fetch.py: {error}')
        took = time.perf_counter() - began
        print(f'{name:8} {took:6.2f} s {len(urls) / took:8.1f} images/s', flush=True)


main()
