// Runs before the page is drawn: chooses the colours, so that nothing flashes, and hands
// mdBook's scripts what its own template gives them in inline scripts.
'use strict';

const path_to_root = document.currentScript.dataset.pathToRoot;
const default_light_theme = document.currentScript.dataset.lightTheme;
const default_dark_theme = document.currentScript.dataset.darkTheme;
const default_theme = matchMedia('(prefers-color-scheme: dark)').matches
    ? default_dark_theme
    : default_light_theme;
window.path_to_searchindex_js = document.currentScript.dataset.searchIndex;
window.playground_copyable = true;

/** What the reader chose earlier; nothing where the browser keeps nothing. */
function remembered(name) {
    try {
        return localStorage.getItem(name);
    } catch {
        return null;
    }
}

function remember(name, value) {
    try {
        localStorage.setItem(name, value);
    } catch {
        // Then it is forgotten with the page.
    }
}

document.documentElement.classList.remove(default_light_theme);
document.documentElement.classList.add(remembered('mdbook-theme') ?? default_theme, 'js');
// The style sheet shows one language of each pair before the tabs are there.
document.documentElement.dataset.language = remembered('language') ?? 'rust';

// mdBook binds single letters to search and help. Whoever dictates text says letters
// all day (WCAG 2.1.4), so these keys do nothing here.
addEventListener('keydown', event => {
    const typing = /^(?:input|select|textarea)$/i.test(event.target.nodeName);
    const modified = event.ctrlKey || event.altKey || event.metaKey;
    if (!typing && !modified && ['s', 'S', '/', '?'].includes(event.key)) {
        event.stopImmediatePropagation();
    }
}, { capture: true });
