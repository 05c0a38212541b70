// Where room is short: listings have a sign at the edge behind which they go on, tables become
// cards, and drawings take the reader's own colours.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { launch, newReader, pagesOf, readings, screens } from './support/reader.js';

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
const pages = (await pagesOf(browser, book)).filter(name => !['print.html', 'toc.html'].includes(name));
after(() => Promise.all([browser.close(), book.stop()]));

test('few listings are cut beside a wide text, and each that is cut shows it', async () => {
    const { context, page, faults } = await newReader(browser, book, screens.light);
    let count = 0;
    const cut = [];
    for (const name of pages) {
        await page.goto(book.address + name);
        const all = await page.evaluate(() => {
            document.querySelectorAll('details').forEach(details => { details.open = true; });
            document.querySelectorAll('.twins > [hidden]').forEach(twin => { twin.hidden = false; });
            dispatchEvent(new Event('resize'));
            return Array.from(document.querySelectorAll('pre:not([hidden])'), pre => ({
                wide: pre.scrollWidth > pre.clientWidth,
                marked: getComputedStyle(pre).backgroundAttachment.includes('local') && pre.tabIndex === 0,
                text: pre.textContent.slice(0, 60),
            }));
        });
        count += all.length;
        cut.push(...all.filter(({ wide }) => wide));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.equal(over, 0, `${name} scrolls sideways`);
    }
    assert(count > 200 && cut.length < count / 10, `${cut.length} of ${count}`);
    assert.deepEqual(cut.filter(({ marked }) => !marked), []);
    assert.deepEqual(faults, []);
    await context.close();
});

for (const screen of ['telephone', 'narrow']) {
    reads(`every column of a table can be read: ${screen}`, 'claims.html', screens[screen], async page => {
        const { width } = screens[screen].viewport;
        const outside = await page.locator('main td').evaluateAll((cells, width) => cells
            .filter(cell => cell.checkVisibility() && cell.getBoundingClientRect().right > width)
            .map(cell => cell.textContent), width);
        assert.deepEqual(outside, []);
        const named = await page.locator('tbody tr').first().locator('td > .column').evaluateAll(all =>
            all.map(name => getComputedStyle(name, '::before').content));
        assert.deepEqual(named, ['none', '"claim: "', '"verdict: "', '"what we saw, and the command: "']);
    });
}

reads('a table on a wide screen is a table', 'claims.html', screens.light, async page => {
    assert.equal(await page.locator('td > .column').first().isVisible(), false);
    const [one, two] = await page.locator('tbody tr').first().locator('td').evaluateAll(cells =>
        cells.map(cell => cell.getBoundingClientRect().top));
    assert.equal(one, two);
});

for (const scheme of ['light', 'dark']) {
    for (const name of ['lesson4.html', 'measured.html']) {
        const screen = { ...screens[scheme], forcedColors: 'active' };
        reads(`drawings take the reader's own colours: ${name}, ${scheme}`, name, screen, async page => {
            const { text, background, count } = await page.evaluate(() => {
                const probe = document.createElement('p');
                probe.style.cssText = 'color: CanvasText; background: Canvas; forced-color-adjust: none';
                document.body.append(probe);
                const own = getComputedStyle(probe);
                const texts = [...document.querySelectorAll('main figure svg text')];
                return {
                    count: texts.length,
                    text: [...new Set(texts.map(text => getComputedStyle(text).fill))].filter(fill => fill !== own.color),
                    background: own.backgroundColor,
                };
            });
            assert(count > 10);
            // Names of lines have the colour of their line.
            const link = await page.evaluate(() => {
                const probe = document.createElement('p');
                probe.style.cssText = 'color: LinkText; forced-color-adjust: none';
                document.body.append(probe);
                return getComputedStyle(probe).color;
            });
            assert.deepEqual(text.filter(fill => fill !== link), [], `on ${background}`);
        });
    }
}
