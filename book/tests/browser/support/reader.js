// A reader's browser, which notes whatever no page of the book may do.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export const screens = {
    light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
    dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
    telephone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    narrow: { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true },
};

export const launch = () => chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // For root, as in a container, Chromium has no sandbox.
    args: ['--no-sandbox'],
});

/** A new reader, who remembers nothing: a page, and `faults`, which must stay empty. */
export async function newReader(browser, book, options = screens.light) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    const faults = [];
    page.on('console', message => {
        if (['error', 'warning'].includes(message.type())) {
            faults.push(`${page.url()}: ${message.text()}`);
        }
    });
    page.on('pageerror', error => faults.push(`${page.url()}: ${error}`));
    page.on('request', request => {
        const url = request.url();
        if (!url.startsWith(book.address) && !url.startsWith('data:')) {
            faults.push(`${page.url()} asks for ${url}`);
        }
    });
    return { context, page, faults };
}

/** How to write a test with a reader of its own, who opens `name` and in the end has met no fault. */
export function readings(browser, book) {
    return (title, name, options, steps) => test(title, async () => {
        const { context, page, faults } = await newReader(browser, book, options);
        await page.goto(book.address + name);
        await steps(page, context);
        assert.deepEqual(faults, []);
        await context.close();
    });
}

/** Goes to a figure to play with, which is loaded when the reader comes near. */
export async function comeTo(figure) {
    await figure.scrollIntoViewIfNeeded();
    await figure.getByRole('status').waitFor();
}

/** Goes to all of them; the page for printing has only their pictures. */
export async function comeToAll(page) {
    const figures = page.url().endsWith('print.html') ? [] : await page.locator('figure.play').all();
    for (const figure of figures) {
        await comeTo(figure);
    }
}

/** Every page that the contents lead to, and those that only the frame leads to. */
export async function pagesOf(browser, book) {
    const page = await browser.newPage();
    await page.goto(`${book.address}toc.html`);
    const links = await page.locator('nav a').evaluateAll(all => all.map(link => link.href));
    await page.close();
    const chapters = links.map(link => link.slice(book.address.length));
    assert(chapters.length > 1);
    return ['index.html', ...chapters, 'toc.html', 'print.html'];
}

/** Fails with every rule of WCAG 2.2, A and AA, that the page breaks as it is now. */
export async function assertAccessible(page, rules = { type: 'tag', values: wcag }) {
    await page.evaluate(axe);
    const broken = await page.evaluate(async runOnly => {
        const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] });
        return violations.flatMap(({ id, nodes }) =>
            nodes.map(node => `${id} at ${node.target.join(' ')}: ${node.failureSummary}`));
    }, rules);
    assert.deepEqual(broken, []);
}

export const contrast = { type: 'rule', values: ['color-contrast'] };
