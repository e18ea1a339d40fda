"""transform and probe: results, arguments, buffers, secrets, warnings."""

import array
import mmap
import os
import subprocess
import tempfile
import threading
import unittest
import warnings

import pixmill
from common import FREE_THREADED, KEY, LAKE, SMALL, THUMB, WHEEL, bmp, png_chunk


class Results(unittest.TestCase):
    def test_are_those_of_the_command(self):
        for text in ['resize=300x200/blur=2/format=jpeg/quality=75', 'rotate=90', 'format=webp', 'resize=50x/format=png']:
            self.assertEqual(pixmill.transform(LAKE, text), self.by_command(text), text)

    def by_command(self, text):
        with tempfile.NamedTemporaryFile('w', suffix='.recipe') as file:
            file.write('\n'.join(text.split('/')) + '\n')
            file.flush()
            return subprocess.run([os.environ['PIXMILL'], 'run', '--image', '-', '-o', '-', '--quiet', '--recipe=' + file.name],
                                  input=LAKE, stdout=subprocess.PIPE, check=True).stdout

    def test_need_the_codec_parts_only_where_they_are(self):
        parts = {name for name in os.listdir(os.path.dirname(pixmill.__file__)) if name.startswith('pixmill-')}
        for name in ['avif', 'tiff']:
            if f'pixmill-{name}.so' in parts:
                self.assertEqual(pixmill.probe(pixmill.transform(SMALL, 'format=' + name)).format, name)
            else:
                with self.assertRaises(pixmill.UnsupportedError):
                    pixmill.transform(SMALL, 'format=' + name)

    def test_take_the_recipe_as_text_or_object_and_arguments_by_name(self):
        self.assertEqual(pixmill.transform(recipe=THUMB, data=LAKE), pixmill.transform(LAKE, str(THUMB)))


class Probe(unittest.TestCase):
    def test_tells_what_the_header_says(self):
        info = pixmill.probe(LAKE)
        self.assertEqual((info.format, info.width, info.height, info.color, info.alpha, info.depth, info.frames),
                         ('jpeg', 1200, 800, 'ycc', False, 8, 1))
        self.assertEqual(pixmill.probe(WHEEL)[:3], ('png', 288, 288))
        self.assertTrue(pixmill.probe(WHEEL).alpha)
        self.assertEqual((info.pages, info.cicp, info.holds_jpeg), (1, None, False))
        self.assertEqual(pixmill.probe(SMALL[:33] + png_chunk(b'cICP', bytes([12, 13, 0, 1])) + SMALL[33:]).cicp, (12, 13, 0, True))
        self.assertTrue(pixmill.probe(pixmill.transform(LAKE, 'format=jxl/lossless')).holds_jpeg)
        self.assertEqual(pixmill.probe(LAKE[:2000]), info)

    def test_raises_what_is_wrong(self):
        for data, error in [(b'', pixmill.TruncatedError), (b'no image at all', pixmill.UnsupportedError)]:
            with self.assertRaises(error):
                pixmill.probe(data)


class Buffers(unittest.TestCase):
    def test_of_every_kind_give_the_same(self):
        want = pixmill.transform(LAKE, THUMB)
        kinds = [bytearray(LAKE), memoryview(LAKE), memoryview(bytearray(LAKE)), memoryview(bytearray(LAKE)).toreadonly(),
                 memoryview(memoryview(b'x' + LAKE)[1:]), array.array('B', LAKE)]
        with tempfile.TemporaryFile() as file:
            file.write(LAKE)
            file.flush()
            kinds += [mmap.mmap(file.fileno(), 0, access=access) for access in (mmap.ACCESS_READ, mmap.ACCESS_COPY)]
        try:
            import numpy
            kinds += [numpy.frombuffer(LAKE, numpy.uint8), numpy.array(memoryview(LAKE))]
        except ImportError:
            pass
        for data in kinds:
            self.assertEqual(pixmill.transform(data, THUMB), want, repr(data)[:60])
            self.assertEqual(pixmill.probe(data).width, 1200)

    def test_that_are_no_bytes_in_a_row_are_refused(self):
        for data in [None, 'text', 7, memoryview(LAKE)[::2]]:
            with self.assertRaises((TypeError, BufferError)):
                pixmill.transform(data, THUMB)

    def test_are_released_after_the_call(self):
        for data in [bytearray(LAKE), bytearray(b'no image')]:
            try:
                pixmill.transform(data, THUMB)
            except pixmill.Error:
                pass
            data.append(0)  # BufferError while it is exported

    def change_while_it_is_read(self, view_of):
        """A thread writes one of two pictures into the buffer; each result is of one of them."""
        pictures = [bmp(400, 300, value) for value in (20, 200)]
        wanted = [pixmill.transform(picture, 'resize=40x30/format=png') for picture in pictures]
        buffer, end = bytearray(pictures[0]), threading.Event()

        def change():
            while not end.is_set():
                for picture in pictures:
                    memoryview(buffer)[:] = picture

        writer = threading.Thread(target=change)
        writer.start()
        try:
            for _ in range(100):
                result = pixmill.transform(view_of(buffer), 'resize=40x30/format=png')
                if not FREE_THREADED:  # there the copy may have parts of both
                    self.assertIn(result, wanted)
        finally:
            end.set()
            writer.join()

    def test_that_another_thread_writes_to_are_copied_first(self):
        self.change_while_it_is_read(lambda buffer: buffer)

    def test_that_another_thread_writes_to_are_copied_first_though_the_view_is_read_only(self):
        self.change_while_it_is_read(lambda buffer: memoryview(buffer).toreadonly())


