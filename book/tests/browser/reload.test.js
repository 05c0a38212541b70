// A reader who writes: the page follows the files, and says when a build fails.

import assert from 'node:assert/strict';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serve, workspace } from './support/book.js';
import { launch, readings, screens } from './support/reader.js';
import { runnerOf } from './support/runner.js';

// mdBook takes this for a part of its template, if it is there.
const broken = join(workspace, 'book/theme/head.hbs');
const chapter = join(workspace, 'book/chapters/lesson3.md');
const text = await readFile(chapter, 'utf8');

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([
    browser.close(), book.stop(), rm(broken, { force: true }), writeFile(chapter, text),
]));

/** Marks the page as it is now; whether it still is that one. */
const mark = page => page.evaluate(() => { globalThis.marked = true; });
const isMarked = page => page.evaluate(() => globalThis.marked === true);

/** Breaks the build and mends it: the banner that comes and goes tells that news arrived. */
async function breakAndMend(page) {
    const banner = page.getByRole('alert');
    await writeFile(broken, '{{#if}');
    await banner.getByText('head').waitFor();
    await rm(broken);
    await banner.waitFor({ state: 'hidden' });
}

reads('a page says why a build failed, and loads again when it has changed', 'lesson3.html', screens.light, async page => {
    await mark(page);
    await breakAndMend(page);
    assert(await isMarked(page), 'it is the page that it was');

    await writeFile(chapter, `${text}\nA new sentence.\n`);
    await page.getByText('A new sentence.').waitFor();
    assert(!await isMarked(page));
});

reads('a page that did not change is left alone', 'lesson1.html', screens.light, async page => {
    await mark(page);
    await writeFile(chapter, `${text}\nAnother sentence.\n`);
    const now = new Date();
    await utimes(join(workspace, 'book/chapters/lesson1.md'), now, now);
    await breakAndMend(page);
    assert(await isMarked(page));
});

reads('a run that has not printed yet is not ended by a new build', 'lesson3.html', screens.light, async page => {
    const { run, output, says } = runnerOf(page, 'lesson3/numbers');
    // Until it is let go, the run stands as one whose program is being built.
    let letGo;
    await page.route('**/run', route => { letGo = () => route.continue(); });
    await run.press('Enter');
    await says('Starting…');
    await mark(page);
    await writeFile(chapter, `${text}\nA third sentence.\n`);
    await page.getByText('This page has changed.').waitFor();
    letGo();
    await output.getByText('Number: 5').waitFor();
    assert(await isMarked(page));

    await page.getByRole('button', { name: 'Reload' }).press('Enter');
    await page.getByText('A third sentence.').waitFor();
});
