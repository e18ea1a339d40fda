"""Recipe: an immutable value."""

import copy
import pickle
import unittest

import pixmill
from common import LAKE, SMALL, WHEEL


class Recipes(unittest.TestCase):
    def test_have_a_canonical_text(self):
        recipe = pixmill.Recipe('resize=100x50/format=jpeg/quality=80')
        self.assertEqual(pixmill.Recipe(recipe.text).text, recipe.text)
        self.assertEqual(str(recipe), recipe.text)
        self.assertEqual(eval(repr(recipe)), recipe)

    def test_are_equal_by_what_they_do(self):
        one, same, other = pixmill.Recipe('quality=80/format=jpeg'), pixmill.Recipe('format=jpeg/quality=80'), pixmill.Recipe('flip')
        self.assertEqual(one, same)
        self.assertEqual(hash(one), hash(same))
        self.assertNotEqual(one, other)
        self.assertNotEqual(one, one.text)
        self.assertEqual({one: 1}[same], 1)

    def test_are_immutable(self):
        recipe = pixmill.Recipe('flip')
        for change in [lambda: setattr(recipe, 'text', 'flop'), lambda: setattr(recipe, 'other', 1),
                       lambda: setattr(pixmill.Recipe, 'text', 1)]:
            with self.assertRaises((AttributeError, TypeError)):
                change()

    def test_are_pickled_and_copied_by_text_and_pictures(self):
        for recipe in [pixmill.Recipe('resize=10x/blur=1'), pixmill.Recipe('watermark=logo', {'logo': WHEEL})]:
            for same in [pickle.loads(pickle.dumps(recipe)), copy.copy(recipe), copy.deepcopy(recipe)]:
                self.assertEqual(same, recipe)
                self.assertEqual(same.pictures, recipe.pictures)
                self.assertEqual(pixmill.transform(LAKE, same), pixmill.transform(LAKE, recipe))

    def test_have_second_pictures(self):
        plain, marked = pixmill.Recipe('resize=400x'), pixmill.Recipe('resize=400x/watermark=a.png', {'a.png': bytearray(WHEEL)})
        self.assertNotEqual(pixmill.transform(LAKE, plain), pixmill.transform(LAKE, marked))
        self.assertEqual(marked.pictures, {'a.png': WHEEL})
        self.assertNotEqual(marked, pixmill.Recipe(marked.text, {'a.png': SMALL}))
        self.assertNotEqual(repr(marked), repr(plain))
        with self.assertRaises(pixmill.UsageError):
            pixmill.transform(LAKE, pixmill.Recipe('watermark=a.png'))

    def test_refuse_what_is_no_recipe(self):
        for arguments, error in [(('nonsense',), pixmill.UsageError), (('blur=-1',), pixmill.UsageError),
                                 (('flip\0',), ValueError), ((7,), TypeError), ((), TypeError),
                                 (('watermark=a', {'a': b'no image'}), pixmill.UnsupportedError),
                                 (('flip', {'a': 'text'}), TypeError), (('flip', {1: b''}), TypeError),
                                 (('flip', 5), (TypeError, AttributeError)), (('\udc80',), UnicodeEncodeError)]:
            with self.assertRaises(error, msg=arguments):
                pixmill.Recipe(*arguments)
        with self.assertRaises(TypeError):
            class Own(pixmill.Recipe):
                pass


if __name__ == '__main__':
    unittest.main()
