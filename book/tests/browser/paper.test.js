// The page for printing: it asks for the printer, and paper shows what a screen folds away.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { launch, newReader } from './support/reader.js';

const book = await serve();
const browser = await launch();
after(() => Promise.all([browser.close(), book.stop()]));

test('the whole book is printed, with both languages, every answer and every figure', async () => {
    const { context, page, faults } = await newReader(browser, book);
    const asked = new Promise(resolve => context.exposeBinding('asked', resolve));
    await context.addInitScript(() => addEventListener('beforeprint', () => globalThis.asked()));
    await page.goto(`${book.address}print.html`);
    await asked;

    await page.emulateMedia({ media: 'print' });
    const folded = await page.locator('.twins figure, .play .still, .why, main details > *')
        .evaluateAll(all => all.filter(element => !element.checkVisibility()).length);
    assert.equal(folded, 0);
    assert.equal(await page.getByRole('navigation', { name: 'Contents' }).isVisible(), false);
    assert.equal(await page.getByRole('tab').count(), 0);
    const chapters = await page.locator('h1').count();
    assert(chapters > 10, `${chapters} chapters`);
    assert.deepEqual(faults, []);
    await context.close();
});
