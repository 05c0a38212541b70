// Keeps what each page weighs, and how soon it can be read, in book/data/pages.json.

import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { serve, workspace } from './support/book.js';
import { measure } from './support/measure.js';
import { launch, pagesOf } from './support/reader.js';

const RUNS = 5;

const book = await serve();
const browser = await launch();
const pages = {};
for (const name of await pagesOf(browser, book)) {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
        runs.push(await measure(browser, book, name));
    }
    const paints = runs.map(({ firstPaint }) => firstPaint).sort((a, b) => a - b);
    pages[name] = {
        kilobytes_without_fonts: Math.round(runs[0].bytes / 100) / 10,
        kilobytes_of_fonts: Math.round(runs[0].fonts / 100) / 10,
        requests: runs[0].requests,
        first_contentful_paint_ms: Math.round(paints[Math.floor(RUNS / 2)]),
    };
}
const machine = {
    cpu: cpus()[0].model,
    cores: availableParallelism(),
    kernel: `Linux ${release().split('-')[0]}`,
    browser: `Chromium ${browser.version()}`,
    date: new Date().toISOString().slice(0, 10),
};
await browser.close();
await book.stop();

const file = join(workspace, 'book/data/pages.json');
await mkdir(join(workspace, 'book/data'), { recursive: true });
await writeFile(file, `${JSON.stringify({ machine, runs: RUNS, pages }, null, 2)}\n`);
console.log(`${Object.keys(pages).length} pages, the median of ${RUNS} runs each: ${file}`);
