// Paper: always light, without controls, nothing cut; what is folded is left out, and a quiz's
// answers stand at the end of their chapter.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { launch, newReader, readings, screens } from './support/reader.js';

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

const visible = async locator => {
    const all = await locator.all();
    const shown = await Promise.all(all.map(element => element.isVisible()));
    return shown.filter(Boolean).length;
};

/** A page as the browser prints it: how many sheets, and the titles of its outline. */
async function printed(page) {
    const pdf = (await page.pdf({ format: 'A4', outline: true, tagged: true })).toString('latin1');
    return {
        sheets: pdf.match(/\/Type \/Page\b/g).length,
        titles: [...pdf.matchAll(/\/Title \(([^)]*)\)/g)].map(([, title]) => title),
    };
}

reads('no control is printed, and no empty output', 'lesson4.html', screens.light, async page => {
    await page.getByRole('button', { name: /^Run / }).first().waitFor();
    await page.emulateMedia({ media: 'print' });
    assert.equal(await visible(page.locator('button, input, nav, .run-output, [role=status]')), 0);
});

for (const theme of ['navy', 'coal', 'ayu', 'rust']) {
    reads(`${theme} is printed black on white`, 'lesson4.html', screens.dark, async page => {
        await page.evaluate(theme => localStorage.setItem('mdbook-theme', theme), theme);
        await page.reload();
        await page.emulateMedia({ media: 'print' });
        const colours = await page.evaluate(() => {
            const of = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
            const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            const lightness = colour => {
                paint.fillStyle = colour;
                paint.fillRect(0, 0, 1, 1);
                return Math.max(...paint.getImageData(0, 0, 1, 1).data.slice(0, 3));
            };
            return {
                paper: lightness(of('html', 'backgroundColor')),
                text: lightness(of('main p', 'color')),
                code: lightness(of('main pre', 'backgroundColor')),
                box: lightness(of('figure svg .box', 'fill')),
                label: lightness(of('figure svg text', 'fill')),
            };
        });
        const { paper, text, code, box, label } = colours;
        assert(Math.min(paper, code, box) > 240 && Math.max(text, label) < 100, JSON.stringify(colours));
    });
}

reads('timelines are as wide as the text, and a listing loses nothing at its side', 'lesson4.html', screens.light, async page => {
    await page.setViewportSize({ width: 760, height: 1000 });
    await page.emulateMedia({ media: 'print' });
    const narrow = await page.evaluate(() => {
        const room = document.querySelector('main').clientWidth;
        return [...document.querySelectorAll('.timeline svg')].map(svg => svg.getBoundingClientRect().width / room);
    });
    assert(narrow.length > 0 && Math.min(...narrow) > 0.9, narrow.join());
    const cut = await page.locator('pre').evaluateAll(all => all
        .filter(pre => pre.checkVisibility() && pre.scrollWidth > pre.clientWidth)
        .map(pre => pre.textContent.slice(0, 60)));
    assert.deepEqual(cut, []);
});

reads('what is folded is left out, and what the reader opened is printed', 'lesson4.html', screens.light, async page => {
    const times = page.locator('.timeline details').first();
    const solution = page.locator('.exercise details');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await visible(times), 0);
    assert.equal(await visible(solution), 0);
    await page.emulateMedia({ media: 'screen' });
    await times.locator('summary').press('Enter');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await times.getByRole('table').isVisible(), true);
});

reads('both languages are printed', 'lesson4.html', screens.light, async page => {
    await page.emulateMedia({ media: 'print' });
    const languages = await page.locator('.twins').first().locator('figure .language').evaluateAll(all =>
        all.filter(name => name.checkVisibility()).map(name => name.textContent));
    assert.deepEqual(languages, ['Python', 'Rust']);
});

reads('answers stand at the end of the chapter, and not beside their questions', 'lesson1.html', screens.light, async page => {
    await page.locator('.quiz details').first().locator('summary').press('Enter');
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    assert.equal(await visible(page.locator('.quiz .why')), 0);
    const key = page.locator('main > .answer-key:last-child');
    const expected = await page.locator('.quiz .question').evaluateAll(all => all.map(question =>
        'ABCDEF'[[...question.querySelectorAll('details')].findIndex(answer => answer.dataset.verdict === 'right')]));
    const told = await key.locator('li > strong').allTextContents();
    assert.deepEqual(told, expected.map(letter => `${letter}.`));
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    assert.equal(await key.count(), 0);
});

reads('a lesson has its number, an outline, and few pages', 'lesson4.html', screens.light, async page => {
    const { sheets, titles } = await printed(page);
    assert(sheets <= 15, `${sheets} pages`);
    for (const title of ['Predict what this prints', 'Chunks', 'Questions', 'Answers']) {
        // Chromium writes a title twice that it has moved to the next sheet.
        assert(titles.includes(title) || titles.includes(title + title), `${title} is not among ${titles}`);
    }
    await page.emulateMedia({ media: 'print' });
    const number = await page.locator('h1').evaluate(title => getComputedStyle(title, '::before').content);
    assert.match(number, /^"4\./);
});

test('the whole book asks for the printer, and has every chapter and every answer', async () => {
    const { context, page, faults } = await newReader(browser, book);
    const asked = new Promise(resolve => context.exposeBinding('asked', resolve));
    await context.addInitScript(() => addEventListener('beforeprint', () => globalThis.asked()));
    await page.goto(`${book.address}print.html`);
    await asked;

    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    const chapters = await visible(page.locator('h1'));
    assert(chapters > 10, `${chapters} chapters`);
    const [quizzes, keys] = [page.locator('.quiz'), page.locator('.answer-key')];
    assert.equal(await visible(keys), await quizzes.count());
    const own = await keys.evaluateAll(all => all.every(key => key.compareDocumentPosition(
        [...document.querySelectorAll('.quiz')].findLast(quiz => quiz.compareDocumentPosition(key) & 4)) & 2));
    assert(own);
    assert.equal(await page.locator('.play .still').evaluateAll(all =>
        all.filter(picture => !picture.checkVisibility()).length), 0);
    assert.deepEqual(faults, []);
    await context.close();
});
