// Makes the picture of the README: a program that was run from its page, and what its processes did.

import { join } from 'node:path';
import { serve, workspace } from './support/book.js';
import { launch } from './support/reader.js';

const book = await serve();
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1080, height: 680 }, colorScheme: 'light' });
await page.goto(`${book.address}lesson4.html`);
const run = page.getByRole('button', { name: 'Run lesson4/who_did_what', exact: true }).first();
await run.click();
const listing = page.locator('.listing').filter({ has: run });
await listing.getByRole('status').filter({ hasText: 'Exit status 0' }).waitFor({ timeout: 120_000 });
await listing.locator('figure.timeline').waitFor();
// From the last lines of the program to the end of the timeline.
await listing.locator('figure.timeline').evaluate(timeline => {
    document.activeElement.blur();
    scrollBy({ top: timeline.getBoundingClientRect().bottom - innerHeight + 16, behavior: 'instant' });
});
const path = join(workspace, 'book/picture.png');
await page.screenshot({ path });
console.log(path);
await browser.close();
await book.stop();
