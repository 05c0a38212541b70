// Every page, on every screen: accessible, silent, and nothing fetched from elsewhere.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { serve } from './support/book.js';
import { assertAccessible, comeToAll, contrast, launch, newReader, pagesOf, screens } from './support/reader.js';

const book = await serve();
const browser = await launch();
const pages = await pagesOf(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

/** Runs `check` on each page, as one reader who goes through the whole book. */
async function onEveryPage(t, screen, check) {
    const { context, page, faults } = await newReader(browser, book, screens[screen]);
    for (const name of pages) {
        await t.test(name, async () => {
            await page.goto(book.address + name);
            await comeToAll(page);
            // What can be opened is part of the page, which hears of it a little later.
            await page.evaluate(() => Promise.all(
                Array.from(document.querySelectorAll('details:not([open])'), details => {
                    const opened = new Promise(done => details.addEventListener('toggle', done, { once: true }));
                    details.open = true;
                    return opened;
                })));
            await check(page);
            assert.deepEqual(faults.splice(0), []);
        });
    }
    await context.close();
}

describe('every page', { concurrency: 2 }, () => {
    for (const screen of ['light', 'dark', 'telephone']) {
        test(`keeps WCAG 2.2 A and AA: ${screen}`, t =>
            onEveryPage(t, screen, page => assertAccessible(page)));
    }

    test('has enough contrast in the other themes', t =>
        onEveryPage(t, 'light', async page => {
            // The page for printing holds nothing that the others do not, and takes long.
            const themes = page.url().endsWith('print.html') ? [] : ['rust', 'coal', 'ayu'];
            for (const theme of themes) {
                const id = `mdbook-theme-${theme}`;
                await page.evaluate(id => document.getElementById(id)?.click(), id);
                await assertAccessible(page, contrast);
            }
        }));

    test('does not scroll sideways at 320 px', t => onEveryPage(t, 'narrow', async page => {
        const width = await page.evaluate(() => {
            const { documentElement, body } = document;
            return Math.max(documentElement.scrollWidth, body.scrollWidth);
        });
        assert.equal(width, 320);
    }));
});
