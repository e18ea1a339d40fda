#!/usr/bin/env python3
"""Tests the page of samples/python/web.py in Chromium: it measures the three ways, and draws a bar of each.

usage: PYTHONPATH=build/python web_page.py PICTURES [SCREENSHOTS]

PICTURES is a folder of images to serve, SCREENSHOTS one for pictures of the page (wide, on a phone, dark). Needs fastapi and uvicorn.
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / 'tests/serve'))
from browser import Browser, check

WAYS = ('loop', 'threads', 'async')


def start(pictures, browser):
    """The service on a free port; returns it and its address."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, '-m', 'uvicorn', '--app-dir', str(TOP / 'samples/python'), '--port', str(port),
                               '--log-level', 'warning', 'web:app'], env={**os.environ, 'PHOTOS': str(pictures)})
    while server.poll() is None:
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return server, f'http://127.0.0.1:{port}/'
        except ConnectionRefusedError:
            browser.value('new Promise(done => setTimeout(done, 50))')
    sys.exit('web_page.py: uvicorn has ended')


def check_bars(browser):
    """Three rows of two bars with figures; in each column the longest is as wide as its track."""
    rows = browser.value(f'''{list(WAYS)}.map(way => [...document.getElementById(way).querySelectorAll('td')].map(cell =>
        [parseFloat(cell.textContent), cell.querySelector('.bar').offsetWidth / cell.querySelector('.track').offsetWidth]))''')
    for column in zip(*rows):
        check(all(figure > 0 for figure, _ in column), f'all figures of {column} are above 0')
        most = max(figure for figure, _ in column)
        check(all(abs(width - figure / most) < 0.05 for figure, width in column), f'the bars of {column} are as long as their figures')
    return rows


def main():
    pictures, screenshots = pathlib.Path(sys.argv[1]).resolve(), (sys.argv[2:] or [None])[0]
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        server, url = start(pictures, browser)
        try:
            browser.open(url, 1000, 620)
            check(browser.value("document.querySelectorAll('.bar').length === 0"), 'no bar is there before it measured')
            browser.value("document.getElementById('start').click()")
            browser.wait("document.getElementById('state').textContent === 'done'", 'it measures')
            rows = check_bars(browser)
            browser.screenshot(screenshots, 'python-web')
            for width, dark, name in [(390, False, 'python-web-phone'), (1000, True, 'python-web-dark')]:
                browser.ask('Emulation.setDeviceMetricsOverride', width=width, height=844, deviceScaleFactor=1, mobile=width < 600)
                browser.ask('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
                check(browser.value('document.documentElement.scrollWidth <= innerWidth'), f'nothing overflows at {width}')
                browser.screenshot(screenshots, name)
            check(browser.problems == [], f'it has no errors: {browser.problems}')
        finally:
            server.terminate()
            server.wait()
            browser.close()
    for way, ((speed, _), (late, _)) in zip(WAYS, rows):
        print(f'{way:8} {speed:6.1f} images/s, ping p99 {late:.1f} ms, in Chromium on the same machine')


main()
