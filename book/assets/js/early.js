// Runs before the page is drawn: sets the colours, so that nothing flashes, and the values that
// mdBook's own template passes to its scripts inline.
'use strict';

const path_to_root = document.currentScript.dataset.pathToRoot;
const default_light_theme = document.currentScript.dataset.lightTheme;
const default_dark_theme = document.currentScript.dataset.darkTheme;
const default_theme = matchMedia('(prefers-color-scheme: dark)').matches
    ? default_dark_theme
    : default_light_theme;
window.path_to_searchindex_js = document.currentScript.dataset.searchIndex;
window.playground_copyable = true;

/** The reader's earlier choice, if the browser stores any. */
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
        // Without storage, the choice lasts as long as the page.
    }
}

document.documentElement.classList.remove(default_light_theme);
document.documentElement.classList.add(remembered('mdbook-theme') ?? default_theme, 'js');
// The style sheet shows one language of each pair until the tabs exist.
document.documentElement.dataset.language = remembered('language') ?? 'rust';

// mdBook binds single letters to search and help. Dictation
// software types letters all day (WCAG 2.1.4), so these keys do nothing here.
addEventListener('keydown', event => {
    const typing = /^(?:input|select|textarea)$/i.test(event.target.nodeName);
    const modified = event.ctrlKey || event.altKey || event.metaKey;
    if (!typing && !modified && ['s', 'S', '/', '?'].includes(event.key)) {
        event.stopImmediatePropagation();
    }
}, { capture: true });
