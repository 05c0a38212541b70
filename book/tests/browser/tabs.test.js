// Python beside Rust: one choice for all, by keyboard, and remembered.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { launch, newReader } from './support/reader.js';

const book = await serve();
const browser = await launch();
after(() => Promise.all([browser.close(), book.stop()]));

/** The languages of all pairs on the page, each once: one, if all agree. */
const chosen = page => page.locator('[role=tab][aria-selected=true]')
    .evaluateAll(tabs => [...new Set(tabs.map(tab => tab.textContent))]);
const shown = page => page.locator('.twins figure:not([hidden])')
    .evaluateAll(panels => [...new Set(panels.map(panel => panel.dataset.language))]);

test('arrows, Home and End choose the language of every pair', async () => {
    const { context, page, faults } = await newReader(browser, book);
    await page.goto(`${book.address}lesson1.html`);
    assert.deepEqual(await chosen(page), ['Rust']);
    await page.getByRole('tab', { name: 'Rust' }).last().focus();
    const steps = [
        ['ArrowLeft', 'Python'], ['ArrowLeft', 'Rust'], ['ArrowRight', 'Python'],
        ['End', 'Rust'], ['Home', 'Python'],
    ];
    for (const [key, language] of steps) {
        await page.keyboard.press(key);
        assert.deepEqual(await chosen(page), [language], key);
        assert.deepEqual(await shown(page), [language.toLowerCase()], key);
        assert.equal(await page.evaluate(() => document.activeElement.textContent), language);
    }
    assert.equal(new URL(page.url()).pathname, '/lesson1.html', 'the arrows turn no page here');

    await page.goto(`${book.address}lesson2.html`);
    assert.deepEqual(await chosen(page), ['Python'], 'it is remembered');
    assert.deepEqual(faults, []);
    await context.close();
});

test('each pair is one stop of the Tab key, and names its panel', async () => {
    const { context, page } = await newReader(browser, book);
    await page.goto(`${book.address}lesson1.html`);
    const first = page.getByRole('tab', { name: 'Rust' }).first();
    await first.focus();
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement.role), 'tab');
    const panel = page.locator(`#${await first.getAttribute('aria-controls')}`);
    assert.equal(await panel.getAttribute('aria-labelledby'), await first.getAttribute('id'));
    await context.close();
});

test('what the reader looks at stays in its place', async () => {
    const { context, page } = await newReader(browser, book);
    await page.goto(`${book.address}lesson1.html`);
    const tab = page.getByRole('tab', { name: 'Python' }).last();
    await tab.scrollIntoViewIfNeeded();
    const before = (await tab.boundingBox()).y;
    await tab.click();
    const after = (await tab.boundingBox()).y;
    assert(Math.abs(after - before) < 2, `it moved from ${before} to ${after}`);
    await context.close();
});
