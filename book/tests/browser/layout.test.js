// What loads later has its room from the start: the text does not move, and a link to a place
// stays there.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { comeTo, launch, newReader, pagesOf, readings, screens } from './support/reader.js';

const LIMIT = 0.05;
const FIGURES = ['lesson2.html', 'lesson4.html', 'lesson6.html', 'underneath/copy-on-write.html', 'measured.html'];

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
const pages = await pagesOf(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

/** Waits for the last thing that a page loads by itself. */
async function settled(page) {
    await page.evaluate(() => document.fonts.ready);
    await page.waitForFunction(() => !document.documentElement.classList.contains('served')
        || !document.querySelector('[data-program]')
        || document.documentElement.classList.contains('offered'));
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
}

for (const screen of ['light', 'telephone']) {
    test(`a page does not move while it loads: ${screen}`, async t => {
        // This one asks for the printer.
        for (const name of pages.filter(name => name !== 'print.html')) {
            await t.test(name, async () => {
                const { context, page } = await newReader(browser, book, screens[screen]);
                await page.addInitScript(() => {
                    globalThis.shifts = [];
                    new PerformanceObserver(list => globalThis.shifts.push(...list.getEntries()))
                        .observe({ type: 'layout-shift', buffered: true });
                });
                await page.goto(book.address + name);
                await settled(page);
                const shifted = await page.evaluate(() => globalThis.shifts.map(({ value, sources }) =>
                    ({ value, what: sources.map(({ node }) => node?.nodeName + '.' + node?.className).join() })));
                const sum = shifted.reduce((sum, { value }) => sum + value, 0);
                assert(sum < LIMIT, `${sum}: ${JSON.stringify(shifted)}`);
                await context.close();
            });
        }
    });
}

for (const screen of ['light', 'telephone', 'narrow']) {
    for (const name of FIGURES) {
        reads(`the figure of ${name} has its room before it is there: ${screen}`, name, screens[screen], async page => {
            const figure = page.locator('figure.play');
            const height = () => figure.evaluate(figure => figure.offsetHeight);
            const before = await height();
            await comeTo(figure);
            const grown = await height() - before;
            assert(Math.abs(grown) <= 24, `it grew by ${grown} px`);
        });
    }
}

for (const [name, place] of [['lesson4.html', 'chunks'], ['measured.html', 'waiting']]) {
    for (const screen of ['light', 'telephone']) {
        reads(`a link to ${name}#${place} stays there: ${screen}`, `${name}#${place}`, screens[screen], async page => {
            await settled(page);
            await page.locator('figure.play .live').waitFor({ state: 'attached' });
            await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
            const top = await page.locator(`#${place}`).evaluate(heading => heading.getBoundingClientRect().top);
            assert(Math.abs(top - 62) < 12, `it is at ${top}`);
        });
    }
}

for (const name of ['lesson2.html', 'lesson4.html']) {
    reads(`what is folded away is not laid out to be measured: ${name}`, name, screens.light, async page => {
        await settled(page);
        // Now only what can be seen has its new size.
        await page.evaluate(() => { document.documentElement.style.fontSize = '60%'; });
        await settled(page);
        await browser.startTracing(page, { categories: ['devtools.timeline'] });
        await page.evaluate(() => dispatchEvent(new Event('resize')));
        const { traceEvents } = JSON.parse(await browser.stopTracing());
        const layouts = traceEvents.filter(({ name, args }) => name === 'Layout' && args.beginData?.dirtyObjects > 100);
        assert.equal(layouts.length, 0);
    });
}

/** The layouts in a trace of `steps`, and its tasks that parse the page. */
async function traced(page, steps) {
    await browser.startTracing(page, { categories: ['devtools.timeline'] });
    await steps();
    await settled(page);
    const { traceEvents } = JSON.parse(await browser.stopTracing());
    const named = name => traceEvents.filter(event => event.name === name && event.ph === 'X');
    return { layouts: named('Layout'), parsing: named('ParseHTML') };
}

for (const name of ['lesson1.html', 'lesson2.html', 'lesson4.html']) {
    // Chromium lays out every field to know where it is, even one that is folded away.
    reads(`what is folded away has no fields, but room for them: ${name}`, name, screens.light, async page => {
        await settled(page);
        assert.equal(await page.locator('details:not([open]) form.runner').count(), 0);
        const fold = page.locator('details:has(> * > [data-program])').first();
        const height = () => fold.evaluate(fold => fold.offsetHeight);
        const before = await fold.evaluate(fold => { fold.open = true; return fold.offsetHeight; });
        await fold.locator('form.runner:visible').first().waitFor();
        const grown = await height() - before;
        assert(Math.abs(grown) <= 8, `it grew by ${grown} px`);
    });
}

test('no script lays the page out before it is parsed', async t => {
    for (const name of pages.filter(name => name !== 'print.html')) {
        await t.test(name, async () => {
            const { context, page } = await newReader(browser, book);
            const { layouts, parsing } = await traced(page, () => page.goto(book.address + name));
            const forced = layouts.filter(({ pid, tid, ts, dur }) => parsing.some(parse =>
                parse.pid === pid && parse.tid === tid && parse.ts <= ts && ts + dur <= parse.ts + parse.dur));
            // The contents at the left scroll to their place.
            const most = Math.max(0, ...forced.map(({ args }) => args.beginData.totalObjects));
            assert(most < 300, `${most} objects`);
            await context.close();
        });
    }
});
