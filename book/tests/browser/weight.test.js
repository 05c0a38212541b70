// A page is light, with all it loads.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { measure } from './support/measure.js';
import { launch, newReader, pagesOf } from './support/reader.js';

const LIMITS = { bytes: 320_000, fonts: 60_000, requests: 16 };
/** Without them, the text would be laid out twice. */
const EARLY = ['Open Sans 300 500 normal', 'Open Sans 600 800 normal', 'Source Code Pro 300 800 normal'];

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

test('a page asks for the fonts of its text at once, and uses each', async t => {
    for (const name of pages.filter(name => !['print.html', 'toc.html'].includes(name))) {
        await t.test(name, async () => {
            const { context, page } = await newReader(browser, book);
            await page.goto(book.address + name);
            const [early, used] = await page.evaluate(async () => {
                await document.fonts.ready;
                const early = performance.getEntriesByType('resource')
                    .filter(({ name, initiatorType }) => name.endsWith('.woff2') && initiatorType === 'link');
                const used = [...document.fonts].filter(({ status }) => status === 'loaded');
                return [early.length, used.map(({ family, weight, style }) => `${family.replaceAll('"', '')} ${weight} ${style}`)];
            });
            assert.equal(early, EARLY.length);
            assert.deepEqual(EARLY.filter(font => !used.includes(font)), []);
            await context.close();
        });
    }
});
