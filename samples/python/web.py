"""An image endpoint three ways, and a ping beside it, with FastAPI.

    PHOTOS=photos uvicorn web:app

/                       a page (web.html) that measures the three in the browser, and shows a bar of each
/loop/800/lake.jpg      transform in the coroutine itself: the event loop does nothing else meanwhile
/threads/800/lake.jpg   transform in the loop's default executor
/async/800/lake.jpg     transform_async: stops the work when the task is cancelled
/ping                   an answer that needs no work; how late it comes shows how long the loop was blocked
"""

import asyncio
import mimetypes
import os
import pathlib

import fastapi
import fastapi.responses
import pixmill

app = fastapi.FastAPI()
photos = pathlib.Path(os.environ.get('PHOTOS', 'photos')).resolve()
PAGE = pathlib.Path(__file__).with_name('web.html').read_text()


def read(name, width):
    """The file's bytes and the recipe."""
    path = (photos / name).resolve()
    if path.parent != photos or not path.is_file():
        raise fastapi.HTTPException(404)
    return path.read_bytes(), pixmill.Recipe(f'resize={width}x/format=jpeg/quality=80')


def answer(data):
    return fastapi.Response(data, media_type='image/jpeg')


@app.exception_handler(pixmill.Error)
async def refuse(request, error):
    return fastapi.Response(str(error), 413 if error.kind == 'limit' else 422, media_type='text/plain')


@app.get('/')
async def page():
    return fastapi.responses.HTMLResponse(PAGE)


@app.get('/names')
async def names():
    """For the page: what there is to ask for."""
    return sorted(path.name for path in photos.iterdir() if (mimetypes.guess_type(path)[0] or '').startswith('image/'))


@app.get('/ping')
async def ping():
    return 'pong'


@app.get('/loop/{width}/{name}')
async def in_loop(width: int, name: str):
    return answer(pixmill.transform(*read(name, width)))


@app.get('/threads/{width}/{name}')
async def in_threads(width: int, name: str):
    loop = asyncio.get_running_loop()
    return answer(await loop.run_in_executor(None, pixmill.transform, *read(name, width)))


@app.get('/async/{width}/{name}')
async def in_async(width: int, name: str):
    return answer(await pixmill.transform_async(*read(name, width)))
