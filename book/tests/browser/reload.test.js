// A reader who writes: the page follows the files, and says when a build fails.

import assert from 'node:assert/strict';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serve, workspace } from './support/book.js';
import { launch, newReader } from './support/reader.js';

// mdBook takes this for a part of its template, if it is there.
const broken = join(workspace, 'book/theme/head.hbs');

const book = await serve();
const browser = await launch();
after(() => Promise.all([browser.close(), book.stop(), rm(broken, { force: true })]));

test('an open page shows the next build, or why there is none', async () => {
    const { context, page, faults } = await newReader(browser, book);
    const told = page.waitForResponse(`${book.address}reload`);
    await page.goto(`${book.address}lesson1.html`);
    await told;

    await writeFile(broken, '{{#if}');
    const banner = page.getByRole('alert');
    await banner.getByText('head').waitFor();

    const loaded = page.waitForEvent('load');
    await rm(broken);
    await loaded;
    assert.equal(await banner.count(), 0);

    const again = page.waitForEvent('load');
    const now = new Date();
    await utimes(join(workspace, 'book/chapters/lesson1.md'), now, now);
    await again;
    assert.deepEqual(faults, []);
    await context.close();
});
