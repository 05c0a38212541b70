// What a page weighs, and when someone who comes for the first time can begin to read.

import { newReader } from './reader.js';

/** Loads a page with an empty cache: its bytes, those of its fonts, how many requests, and the milliseconds. */
export async function measure(browser, book, name) {
    const { context, page } = await newReader(browser, book);
    await page.goto(book.address + name);
    const measured = await page.evaluate(async () => {
        await document.fonts.ready;
        const firstPaint = await new Promise(resolve => {
            new PerformanceObserver(list => {
                const [paint] = list.getEntriesByName('first-contentful-paint');
                if (paint) {
                    resolve(paint.startTime);
                }
            }).observe({ type: 'paint', buffered: true });
        });
        const [page] = performance.getEntriesByType('navigation');
        const loaded = performance.getEntriesByType('resource');
        const isFont = entry => entry.name.endsWith('.woff2');
        const sum = entries => entries.reduce((sum, entry) => sum + entry.decodedBodySize, 0);
        return {
            bytes: sum([page, ...loaded.filter(entry => !isFont(entry))]),
            fonts: sum(loaded.filter(isFont)),
            requests: 1 + loaded.length,
            firstPaint,
        };
    });
    await context.close();
    return measured;
}
