// What stands around the text, by keyboard: contents, colours, search, the next chapter.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { assertAccessible, launch, newReader, readings, screens } from './support/reader.js';

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

const expanded = locator => locator.getAttribute('aria-expanded');
const themeOf = page => page.evaluate(() =>
    ['light', 'rust', 'coal', 'navy', 'ayu'].filter(theme =>
        document.documentElement.classList.contains(theme)));

reads('the first key leads past the frame', 'lesson1.html', screens.light, async page => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'mdbook-content');
});

reads('the contents open and close beside a wide page', 'lesson1.html', screens.light, async page => {
    const button = page.getByRole('button', { name: 'Contents' });
    const contents = page.getByRole('navigation', { name: 'Contents' });
    assert.equal(await expanded(button), 'true');
    await button.press('Enter');
    assert.equal(await expanded(button), 'false');
    await contents.waitFor({ state: 'hidden' });

    await page.goto(`${book.address}lesson2.html`);
    assert.equal(await expanded(button), 'false', 'it is remembered');
    await button.press('Space');
    await contents.getByRole('link', { name: 'Glossary' }).press('Enter');
    await page.waitForURL('**/glossary.html');
});

reads('the contents cover a telephone only while they are asked for', 'lesson1.html', screens.telephone, async page => {
    const button = page.getByRole('button', { name: 'Contents' });
    const contents = page.getByRole('navigation', { name: 'Contents' });
    await contents.waitFor({ state: 'hidden' });
    await button.press('Enter');
    await contents.waitFor();
    await assertAccessible(page);
    await page.keyboard.press('Escape');
    await contents.waitFor({ state: 'hidden' });
    assert.equal(await button.evaluate(button => button === document.activeElement), true);
});

reads('colours are chosen by keyboard and remembered', 'lesson1.html', screens.light, async page => {
    const button = page.getByRole('button', { name: 'Colours' });
    await button.press('Enter');
    await assertAccessible(page);
    await page.keyboard.press('Home');
    for (const _ of ['Light', 'Rust', 'Coal']) {
        await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
    assert.deepEqual(await themeOf(page), ['coal']);
    await page.keyboard.press('Escape');
    assert.equal(await expanded(button), 'false');

    await page.goto(`${book.address}lesson2.html`);
    assert.deepEqual(await themeOf(page), ['coal']);
});

reads('without a choice the colours follow the system', 'lesson1.html', screens.light, async page => {
    assert.deepEqual(await themeOf(page), ['light']);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.documentElement.classList.contains('navy'));
    await page.reload();
    assert.deepEqual(await themeOf(page), ['navy']);
});

reads('search finds, and leads to what it found', 'index.html', screens.light, async page => {
    await page.getByRole('button', { name: 'Search' }).press('Enter');
    await page.getByRole('searchbox').pressSequentially('robust mutex');
    const first = page.locator('#mdbook-searchresults a').first();
    await first.waitFor();
    await assertAccessible(page);
    const found = await first.evaluate(link => link.pathname);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${found}?*`);
    await page.locator('mark:visible').first().waitFor();
    await assertAccessible(page);
});

const search = async (page, enter) => {
    await page.getByRole('button', { name: 'Search' }).press('Enter');
    await enter(page.getByRole('searchbox'));
    const first = page.locator('#mdbook-searchresults a').first();
    await first.waitFor();
    return first;
};

reads('what is pasted or dictated is searched for', 'index.html', screens.light, async (page, context) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(() => navigator.clipboard.writeText('robust mutex'));
    await search(page, async field => {
        await field.focus();
        await page.keyboard.press('ControlOrMeta+V');
    });
    // No key at all, as when text is dictated or dropped.
    await page.getByRole('searchbox').fill('zombie');
    await page.getByText(/for 'zombie'/).waitFor();
});

for (const word of ['own', 'while', 'else']) {
    reads(`a word that English takes for noise is found: ${word}`, 'index.html', screens.light, async page => {
        const first = await search(page, field => field.fill(word));
        const teaser = page.locator('#mdbook-searchresults .teaser').first();
        assert.match(await teaser.textContent(), new RegExp(`\\b${word}`, 'i'));
        assert(await first.isVisible());
    });
}

reads('a question is searched for by the words that tell', 'index.html', screens.light, async page => {
    const first = await search(page, field => field.fill('what is a zombie'));
    assert.equal(await first.evaluate(link => link.hash), '#zombie');
});

reads('the glossary comes first for a term it defines', 'index.html', screens.light, async page => {
    const first = await search(page, field => field.fill('xylophone process'));
    for (const term of ['zombie', 'pipe', 'chunk', 'pool', 'fork', 'semaphore', 'copy on write', 'page table', 'global interpreter lock']) {
        await page.getByRole('searchbox').fill(term);
        await page.getByText(`for '${term}'`).waitFor();
        assert.match(await first.getAttribute('href'), /^glossary\.html\?/, term);
    }
});

reads('search that finds nothing says so', 'index.html?search=xylophone', screens.telephone, async page => {
    await page.getByText("No search results for 'xylophone'.").waitFor();
    await assertAccessible(page);
});

reads('arrows turn the page, and no single letter does anything', 'lesson1.html', screens.light, async page => {
    await page.keyboard.type('s/?');
    assert.equal(await page.getByRole('search').isVisible(), false);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL('**/lesson2.html');
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL('**/lesson1.html');
});

reads('what is copied is the command, without the prompt', 'lesson1.html', screens.light, async (page, context) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const command = page.locator('.command').first();
    await command.getByRole('button').press('Enter');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied.trim(), 'cargo run -p lesson1');
});

test('an address that leads nowhere leads back into the book', async () => {
    for (const name of ['nothing.html', 'underneath/nothing.html', 'nothing/at/all/']) {
        const { context, page } = await newReader(browser, book);
        const answer = await page.goto(book.address + name);
        assert.equal(answer.status(), 404);
        await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
        await assertAccessible(page);
        const contents = page.getByRole('navigation', { name: 'Contents' });
        assert.equal(await contents.getByRole('link', { name: 'Glossary' }).evaluate(link => link.href), `${book.address}glossary.html`);
        await page.getByRole('link', { name: 'Start at the beginning' }).click();
        await page.waitForURL('**/introduction.html');
        await context.close();
    }
});