class Limits(unittest.TestCase):
    def test_of_arguments(self):
        for arguments in [{'timeout': 0}, {'timeout': -1}, {'timeout': float('nan')}, {'timeout': float('inf')},
                          {'max_pixels': 0}, {'secret': b'short'}, {'secret': KEY, 'name': 'n' * 1024},
                          {'secret': KEY, 'name': 'a\0b'}]:
            with self.assertRaises(ValueError, msg=arguments):
                pixmill.transform(SMALL, THUMB, **arguments)
        for arguments in [{'timeout': 'long'}, {'max_pixels': 'many'}, {'stop': True}, {'secret': 5}, {'name': 5},
                          {'unknown': 1}]:
            with self.assertRaises(TypeError, msg=arguments):
                pixmill.transform(SMALL, THUMB, **arguments)
        with self.assertRaises(OverflowError):
            pixmill.transform(SMALL, THUMB, max_pixels=-1)

    def test_of_pixels_and_none(self):
        self.assertEqual(pixmill.transform(SMALL, 'flip', max_pixels=2400), pixmill.transform(SMALL, 'flip', max_pixels=None))
        with self.assertRaises(pixmill.LimitError) as caught:
            pixmill.transform(SMALL, 'flip', max_pixels=2399)
        self.assertEqual((caught.exception.limit, caught.exception.value), (2399, 2400))
        self.assertEqual(pixmill.MAX_PIXELS, 16383 ** 2)


class Secrets(unittest.TestCase):
    def test_encrypt_and_decrypt(self):
        plain = pixmill.transform(SMALL, 'flip/format=png')
        sealed = pixmill.transform(plain, 'encrypt', secret=KEY, name='a/b.png')
        self.assertTrue(pixmill.probe(sealed).encrypted)
        self.assertEqual(pixmill.transform(sealed, 'decrypt/format=png', secret=bytearray(KEY), name='a/b.png'), plain)

    def test_are_new_for_each_image(self):
        self.assertNotEqual(*(pixmill.transform(SMALL, 'encrypt', secret=KEY) for _ in range(2)))

    def test_of_a_file_by_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in [('key', KEY), ('a.png', SMALL)]:
                with open(os.path.join(folder, name), 'wb') as file:
                    file.write(data)
            os.chmod(os.path.join(folder, 'key'), 0o600)
            subprocess.run([os.environ['PIXMILL'], 'run', 'a.png', '-o', 'out/', '--encrypt', '--key-file=key', '--quiet'],
                           cwd=folder, check=True)
            with open(os.path.join(folder, 'out/a.png'), 'rb') as file:
                sealed = file.read()
        self.assertEqual(pixmill.probe(pixmill.transform(sealed, 'decrypt', secret=KEY, name='a.png')).width, 60)

    def test_missing_wrong_or_of_another_name(self):
        sealed = pixmill.transform(SMALL, 'encrypt', secret=KEY, name='a.png')
        for arguments, error in [({}, pixmill.WrongKeyError), ({'secret': bytes(32), 'name': 'a.png'}, pixmill.WrongKeyError),
                                 ({'secret': KEY, 'name': 'b.png'}, pixmill.ChangedError)]:
            with self.assertRaises(error, msg=arguments):
                pixmill.transform(sealed, 'decrypt', **arguments)
        with self.assertRaises(pixmill.UnsupportedError):
            pixmill.transform(SMALL, 'decrypt', secret=KEY)


class Warnings(unittest.TestCase):
    def test_tell_what_the_result_lacks(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            pixmill.transform(LAKE, THUMB)
            self.assertEqual(caught, [])
            pixmill.transform(LAKE[:30000], 'allow-truncated/flip')
        self.assertEqual([warning.category for warning in caught], [pixmill.ImageWarning])
        self.assertIn('ends too early', str(caught[0].message))
        self.assertEqual(caught[0].filename, __file__)

    def test_may_be_errors(self):
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            with self.assertRaises(pixmill.ImageWarning):
                pixmill.transform(LAKE[:30000], 'allow-truncated/flip')


if __name__ == '__main__':
    unittest.main()
