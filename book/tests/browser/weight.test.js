// A page is light, with all it loads.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { measure } from './support/measure.js';
import { launch, pagesOf } from './support/reader.js';

const LIMITS = { bytes: 320_000, fonts: 60_000, requests: 16 };

const book = await serve();
const browser = await launch();
const pages = await pagesOf(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

test('a page is light, and loads few files', async t => {
    // This one is the whole book.
    for (const name of pages.filter(name => name !== 'print.html')) {
        await t.test(name, async () => {
            const measured = await measure(browser, book, name);
            for (const [what, limit] of Object.entries(LIMITS)) {
                assert(measured[what] > 0 && measured[what] <= limit, `${what}: ${measured[what]}`);
            }
        });
    }
});
