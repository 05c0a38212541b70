// A page is light, with all it loads.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { measure } from './support/measure.js';
import { launch, pagesOf } from './support/reader.js';

const LIMIT = 300_000;

const book = await serve();
const browser = await launch();
const pages = await pagesOf(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

test('a page weighs less than 300 kB without its fonts', async t => {
    // This one is the whole book.
    for (const name of pages.filter(name => name !== 'print.html')) {
        await t.test(name, async () => {
            const { bytes } = await measure(browser, book, name);
            assert(bytes < LIMIT, `${bytes} bytes`);
        });
    }
});
