// The book as a folder of files: opened from the disk, and read without JavaScript.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { build } from './support/book.js';
import { launch, newReader, pagesOf, screens } from './support/reader.js';

const book = await build();
const browser = await launch();
const pages = await pagesOf(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

test('every file opens without an error, and asks for nothing but files', async () => {
    const { context, page, faults } = await newReader(browser, book);
    for (const name of pages) {
        await page.goto(book.address + name);
    }
    assert.deepEqual(faults, []);
    await context.close();
});

test('tabs are remembered and search finds, from files too', async () => {
    const { context, page, faults } = await newReader(browser, book);
    await page.goto(`${book.address}lesson1.html`);
    await page.getByRole('tab', { name: 'Python' }).first().click();
    await page.goto(`${book.address}lesson2.html`);
    assert.equal(await page.getByRole('tab', { name: 'Rust', selected: true }).count(), 0);

    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('searchbox').pressSequentially('zombie');
    await page.locator('#mdbook-searchresults a').first().click();
    await page.locator('mark:visible').first().waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test('nothing can be run, and the kept timelines are there with their times', async () => {
    const { context, page, faults } = await newReader(browser, book);
    await page.goto(`${book.address}lesson4.html`);
    assert.equal(await page.getByRole('button', { name: /^Run / }).count(), 0);
    const timeline = page.getByRole('figure').filter({ has: page.getByRole('img', { name: 'What ran when' }) }).first();
    await timeline.getByRole('slider', { name: 'Step through the bars' }).press('End');
    await timeline.locator('.told').getByText(/^ForkPoolWorker-\d: /).waitFor();
    await timeline.getByText('The times as a table').press('Enter');
    await timeline.getByRole('rowheader', { name: 'MainProcess' }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test('without JavaScript both twins are there, and the answers open', async () => {
    const { context, page, faults } =
        await newReader(browser, book, { ...screens.light, javaScriptEnabled: false });
    await page.goto(`${book.address}lesson1.html`);
    const twins = page.locator('.twins').first();
    await twins.getByText('Python', { exact: true }).waitFor();
    await twins.getByText('Rust', { exact: true }).waitFor();
    for (const code of await twins.locator('pre').all()) {
        assert(await code.isVisible());
    }
    const answer = page.locator('.quiz details').first();
    await answer.locator('summary').press('Enter');
    await answer.locator('.why').waitFor();

    await page.getByRole('link', { name: 'Contents' }).click();
    await page.getByRole('heading', { name: 'Multiprocessing in Rust' }).waitFor();
    await page.getByRole('link', { name: 'Glossary' }).click();
    await page.getByRole('heading', { name: 'Glossary' }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test('without JavaScript a figure to play with is a picture and its caption', async () => {
    const { context, page, faults } =
        await newReader(browser, book, { ...screens.light, javaScriptEnabled: false });
    const figure = page.locator('figure.play');
    for (const name of ['lesson2', 'lesson4', 'lesson6', 'underneath/copy-on-write', 'measured']) {
        await page.goto(`${book.address}${name}.html`);
        const picture = figure.getByRole('img');
        const title = await picture.locator('title').textContent();
        const caption = await figure.locator('figcaption').innerText();
        assert.equal(caption, `${title}. With JavaScript, you can play with this figure.`);
        assert.equal(await picture.isVisible(), true);
        assert.equal(await figure.getByRole('button').count(), 0);
    }
    assert.deepEqual(faults, []);
    await context.close();
});
